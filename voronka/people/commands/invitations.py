"""Invitations by link: shown once, kept as a hash, good for some days and one use."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict
from voronka.people.commands.accounts import check_password_rules
from voronka.people.commands.guards import load_user, require_over
from voronka.people.commands.sessions import close_sessions
from voronka.people.errors import LinkSpent
from voronka.people.fingerprints import fingerprint
from voronka.people.models import Invitation, User

GOOD_FOR = timedelta(days=7)


@transaction.atomic
def invite_user(user_id: int, *, by: Actor) -> str:
    """Make a link by which the person sets a password; return its token, kept nowhere.

    Earlier links of the person stop working. Good for seven days and one use.

    Raises:
        Forbidden: no right to people, or the person may do more than the actor.
        Conflict: the person is dismissed.
    """
    user = load_user(user_id)
    require_over(by, user)
    if not user.is_active:
        raise Conflict(_("This person is dismissed. Take them back first."))
    user.invitations.filter(used_at=None).delete()
    token = secrets.token_urlsafe(32)
    expires_at = timezone.now() + GOOD_FOR
    Invitation.objects.create(user=user, token_hash=fingerprint(token), expires_at=expires_at)
    record("user.invited", user, by=by, email=user.email, until=expires_at)
    return token


@transaction.atomic
def accept_invitation(token: str, password: str) -> User:
    """Set the first (or a forgotten) password by a link, and spend the link.

    Raises:
        LinkSpent: the link is unknown, used, out of date, or the person was dismissed.
        InvalidInput: the password breaks the rules; the link stays good.
    """
    link = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("user__role")
        .filter(token_hash=fingerprint(token), used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    if link is None or not link.user.is_active:
        raise LinkSpent
    user = link.user
    check_password_rules(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    link.used_at = timezone.now()
    link.save(update_fields=["used_at"])
    by = Actor.user(user)
    close_sessions(user.pk, by=by)
    record("user.accepted", user, by=by)
    return user
