"""What people write about cards and clients; mentions reach those who are named."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.clients.models import Client
from voronka.items.commands.card import lock_card, note_event
from voronka.items.commands.editing import note_touch
from voronka.items.models import Attachment, Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.people import access
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify
from voronka.timeline.models import Note
from voronka.timeline.rules import MENTION, mentioned_ids

_LONGEST = 20_000  # characters


@transaction.atomic
def write_note(
    text: str,
    *,
    by: Actor,
    item_id: int | None = None,
    client_id: int | None = None,
    attachment_ids: Sequence[int] = (),
) -> Note:
    """Write a note; people mentioned as "@[id]" are told. Records `item.note_written`.

    Who may see a card may write to it: a note is how one asks for help.

    Raises:
        InvalidInput: the note has neither text nor files, or is too long.
    """
    text = text.replace("\x00", "").strip()
    if not text and not attachment_ids:
        raise InvalidInput(_("Write something first."), fields={"text": _("The note is empty.")})
    if len(text) > _LONGEST:
        raise InvalidInput(_("At most %(count)d characters fit here.") % {"count": _LONGEST})
    subject: Item | Client
    if item_id is not None:
        subject = lock_card(item_id, by=by, action="see")
    else:
        found = Client.objects.alive().filter(pk=client_id or 0).first()
        if found is None:
            raise NotFound(_("There is no such client. It may have been deleted."))
        access.require(by, "see", access.CLIENTS, owner_id=found.owner_id)
        subject = found
    mentioned = list(User.objects.filter(pk__in=mentioned_ids(text), is_active=True))
    note = Note.objects.create(
        item_id=item_id,
        client_id=client_id,
        text=text,
        author_id=by.user_id,
        mentions=[u.pk for u in mentioned],
        created_at=timezone.now(),
    )
    here = Q(item_id=item_id) if item_id is not None else Q(client_id=client_id)
    note.attachments.set(Attachment.objects.filter(here, pk__in=attachment_ids))
    if isinstance(subject, Item):
        note_event("item.note_written", subject, by=by, note=note.pk)
        if by.user_id is not None:
            note_touch(subject.pk, by=by)
    else:
        record("client.note_written", subject, by=by, owner_id=subject.owner_id, note=note.pk)
    title = subject.title if isinstance(subject, Item) else subject.name
    for user in mentioned:
        if user.pk != by.user_id:
            with override(user.language):
                said = _("You were mentioned in “%(title)s”: %(text)s") % {
                    "title": title,
                    "text": plain_text(text)[:120],
                }
            notify(user.pk, "mention", said, item_id=item_id, key=f"note-{note.pk}")
    return note


@transaction.atomic
def edit_note(note_id: int, text: str, *, by: Actor) -> Note:
    """Change one's own note; others' notes can't be changed.

    Raises:
        Forbidden: it is somebody else's note.
    """
    note = _own(note_id, by=by)
    text = text.replace("\x00", "").strip()
    if not text:
        raise InvalidInput(_("Write something first."), fields={"text": _("The note is empty.")})
    note.text, note.edited_at = text[:_LONGEST], timezone.now()
    note.save(update_fields=["text", "edited_at"])
    _record_of(note, "note_edited", by=by)
    return note


@transaction.atomic
def delete_note(note_id: int, *, by: Actor) -> None:
    """Take one's own note out of the feed; the journal keeps that it was there."""
    note = _own(note_id, by=by)
    note.deleted_at = timezone.now()
    note.save(update_fields=["deleted_at"])
    _record_of(note, "note_deleted", by=by)


@transaction.atomic
def pin_note(note_id: int, *, pinned: bool, by: Actor) -> Note:
    """Keep a note at the top of the feed, or let it go."""
    note = Note.objects.select_for_update().filter(pk=note_id, deleted_at=None).first()
    if note is None:
        raise NotFound(_("There is no such note. It may have been deleted."))
    if note.item_id is not None:
        lock_card(note.item_id, by=by, action="change")
    elif note.client is not None:
        access.require(by, "change", access.CLIENTS, owner_id=note.client.owner_id)
    note.pinned = pinned
    note.save(update_fields=["pinned"])
    _record_of(note, "note_pinned" if pinned else "note_unpinned", by=by)
    return note


def plain_text(text: str) -> str:
    """Return a note's text with mentions as names, for notifications and previews."""
    ids = mentioned_ids(text)
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}
    return MENTION.sub(lambda m: "@" + names.get(int(m[1]), "?"), text)


def _own(note_id: int, *, by: Actor) -> Note:
    note = Note.objects.select_for_update().filter(pk=note_id, deleted_at=None).first()
    if note is None:
        raise NotFound(_("There is no such note. It may have been deleted."))
    if by.user_id is not None and note.author_id != by.user_id:
        raise Forbidden(_("Only its author can change a note. Write a note of your own."))
    return note


def _record_of(note: Note, what: str, *, by: Actor) -> None:
    if note.item_id is not None:
        item = Item.objects.get(pk=note.item_id)
        note_event(f"item.{what}", item, by=by, note=note.pk)
    elif note.client is not None:
        record(f"client.{what}", note.client, by=by, note=note.pk)
