"""People whom a file names and nobody here knows yet: left out, and said so."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.outside_schema import ChannelSpec, RouteSpec
from voronka.blueprints.schema import Blueprint
from voronka.people.models import User


def without_strangers(wanted: Blueprint) -> tuple[Blueprint, list[str]]:
    """Return the blueprint without unknown people, and a note for each of them."""
    found = _Strangers(wanted.model_copy(deep=True))
    found.departments(found.wanted.departments)
    found.owners()
    found.groups()
    return found.wanted, found.notes


class _Strangers:
    def __init__(self, wanted: Blueprint) -> None:
        emails = User.objects.filter(is_active=True).values_list("email", flat=True)
        self.known = {email.lower() for email in emails}
        self.wanted = wanted
        self.notes: list[str] = []

    def is_one(self, email: str | None) -> bool:
        return bool(email) and str(email).lower() not in self.known

    def departments(self, branch: dict[str, Any] | None) -> None:
        for department in (branch or {}).values():
            if self.is_one(department.head):
                sentence = _("Nobody has the e-mail %(email)s: “%(name)s” stays without this head.")
                self.note(sentence, department.head, department.name)
                department.head = None
            self.departments(department.departments)

    def owners(self) -> None:
        parts: list[ChannelSpec | RouteSpec] = [*(self.wanted.channels or {}).values()]
        parts += (self.wanted.routing or {}).values()
        for part in parts:
            if self.is_one(part.owner):
                sentence = _("Nobody has the e-mail %(email)s: “%(name)s” gives them no cards.")
                self.note(sentence, part.owner, part.name)
                part.owner = None

    def groups(self) -> None:
        for group in (self.wanted.groups or {}).values():
            if self.is_one(group.duty):
                sentence = _("Nobody has the e-mail %(email)s: not on duty in “%(name)s”.")
                self.note(sentence, group.duty, group.name)
                group.duty = None
            members = group.members or {}
            for email in [e for e in members if self.is_one(e)]:
                sentence = _("Nobody has the e-mail %(email)s: not in the group “%(name)s”.")
                self.note(sentence, email, group.name)
                del members[email]

    def note(self, sentence: str, email: str | None, name: object) -> None:
        self.notes.append(sentence % {"email": email, "name": name})
