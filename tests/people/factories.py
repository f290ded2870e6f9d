"""People for tests, made through the same door as real ones."""

from itertools import count

from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.people import commands
from voronka.people.models import Department, Role, User

PASSWORD = "Longer-than-ten-7"
_numbers = count(1)


def make_role(
    code: str = "",
    *,
    matrix=None,
    rights=(),
    everything: bool = False,
    hides_contacts: bool = False,
) -> Role:
    """A role of one's own; a ready one when only its code is given."""
    if code and matrix is None and not rights and not everything and not hides_contacts:
        ready = {r.code: r for r in commands.create_ready_roles(by=Actor.system())}
        if code in ready:
            return ready[code]
    return commands.save_role(
        code=code or f"role-{next(_numbers)}",
        name=LocalText("Роль", "Role"),
        matrix=matrix or {},
        rights=list(rights),
        everything=everything,
        hides_contacts=hides_contacts,
        by=Actor.system(),
    )


def make_user(
    role: Role | str = "manager",
    *,
    email: str = "",
    name: str = "",
    password: str | None = PASSWORD,
    department: Department | None = None,
) -> User:
    """A working person with a password; `role` may be the code of a ready role."""
    number = next(_numbers)
    return commands.create_user(
        email or f"person-{number}@example.com",
        role=make_role(role) if isinstance(role, str) else role,
        name=name or f"Person {number}",
        password=password,
        department=department,
        by=Actor.system(),
    )


def make_department(parent: Department | None = None, *, head: User | None = None) -> Department:
    """A department with a name of its own."""
    number = next(_numbers)
    return commands.save_department(
        code=f"department-{number}",
        name=LocalText(f"Отдел {number}", f"Department {number}"),
        parent=parent,
        head=head,
        by=Actor.system(),
    )
