"""`voronka user`: people from the command line, by whoever runs the installation."""

import getpass
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError, NotFound

if TYPE_CHECKING:
    from voronka.people.models import Department, Role, User

app = typer.Typer(
    help="List, add and dismiss people; set passwords and roles; make invitation links.",
    no_args_is_help=True,
)

Email = Annotated[str, typer.Argument(help="The person's e-mail")]
RoleCode = Annotated[
    str,
    typer.Option(help="owner, head_of_sales, manager, marketer, controller, observer, or yours"),
]
_PASSWORD_VARIABLE = "VORONKA_PASSWORD"  # noqa: S105  the name of a variable, not a password


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="user")


@app.command("list")
def list_people(
    state: Annotated[str, typer.Option(help="active, invited or dismissed")] = "",
) -> None:
    """Show people with role, department and state."""
    from voronka.cli.session import ready

    with ready():
        from rich.console import Console
        from rich.table import Table

        from voronka.people import queries

        if state and state not in queries.STATES:
            raise DomainError(
                _("There is no state “%(state)s”. There are: %(known)s.")
                % {"state": state, "known": ", ".join(queries.STATES)}
            )
        table = Table(
            "id", _("e-mail"), _("name"), _("role"), _("department"), _("state"), box=None
        )
        for row in queries.people(state=state):
            person = row.user
            department = str(person.department or "")
            table.add_row(
                str(person.pk), person.email, person.name, person.role.code, department, row.state
            )
        Console().print(table)


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="First and last name")],
    role: RoleCode = "manager",
    department: Annotated[str, typer.Option(help="The department's code")] = "",
    language: Annotated[str, typer.Option(help="ru or en")] = "ru",
    invite: Annotated[
        bool, typer.Option("--invite", help="Print an invitation link, ask no password")
    ] = False,
) -> None:
    """Open an account. The password is asked for, or read from VORONKA_PASSWORD."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        commands.create_ready_roles(by=Actor.system())
        person = commands.create_user(
            email,
            name=name,
            role=_role(role),
            department=_department(department),
            language=language,
            password=None if invite else _ask_password(),
            by=Actor.system("voronka user"),
        )
        print(f"{person.email}: {person.role.code}")
        if invite:
            print(_link(commands.invite_user(person.pk, by=Actor.system("voronka user"))))


@app.command()
def password(email: Email) -> None:
    """Set a new password and sign the person out everywhere."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        person = _person(email)
        commands.set_password(person.pk, _ask_password(), by=Actor.system("voronka user"))
        print(_("%(email)s: the new password is set.") % {"email": person.email})


@app.command()
def role(email: Email, code: Annotated[str, typer.Argument(help="The role's code")]) -> None:
    """Give a person another role."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        person = commands.change_user(
            _person(email).pk, role=_role(code), by=Actor.system("voronka user")
        )
        print(f"{person.email}: {person.role.code}")


@app.command()
def invite(email: Email) -> None:
    """Print a link by which the person sets a password; earlier links stop working."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        print(_link(commands.invite_user(_person(email).pk, by=Actor.system("voronka user"))))


@app.command()
def dismiss(
    email: Email,
    heir: Annotated[
        list[str], typer.Option(help="Who takes over what is open; repeat it to share by turn")
    ],
) -> None:
    """Hand over all that is open of a person, and close the account, sessions and keys."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.timeline.commands.handover import dismiss_user

        heirs = [_person(address).pk for address in heir]
        person = _person(email)
        report = dismiss_user(person.pk, heirs=heirs, by=Actor.system("voronka user"))
        print(_("%(email)s is dismissed.") % {"email": person.email})
        for told, numbers in (
            (_("cards handed over: %(count)d"), report.items),
            (_("activities handed over: %(count)d"), report.activities),
            (_("clients handed over: %(count)d"), report.clients),
        ):
            print("  " + told % {"count": sum(numbers.values())})


@app.command("take-back")
def take_back(email: Email) -> None:
    """Open a dismissed person's account again, and print an invitation link."""
    from voronka.cli.session import ready

    with ready():
        from voronka.journal.actors import Actor
        from voronka.people import commands

        by = Actor.system("voronka user")
        person = commands.reopen_account(_person(email).pk, by=by)
        print(_link(commands.invite_user(person.pk, by=by)))


def _person(email: str) -> "User":
    from voronka.people.models import User

    if found := User.objects.select_related("role").filter(email__iexact=email).first():
        return found
    told = _("Nobody has the e-mail %(email)s. See: voronka user list")
    raise NotFound(told % {"email": email})


def _role(code: str) -> "Role":
    from voronka.people.models import Role

    if found := Role.objects.filter(code=code).first():
        return found
    known = ", ".join(Role.objects.values_list("code", flat=True))
    told = _("There is no role “%(code)s”. Roles: %(known)s.")
    raise NotFound(told % {"code": code, "known": known or "—"})


def _department(code: str) -> "Department | None":
    from voronka.people.models import Department

    if not code:
        return None
    if found := Department.objects.filter(code=code).first():
        return found
    known = ", ".join(Department.objects.values_list("code", flat=True))
    told = _("There is no department “%(code)s”. Departments: %(known)s.")
    raise NotFound(told % {"code": code, "known": known or "—"})


def _ask_password() -> str:
    """Read a password without showing it; never from the arguments, which others can see."""
    if given := os.environ.get(_PASSWORD_VARIABLE):
        return given
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(_("New password:") + " ")
    if first != getpass.getpass(_("Once more:") + " "):
        raise DomainError(_("The two passwords differ."))
    return first


def _link(token: str) -> str:
    from voronka import settings

    return f"{settings.PUBLIC_URL}/account/invitation/{token}/"
