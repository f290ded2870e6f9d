"""Phones, e-mails and messenger accounts of a client."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from voronka.clients import rules
from voronka.clients.commands.client import lock_client, note_event, save_client
from voronka.clients.models import Client, ContactPoint
from voronka.journal.actors import Actor
from voronka.journal.commands import note_listing
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.rows import insert_rows
from voronka.people import access

_LAST_POSITION = 32_767
CONTACT = "contact"  # the kind of a reading


@transaction.atomic
def add_contact_point(
    client_id: int, kind: str, value: str, *, by: Actor, label: str = ""
) -> ContactPoint:
    """Add a phone, an e-mail or an account; records `client.contact_added`.

    A client who has it already keeps the one they have.

    Args:
        kind: a ContactPoint.Kind; an empty one is recognised from a link or @name.
    Raises:
        InvalidInput: it can't be read; `fields` names the kind.
    """
    client = lock_client(client_id, by=by, action="change")
    read = _read(kind, value, label)
    same = client.contact_points.filter(kind=read.kind, value=read.value).first()
    if same is not None:
        return same
    last = client.contact_points.aggregate(last=Max("position"))["last"]
    [point] = write_points(client, [read], after=-1 if last is None else last)
    save_client(client, [])
    note_event("client.contact_added", client, by=by, kind=point.kind, value=point.value)
    return point


@transaction.atomic
def change_contact_point(
    point_id: int, *, by: Actor, value: str | None = None, label: str | None = None
) -> ContactPoint:
    """Correct a contact point or its label; records `client.contact_changed`.

    Raises:
        InvalidInput: the new value can't be read, or the client has it already.
    """
    point = _point(point_id)
    client = lock_client(point.client_id, by=by, action="change")
    old = point.value
    if value is not None:
        read = _read(point.kind, value, "")
        others = client.contact_points.exclude(pk=point.pk)
        if others.filter(kind=read.kind, value=read.value).exists():
            raise InvalidInput(
                _("The client has this contact already."),
                fields={point.kind: _("It is in the list already.")},
            )
        point.value, point.raw, point.extension = read.value, read.raw, read.extension
    if label is not None:
        point.label = rules.words(label)[:40]
    point.save(update_fields=["value", "raw", "extension", "label"])
    save_client(client, [])
    note_event("client.contact_changed", client, by=by, kind=point.kind, value=point.value, was=old)
    return point


@transaction.atomic
def put_contact_point_first(point_id: int, *, by: Actor) -> ContactPoint:
    """Make a contact point the main one of its kind; records `client.contact_changed`.

    The others keep their order behind it.
    """
    point = _point(point_id)
    client = lock_client(point.client_id, by=by, action="change")
    points = list(client.contact_points.all())
    first = next(p for p in points if p.kind == point.kind)
    if first.pk == point.pk:
        return point
    others = [p for p in points if p.pk != point.pk]
    others.insert(others.index(first), point)
    for position, each in enumerate(others):
        each.position = min(position, _LAST_POSITION)
    ContactPoint.objects.bulk_update(others, ["position"], batch_size=500)
    save_client(client, [])
    note_event("client.contact_changed", client, by=by, kind=point.kind, value=point.value)
    return point


@transaction.atomic
def remove_contact_point(point_id: int, *, by: Actor) -> None:
    """Take a contact point away; records `client.contact_removed` with its value."""
    point = _point(point_id)
    client = lock_client(point.client_id, by=by, action="change")
    point.delete()
    save_client(client, [])
    note_event("client.contact_removed", client, by=by, kind=point.kind, value=point.value)


@transaction.atomic
def reveal_contact(point_id: int, *, by: Actor) -> ContactPoint:
    """Write down that a masked contact is shown to somebody; records `client.contact_shown`.

    It counts as a reading of its own, so that who shows many of them rings the alarm.

    Raises:
        NotFound: there is no such contact.
        Forbidden: the role does not show its client.
    Source: docs/domain/access.md, "Masked contacts" (AC-3).
    """
    point = _point(point_id)
    client = point.client
    access.require(by, "see", access.CLIENTS, owner_id=client.owner_id)
    note_listing(CONTACT, [point.pk], by=by)
    note_event("client.contact_shown", client, by=by, kind=point.kind, contact=point.pk)
    return point


def write_points(
    client: Client, points: Iterable[rules.Point], *, after: int = -1
) -> list[ContactPoint]:
    """Store contact points that are known to be new to the client, in order."""
    return insert_rows(
        ContactPoint(
            client=client,
            kind=p.kind,
            value=p.value,
            raw=p.raw,
            extension=p.extension,
            label=p.label,
            position=min(after + number, _LAST_POSITION),
        )
        for number, p in enumerate(points, start=1)
    )


def _read(kind: str, value: str, label: str) -> rules.Point:
    if kind and kind not in ContactPoint.Kind.values:
        raise InvalidInput(
            _("Choose what kind of contact it is."), fields={"kind": _("Choose from the list.")}
        )
    try:
        return rules.point(kind, value, label=rules.words(label)[:40], country=settings.COUNTRY)
    except rules.Unreadable as refusal:
        raise InvalidInput(refusal.sentence, fields={kind or "account": refusal.sentence}) from None


def _point(point_id: int) -> ContactPoint:
    point = ContactPoint.objects.select_related("client").filter(pk=point_id).first()
    if point is None:
        raise NotFound(_("There is no such contact any more. Open the client again."))
    return point
