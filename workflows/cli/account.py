"""`kdr account`: who may sign in to the catalogue, and with which API tokens."""

from __future__ import annotations

import re
import sys
from typing import Annotated

import typer

from metadata.wording import wording
from repository.catalogue.rights.audience import EVERYWHERE, Role
from workflows.cli.speech import home, out, show_json, table


def say(key: str, **facts: object) -> str:
    """A sentence of these commands in the reader's language."""
    return wording("workflows", "accounts.toml").say(key, None, **facts)


_SIGLA = re.compile(r"[A-Z]{3}\d{3}")

app = typer.Typer(help=say("help.account"), no_args_is_help=True)
tokens = typer.Typer(help=say("help.token"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help=say("help.name"))]
Roles = Annotated[list[Role] | None, typer.Option("--role", help=say("help.roles"))]


def _siglas(told: list[str] | None) -> list[str] | None:
    wrong = [each for each in told or () if each != EVERYWHERE and not _SIGLA.fullmatch(each)]
    if wrong:
        raise typer.BadParameter(say("no_sigla", told=", ".join(wrong)))
    return told


Institutions = Annotated[
    list[str] | None,
    typer.Option("--institution", metavar="SIGLA", help=say("help.institution"), callback=_siglas),
]
FromInput = Annotated[bool, typer.Option("--password-stdin", help=say("help.password_stdin"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("help.json"))]


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    app.add_typer(tokens, name="token")
    main.add_typer(app, name="account")


@app.command("add", help=say("help.add"))
def add(
    name: Name,
    shown: Annotated[str, typer.Option("--shown", help=say("help.shown"))] = "",
    roles: Roles = None,
    institutions: Institutions = None,
    *,
    password_stdin: FromInput = False,
) -> None:
    """Make an account."""
    from workflows.accounts import register

    where = home()
    named = tuple(institutions or (where.settings.institution.sigla,))
    account = register(where).add(name, shown, _password(asked=not password_stdin), tuple(roles or ()), named)
    told = {"roles": ", ".join(account.roles), "institutions": ", ".join(account.institutions)}
    out().print(say("added", name=account.name, **told), markup=False)


@app.command("list", help=say("help.list"))
def list_accounts(*, as_json: AsJson = False) -> None:
    """List the accounts, without what they sign in with."""
    from workflows.accounts import register

    found = [each for _, each in sorted(register(home()).accounts.all().items())]
    if as_json:
        keys = ("name", "shown", "roles", "institutions", "disabled", "changed")
        show_json([{key: getattr(each, key) for key in keys} | {"tokens": len(each.tokens)} for each in found])
        return
    state = {True: say("disabled"), False: say("enabled")}
    rows = [
        (a.name, a.shown, ", ".join(a.roles), ", ".join(a.institutions), state[a.disabled], len(a.tokens))
        for a in found
    ]
    columns = ("name", "shown", "roles", "institutions", "state", "tokens")
    out().print(table(columns, rows, say) if rows else say("none"))


@app.command("password", help=say("help.password"))
def password(name: Name, *, password_stdin: FromInput = False) -> None:
    """Give an account another password."""
    from workflows.accounts import register

    book = register(home())
    book.accounts.get(name)
    book.password(name, _password(asked=not password_stdin))
    out().print(say("password_changed", name=name), markup=False)


@app.command("disable", help=say("help.disable"))
def disable(name: Name, *, enable: Annotated[bool, typer.Option("--enable", help=say("help.enable"))] = False) -> None:
    """Let an account sign in no more, or again."""
    from workflows.accounts import register

    register(home()).disable(name, disabled=not enable)
    out().print(say("is_enabled" if enable else "is_disabled", name=name), markup=False)


@app.command("role", help=say("help.role"))
def role(
    name: Name,
    roles: Annotated[list[Role], typer.Argument(metavar="ROLE...", help=say("help.roles"))],
    institutions: Institutions = None,
) -> None:
    """Give an account its roles."""
    from workflows.accounts import register

    account = register(home()).roles(name, tuple(roles), tuple(institutions or ()))
    told = {"roles": ", ".join(account.roles), "institutions": ", ".join(account.institutions)}
    out().print(say("roles_given", name=name, **told), markup=False)


@tokens.command("add", help=say("help.token.add"))
def add_token(
    name: Name,
    label: Annotated[str, typer.Option("--label", help=say("help.label"))],
    roles: Roles = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help=say("help.days"))] = 90,
) -> None:
    """Make a token; it alone is printed to the output, so that a program can take it."""
    from workflows.accounts import register

    book = register(home())
    held = book.accounts.get(name).roles
    missing = [role for role in roles or () if role not in held]
    if missing:
        told = say("role_not_held", name=name, roles=", ".join(missing), held=", ".join(held))
        raise typer.BadParameter(told, param_hint="--role")
    sys.stdout.write(book.make_token(name, label, tuple(roles or ()), days) + "\n")
    sys.stderr.write(say("token_once") + "\n")


@tokens.command("list", help=say("help.token.list"))
def list_tokens(name: Name, *, as_json: AsJson = False) -> None:
    """List an account's tokens."""
    from workflows.accounts import register

    found = register(home()).accounts.get(name).tokens
    if as_json:
        keys = ("id", "label", "roles", "made", "expires", "used")
        show_json([{key: getattr(each, key) for key in keys} for each in found])
        return
    rows = [(each.id, each.label, ", ".join(each.roles), each.made, each.expires, each.used) for each in found]
    out().print(table(("id", "label", "roles", "made", "expires", "used"), rows, say) if rows else say("no_tokens"))


@tokens.command("revoke", help=say("help.token.revoke"))
def revoke_token(name: Name, token_id: Annotated[str, typer.Argument(metavar="ID", help=say("help.token.id"))]) -> None:
    """End a token."""
    from workflows.accounts import register

    register(home()).revoke(name, token_id)
    out().print(say("revoked", id=token_id), markup=False)


def _password(*, asked: bool) -> str:
    """The password: typed twice unseen, or the first line of the input."""
    if not asked:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt(say("ask"), hide_input=True, confirmation_prompt=say("ask_again"), err=True))
