"""Who does a thing: a person, a robot, an import, the API, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

ActorKind = Literal["user", "api", "import", "robot", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a change.

    Attributes:
        kind: how the change came in; kept on every event and stage visit.
        user_id: the person on whose rights it happens; None for robots and the system,
            which are bound by the gate but not by a role.
        name: shown in the feed when there is no person, e.g. the robot's or the file's name.
    """

    kind: ActorKind = "system"
    user_id: int | None = None
    name: str = ""
    person: object = field(default=None, compare=False, repr=False)  # its loaded user, if at hand

    @classmethod
    def user(cls, user: AbstractBaseUser) -> Actor:
        """A person on a page."""
        return cls("user", int(user.pk), person=user)

    @classmethod
    def api(cls, user: AbstractBaseUser) -> Actor:
        """A program with a person's token."""
        return cls("api", int(user.pk), person=user)

    @classmethod
    def importer(cls, user: AbstractBaseUser, file_name: str) -> Actor:
        """An import that a person has started."""
        return cls("import", int(user.pk), file_name, person=user)

    @classmethod
    def system(cls, name: str = "") -> Actor:
        """Voronka itself: set-up, the demo company, repairs."""
        return cls("system", None, name)
