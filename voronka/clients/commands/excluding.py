"""Who is no customer: no card is made from them until somebody takes that back (I4, IN-15).

Source: docs/domain/intake.md, "exclusions".
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.commands.client import lock_client
from voronka.clients.models import Client, ContactPoint, Exclusion
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people import access

_OWN_KINDS = (Exclusion.DOMAIN, Exclusion.FINGERPRINT)


@transaction.atomic
def exclude(
    identities: Iterable[tuple[str, str]],
    *,
    reason: str,
    by: Actor,
    client_id: int | None = None,
    until: datetime | None = None,
    comment: str = "",
) -> list[Exclusion]:
    """Make no more cards from these identities; records `exclusion.added` for each new one.

    What is excluded already gets the new reason, term and comment. Cards and clients stay.

    Args:
        identities: (kind, value as written); a kind of contact point, "domain" or "fingerprint".
        client_id: whose they are. Who may change that client may exclude the client's own contact
            points; anything else needs the right "control".
        until: when it ends by itself (aware); never when omitted.
    Raises:
        InvalidInput: an identity can't be read, is a public mail domain, or `until` has passed.
        Forbidden: neither the client nor the right.
    """
    read = [_read(kind, value) for kind, value in identities]
    if not read:
        raise InvalidInput(_("Choose at least one contact to exclude."))
    if reason not in Exclusion.Reason.values:
        raise InvalidInput(_("Choose a reason."), fields={"reason": _("Choose from the list.")})
    now = timezone.now()
    if until is not None and until <= now:
        raise InvalidInput(
            _("This day has passed already."), fields={"until": _("Choose a later day.")}
        )
    client = lock_client(client_id, by=by, action="change") if client_id is not None else None
    if client is None or not _are_own(client, read):
        access.require_right(by, "control")
    same = Q(pk__in=[])
    for kind, value in read:
        same |= Q(identity_kind=kind, identity_value=value)
    known = {
        (row.identity_kind, row.identity_value): row
        for row in Exclusion.objects.select_for_update().filter(same, lifted_at=None)
    }
    rows = []
    for kind, value in dict.fromkeys(read):
        row = known.get((kind, value)) or Exclusion(identity_kind=kind, identity_value=value)
        new = row.pk is None
        row.reason, row.until, row.comment = reason, until, rules.words(comment)[:300]
        row.client = client or row.client
        if new:
            row.author_id, row.created_at = by.user_id, now
        row.save()
        if new:
            record("exclusion.added", row, by=by, identity=str(row), reason=reason)
        rows.append(row)
    return rows


@transaction.atomic
def lift_exclusion(exclusion_id: int, *, by: Actor) -> Exclusion:
    """Let cards be made from this identity again; records `exclusion.lifted`. Twice does nothing.

    Raises:
        Forbidden: not one's own exclusion, no right to its client, and no right "control".
    """
    row = Exclusion.objects.select_for_update().filter(pk=exclusion_id).first()
    if row is None:
        raise NotFound(_("There is no such exclusion."))
    if by.user_id is not None and row.author_id != by.user_id:
        access.require_right(by, "control")
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by_id = timezone.now(), by.user_id
        row.save(update_fields=["lifted_at", "lifted_by_id"])
        record("exclusion.lifted", row, by=by, identity=str(row), reason=row.reason)
    return row


def count_stopped(exclusion_id: int, *, at: datetime) -> None:
    """Count one more enquiry that an exclusion has stopped."""
    Exclusion.objects.filter(pk=exclusion_id).update(stopped=F("stopped") + 1, last_stopped_at=at)


def _read(kind: str, value: str) -> tuple[str, str]:
    try:
        if kind == Exclusion.DOMAIN:
            return kind, rules.mail_domain(value)
        if kind == Exclusion.FINGERPRINT:
            return kind, value.strip()[:254]
        if kind not in ContactPoint.Kind.values:
            raise InvalidInput(_("Choose what kind of contact it is."))
        point = rules.point(kind, value, country=settings.COUNTRY)
    except rules.Unreadable as refusal:
        raise InvalidInput(refusal.sentence, fields={kind: refusal.sentence}) from None
    return point.kind, point.value


def _are_own(client: Client, read: list[tuple[str, str]]) -> bool:
    """Whether all identities are contact points of the client."""
    own = set(client.contact_points.values_list("kind", "value"))
    return all(identity in own for identity in read)
