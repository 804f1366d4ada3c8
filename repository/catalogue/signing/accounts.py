"""Local accounts and their API tokens: people/accounts.json, a file that one can open, written whole or not at all.

Passwords are kept as Argon2id hashes (RFC 9106), tokens as SHA-256 of 32 random bytes: nobody can sign in with what the
file holds. A file that cannot be read lets nobody in.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.file import given_bytes, placing
from metadata.problem import Problem
from metadata.record import from_json, to_pretty_json
from metadata.wording import printable
from repository.catalogue.rights.audience import EVERYWHERE, Audience, Role

TOKEN_START = "kdr_"  # noqa: S105 - what all tokens begin with, so that scanners of leaked secrets know them
_FILE, _LOCK = "accounts.json", "accounts.lock"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_MOST_SHOWN = 100
_ONLY_US = 0o600


@dataclass(frozen=True, slots=True)
class Token:
    """A key for programs: `id` names it, `sha256` is all that is kept of it. Times are ISO 8601 (UTC)."""

    id: str
    label: str
    sha256: str
    roles: tuple[Role, ...]
    made: str
    expires: str
    used: str = ""

    def valid(self, now: dt.datetime) -> bool:
        """Whether it has not expired."""
        return now < dt.datetime.fromisoformat(self.expires)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in here. `changed` grows with password, roles and state: sessions begun before it end."""

    name: str
    shown: str
    password: str
    roles: tuple[Role, ...]
    institutions: tuple[str, ...]
    changed: str
    disabled: bool = False
    tokens: tuple[Token, ...] = ()

    def audience(self, roles: tuple[Role, ...] | None = None) -> Audience:
        """Whom to answer: with all roles, or those of `roles` that the account (still) has."""
        held = frozenset(self.roles if roles is None else roles) & frozenset(self.roles)
        return Audience(self.shown, held, frozenset(self.institutions))


@dataclass(frozen=True, slots=True)
class _Written:
    accounts: tuple[Account, ...]


class Accounts:
    """The accounts of a repository, in the folder `state`; every look sees what other processes changed meanwhile."""

    def __init__(self, state: Path) -> None:
        self._file, self._lock = state / _FILE, state / _LOCK
        self._seen: tuple[tuple[int, int, int], dict[str, Account]] | None = None

    def all(self) -> dict[str, Account]:
        """Every account by its name; none when there is no file.

        Raises:
            Problem: R030, the file cannot be read or says nothing sensible.
        """
        try:
            stat = self._file.stat()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise Problem("R030", self._file, why=error.strerror or str(error)) from error
        mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        seen = self._seen
        if seen is None or seen[0] != mark:
            # Both at once: two threads that read different files would else leave the old one under the new mark.
            self._seen = seen = mark, self._read()
        return seen[1]

    def get(self, name: str) -> Account:
        """The account `name`. Raises Problem: R033 there is none, R030."""
        found = self.all().get(name)
        if found is None:
            raise Problem("R033", printable(name))
        return found

    def bearer(self, token: str, now: dt.datetime) -> tuple[Account, Token] | None:
        """Whose `token` this is; nothing for one that is unknown, expired, or of an account that is disabled.

        Raises:
            Problem: R030.
        """
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        held = ((account, each) for account in self.all().values() if not account.disabled for each in account.tokens)
        return next(((a, each) for a, each in held if each.sha256 == digest and each.valid(now)), None)

    def add(self, account: Account) -> None:
        """Keep a new account.

        Raises:
            Problem: R034 its name, or the name it is shown by, is taken; R035 it cannot be a name; R030.
        """
        if not _NAME.fullmatch(account.name) or not _showable(account.shown):
            raise Problem("R035", printable(account.name))
        with self._changing() as held:
            taken = {name.casefold() for each in held.values() for name in (each.name, each.shown)}
            if {account.name.casefold(), account.shown.casefold()} & taken:
                raise Problem("R034", account.name)
            held[account.name] = account

    def change(self, name: str, turn: Callable[[Account], Account], *, end_sessions: bool = True) -> Account:
        """Put what `turn` makes of the account in its place; sessions begun before end, unless told otherwise.

        Raises:
            Problem: R033 there is none, R030.
        """
        with self._changing() as held:
            if name not in held:
                raise Problem("R033", printable(name))
            turned = turn(held[name])
            held[name] = replace(turned, changed=stamp()) if end_sessions else turned
            return held[name]

    def make_token(self, name: str, label: str, roles: tuple[Role, ...], days: int) -> tuple[str, Token]:
        """A new token of the account with those of `roles` that it has; the token itself is told this once.

        Raises:
            Problem: R033 there is no such account, R030.
        """
        secret = TOKEN_START + secrets.token_urlsafe(32)
        now = dt.datetime.now(dt.UTC)
        digest = hashlib.sha256(secret.encode()).hexdigest()
        token = Token(
            secrets.token_hex(4),
            printable(label)[:_MOST_SHOWN],
            digest,
            tuple(role for role in roles if role in self.get(name).roles),
            now.isoformat(timespec="seconds"),
            (now + dt.timedelta(days=days)).isoformat(timespec="seconds"),
        )
        self.change(name, lambda account: replace(account, tokens=(*account.tokens, token)), end_sessions=False)
        return secret, token

    def revoke(self, name: str, token_id: str) -> None:
        """End a token of the account.

        Raises:
            Problem: R039 it has none of that id; R033 there is no such account; R030.
        """

        def without(account: Account) -> Account:
            left = tuple(each for each in account.tokens if each.id != token_id)
            if left == account.tokens:
                raise Problem("R039", printable(token_id))
            return replace(account, tokens=left)

        self.change(name, without, end_sessions=False)

    def used(self, name: str, token_id: str, now: dt.datetime) -> None:
        """Write down that a token was used. Raises Problem: R033, R030."""
        moment = now.isoformat(timespec="seconds")

        def marked(account: Account) -> Account:
            tokens = (replace(each, used=moment) if each.id == token_id else each for each in account.tokens)
            return replace(account, tokens=tuple(tokens))

        self.change(name, marked, end_sessions=False)

    def _read(self) -> dict[str, Account]:
        try:
            listed = from_json(_Written, given_bytes(self._file)).accounts
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "JSON"
            raise Problem("R030", self._file, why=str(why)) from error
        held = {account.name: account for account in listed}
        if len(held) != len(listed) or not all(_NAME.fullmatch(name) for name in held):
            raise Problem("R030", self._file, why="name")
        return held

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _ONLY_US)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            held = dict(self.all())
            yield held
            with placing(self._file) as draft:  # mkstemp made it readable for us alone
                draft.write_bytes(to_pretty_json(_Written(tuple(held[name] for name in sorted(held)))))
        finally:
            os.close(handle)


def new_account(
    name: str, shown: str, password: str, roles: tuple[Role, ...], institutions: tuple[str, ...]
) -> Account:
    """An account as it begins: `password` is a hash; whoever has no role reads, who names no institution is in all."""
    named = tuple(dict.fromkeys(institutions)) or (EVERYWHERE,)
    return Account(name, shown.strip() or name, password, tuple(dict.fromkeys(roles)) or (Role.READER,), named, stamp())


def stamp() -> str:
    """Now, so exactly that no two changes bear the same."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def _showable(shown: str) -> bool:
    return bool(shown.strip()) and len(shown) <= _MOST_SHOWN and printable(shown) == shown and "\n" not in shown
