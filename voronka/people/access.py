"""Who may do what: one snapshot of a person's rights, asked by every read and every command.

Source: docs/domain/access.md (AC-1, AC-2, AC-3, D4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden
from voronka.people.models import Department, Role, User

ACTIONS = ("see", "add", "change", "move", "delete", "export", "import")
RIGHTS = {
    "setup": _("Set up funnels, fields and the blueprint"),
    "people": _("Manage people, departments and roles"),
    "audit": _("Read the audit journal"),
    "recycle": _("Open the recycle bin and restore"),
    "share_views": _("Share views with others"),
    "reports": _("See reports"),
    "correct": _("Return a card to an earlier stage"),
    "control": _("Control the team's work"),
}
TOKEN_SCOPES = {  # what a program's key may be good for, inside its person's rights
    "items:read": _("Read cards"),
    "items:write": _("Create, change and move cards"),
    "clients:read": _("Read clients"),
    "clients:write": _("Create and change clients"),
    "activities:read": _("Read tasks, calls and meetings"),
    "activities:write": _("Create, change and close tasks, calls and meetings"),
    "setup:read": _("Read funnels and fields"),
    "people:read": _("Read the list of people"),
}
_TOUCHING = frozenset({"change", "move", "delete", "export"})
CLIENTS = "client"  # the key of clients in the matrix, beside the item types


class Scope(IntEnum):
    """How far a right reaches; a greater scope holds every smaller one."""

    NONE = 0
    OWN = 1
    DEPARTMENT = 2
    BRANCH = 3  # the department with all below it
    ALL = 4

    @property
    def code(self) -> str:
        """The name used in roles and blueprints."""
        return self.name.lower()

    @classmethod
    def of(cls, code: str) -> Scope:
        """Read "none", "own", "department", "branch" or "all"; KeyError for anything else."""
        return cls[code.upper()]


SCOPE_TITLES = {
    Scope.NONE: pgettext_lazy("scope", "none"),
    Scope.OWN: pgettext_lazy("scope", "own"),
    Scope.DEPARTMENT: pgettext_lazy("scope", "department"),
    Scope.BRANCH: pgettext_lazy("scope", "department and below"),
    Scope.ALL: pgettext_lazy("scope", "all"),
}


@dataclass
class Access:
    """A snapshot of one person's rights. Cheap to make; reads departments only when asked."""

    user_id: int
    department_id: int | None
    everything: bool = False
    matrix: dict[str, dict[str, str]] = field(default_factory=dict)
    rights: frozenset[str] = frozenset()
    active: bool = True
    hides_contacts: bool = False  # contacts of clients are masked (kernel.masking)

    @classmethod
    def of(cls, user: User) -> Access:
        """Read the rights that `user`'s role gives."""
        role = user.role
        return cls(
            user_id=user.pk,
            department_id=user.department_id,
            everything=role.everything,
            matrix=role.matrix,
            rights=frozenset(role.rights),
            active=user.is_active,
            hides_contacts=role.hides_contacts,
        )

    @classmethod
    def of_role(cls, role: Role) -> Access:
        """Read the rights of a role as such, of nobody in particular (to compare roles)."""
        return cls(
            user_id=0,
            department_id=None,
            everything=role.everything,
            matrix=role.matrix,
            rights=frozenset(role.rights),
            hides_contacts=role.hides_contacts,
        )

    def scope(self, action: str, kind: str, pipeline: str = "") -> Scope:
        """Return how far `action` reaches for an item type (or "client") and a pipeline code.

        What one may not see one may not touch: no such action reaches farther than "see".
        """
        scope = self.rule(action, kind, pipeline)[1]
        if action in _TOUCHING:
            return min(scope, self.rule("see", kind, pipeline)[1])
        return scope

    def rule(self, action: str, kind: str, pipeline: str = "") -> tuple[str, Scope]:
        """Return the matrix key that decides, and the scope it gives; ("", NONE) when none does."""
        if not self.active:
            return "", Scope.NONE
        if self.everything:
            return "*", Scope.ALL
        for key in (f"{kind}/{pipeline}" if pipeline else "", kind, "*"):
            code = self.matrix.get(key, {}).get(action) if key else None
            if code is not None:
                return key, Scope.of(code)
        return "", Scope.NONE

    def owners(self, scope: Scope) -> frozenset[int] | None:
        """Return the ids of people whose cards lie inside `scope`; None means everybody's."""
        if scope is Scope.ALL:
            return None
        if scope is Scope.NONE:
            return frozenset()
        if scope is Scope.OWN:
            return frozenset({self.user_id})
        return self._department if scope is Scope.DEPARTMENT else self._branch

    def reaches(self, scope: Scope, owner_id: int | None) -> bool:
        """Whether a card of `owner_id` lies inside `scope`. An unowned card needs ALL."""
        owners = self.owners(scope)
        return owners is None or owner_id in owners

    def may(self, action: str, kind: str, pipeline: str = "", *, owner_id: int | None) -> bool:
        """Whether the person may do `action` to a card of `owner_id`."""
        return self.reaches(self.scope(action, kind, pipeline), owner_id)

    def has(self, right: str) -> bool:
        """Whether the role has a settings right from RIGHTS."""
        return self.active and (self.everything or right in self.rights)

    @cached_property
    def _department(self) -> frozenset[int]:
        return self._members([self.department_id])

    @cached_property
    def _branch(self) -> frozenset[int]:
        """People of the own department, of those this person heads, and of all below them."""
        rows = list(Department.objects.values_list("pk", "parent_id", "head_id"))
        wanted = {pk for pk, _parent, head in rows if head == self.user_id}
        if self.department_id is not None:  # "below nothing" would be everything at the top
            wanted.add(self.department_id)
        grown = True
        while grown:
            below = {pk for pk, parent, _head in rows if parent in wanted} - wanted
            wanted |= below
            grown = bool(below)
        return self._members(wanted)

    def _members(self, departments: Iterable[int | None]) -> frozenset[int]:
        ids = [d for d in departments if d is not None]
        members = User.objects.filter(department_id__in=ids).values_list("pk", flat=True)
        return frozenset(members) | {self.user_id}


def of_actor(by: Actor) -> Access | None:
    """Return the rights that bind `by`; None for robots and the system, bound by the gate alone."""
    if by.user_id is None:
        return None
    person: Any = by.person
    if isinstance(person, User) and person.pk == by.user_id:
        return person.access
    return User.objects.select_related("role").get(pk=by.user_id).access


def require(by: Actor, action: str, kind: str, pipeline: str = "", *, owner_id: int | None) -> None:
    """Let the actor pass, or refuse.

    Raises:
        Forbidden: the role does not reach this card with this action.
    """
    rights = of_actor(by)
    if rights is not None and not rights.may(action, kind, pipeline, owner_id=owner_id):
        raise Forbidden(REFUSALS[action])


def require_right(by: Actor, right: str) -> None:
    """Let the actor pass, or refuse.

    Raises:
        Forbidden: the role lacks the settings right.
    """
    rights = of_actor(by)
    if rights is not None and not rights.has(right):
        raise Forbidden(
            _("Your role does not include this. Ask the owner of the CRM for the right.")
        )


REFUSALS = {
    "see": _("Your role does not show you this."),
    "add": _("Your role does not let you add cards here. Ask the head of sales for the right."),
    "change": _("Your role does not let you change this. Ask its owner or the head of sales."),
    "move": _("Your role does not let you move this card. Ask its owner or the head of sales."),
    "delete": _("Your role does not let you delete. Ask the head of sales."),
    "export": _("Your role does not let you download the base. Ask the owner of the CRM."),
    "import": _("Your role does not let you import. Ask the owner of the CRM."),
}
