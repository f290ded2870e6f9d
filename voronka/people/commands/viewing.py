"""Looking at the CRM with somebody else's eyes (AC-1). The face keeps whose eyes they are."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, Forbidden
from voronka.people import access, rules
from voronka.people.commands.guards import load_user
from voronka.people.models import User


@transaction.atomic
def start_viewing_as(user_id: int, *, by: Actor) -> User:
    """Check and journal that somebody looks at the CRM as another person, who is returned.

    Raises:
        Forbidden: no right to people, or the other person may see what the actor may not.
        Conflict: the other person is dismissed, or is the actor.
    Source: docs/domain/access.md, "View as this person".
    """
    user = load_user(user_id)
    access.require_right(by, "people")
    if not user.is_active:
        raise Conflict(_("This person is dismissed and sees nothing."))
    if user.pk == by.user_id:
        raise Conflict(_("This is you already."))
    mine = access.of_actor(by)
    if mine is not None and not rules.sees_no_more(mine, user.access):
        raise Forbidden(_("This person may see what you may not, so you cannot look as them."))
    record("user.viewed_as", user, by=by, name=user.name)
    return user


@transaction.atomic
def stop_viewing_as(user_id: int, *, by: Actor) -> None:
    """Journal the end of looking as another person."""
    user = load_user(user_id)
    record("user.viewing_ended", user, by=by, name=user.name)


@transaction.atomic
def note_audit_export(*, by: Actor, filters: dict[str, str]) -> None:
    """Journal that somebody has downloaded the audit journal, and which part.

    Raises:
        Forbidden: no right to the audit journal.
    """
    access.require_right(by, "audit")
    if by.user_id is not None:
        record("user.audit_exported", load_user(by.user_id), by=by, filters=filters)
