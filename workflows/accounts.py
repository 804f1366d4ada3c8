"""Accounts of the catalogue as its administrator keeps them: made, changed, disabled, with their API tokens.

Whatever is changed here is written into the access log, as what is done at the catalogue itself.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, replace

from metadata.finding import Fact
from repository.catalogue.house import House
from repository.catalogue.rights.audience import Role
from repository.catalogue.signing.access_log import note
from repository.catalogue.signing.accounts import Account, Accounts, new_account
from repository.catalogue.signing.passwords import hashed
from workflows.settings import Home


@dataclass(frozen=True, slots=True)
class Register:
    """The accounts of a repository, and the log that is kept of changes."""

    accounts: Accounts
    house: House

    def add(
        self, name: str, shown: str, password: str, roles: tuple[Role, ...], institutions: tuple[str, ...]
    ) -> Account:
        """A new account.

        Raises:
            Problem: R034 the name is taken, R035 it will not do, R040 the password is too short, R030, R032.
        """
        account = new_account(name, shown, hashed(password, name), roles, institutions)
        self.accounts.add(account)
        self._note("account-added", name, roles=" ".join(account.roles), institutions=" ".join(account.institutions))
        return account

    def password(self, name: str, password: str) -> None:
        """Give the account another password; its sessions end.

        Raises:
            Problem: R033 there is none, R040 the password is too short, R030, R032.
        """
        kept = hashed(password, name)
        self.accounts.change(name, lambda account: replace(account, password=kept))
        self._note("password-changed", name)

    def disable(self, name: str, *, disabled: bool) -> None:
        """Let the account sign in no more, or again; sessions and tokens of a disabled one do not hold.

        Raises:
            Problem: R033 there is none, R030, R032.
        """
        self.accounts.change(name, lambda account: replace(account, disabled=disabled))
        self._note("account-disabled" if disabled else "account-enabled", name)

    def roles(self, name: str, roles: tuple[Role, ...], institutions: tuple[str, ...]) -> Account:
        """Give the account these roles, and these institutions where any are named; its sessions end.

        Raises:
            Problem: R033 there is none, R030, R032.
        """

        def turned(account: Account) -> Account:
            where = tuple(dict.fromkeys(institutions)) or account.institutions
            return replace(account, roles=tuple(dict.fromkeys(roles)), institutions=where)

        account = self.accounts.change(name, turned)
        self._note("roles-changed", name, roles=" ".join(account.roles), institutions=" ".join(account.institutions))
        return account

    def make_token(self, name: str, label: str, roles: tuple[Role, ...], days: int) -> str:
        """A new API token of the account, with those of `roles` it has (none named: all); told this once.

        Raises:
            Problem: R033 there is no such account, R030, R032.
        """
        wanted = roles or self.accounts.get(name).roles
        secret, token = self.accounts.make_token(name, label, wanted, days)
        self._note("token-made", name, token=token.id, roles=" ".join(token.roles))
        return secret

    def revoke(self, name: str, token_id: str) -> None:
        """End a token.

        Raises:
            Problem: R039 there is none of that id, R033 no such account, R030, R032.
        """
        self.accounts.revoke(name, token_id)
        self._note("token-revoked", name, token=token_id)

    def _note(self, what: str, name: str, **facts: Fact) -> None:
        note(self.house, what, name, "", by=f"kdr account ({getpass.getuser()})", **facts)


def register(home: Home) -> Register:
    """The accounts of the repository `home`; neither store nor catalogue need be there."""
    return Register(Accounts(home.people), House(home.catalogue, home.images, home.people))
