"""`voronka token`: keys of programs to the API."""

from datetime import timedelta
from typing import Annotated

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import NotFound

app = typer.Typer(help="Create, list and revoke keys of programs to the API.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="token")


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="Whose rights the key has")],
    name: Annotated[str, typer.Option(help="Which program uses it")],
    scope: Annotated[
        list[str], typer.Option(help="E.g. items:read; repeat it, or give “all” for every scope")
    ],
    days: Annotated[int, typer.Option(min=0, help="Good for so many days; 0 for ever")] = 0,
) -> None:
    """Make a key and print it once: it is kept nowhere."""
    from voronka.cli.session import ready

    with ready():
        from django.utils import timezone

        from voronka.journal.actors import Actor
        from voronka.people import commands
        from voronka.people.access import TOKEN_SCOPES

        _key, plain = commands.create_token(
            _user_id(email),
            name=name,
            scopes=list(TOKEN_SCOPES) if scope == ["all"] else scope,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
            by=Actor.system("voronka token"),
        )
        print(plain)


@app.command("list")
def list_tokens(
    everything: Annotated[bool, typer.Option("--all", help="Revoked and expired ones too")] = False,
) -> None:
    """Show keys: whose, what for, when last used."""
    from voronka.cli.session import ready

    with ready():
        from rich.console import Console
        from rich.table import Table

        from voronka.people import queries

        table = Table(
            *("id", _("key"), _("person"), _("name"), _("scopes"), _("last used"), _("until")),
            box=None,
        )
        for key in queries.tokens(open_only=not everything):
            used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else _("never")
            until = _("revoked") if key.revoked_at else ""
            if not until:
                until = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else _("no end date")
            scopes = " ".join(key.scopes)
            table.add_row(
                str(key.pk), f"{key.hint}…", key.user.email, key.name, scopes, used, until
            )
        Console().print(table)


@app.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="See: voronka token list")],
) -> None:
    """Make a key useless from now on."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        key = commands.revoke_token(token_id, by=Actor.system("voronka token"))
        print(_("%(name)s (%(hint)s…) is revoked.") % {"name": key.name, "hint": key.hint})


def _user_id(email: str) -> int:
    from voronka.people.models import User

    found = User.objects.filter(email__iexact=email).values_list("pk", flat=True).first()
    if found is None:
        told = _("Nobody has the e-mail %(email)s. See: voronka user list")
        raise NotFound(told % {"email": email})
    return found
