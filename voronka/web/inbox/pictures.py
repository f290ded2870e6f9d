"""Pictures of messages: those that stand inside a letter, and the files that stand under it."""

from __future__ import annotations

from voronka.items.models import Attachment
from voronka.timeline.markup import PICTURES, pictures_inside
from voronka.timeline.models import Message


def inside(message: Message) -> dict[str, Attachment]:
    """Return the files that a letter shows inside its HTML, by their content ids.

    Only those that lie in the house and are pictures which a browser may show. Reads the files of
    the message, unless they are there already.
    """
    named = message.meta.get("inline")
    if not named or not message.html:
        return {}
    wanted = [one for one in pictures_inside(message.html) if one in named]
    files = {
        file.pk: file
        for file in message.attachments.all()
        if file.deleted_at is None and file.content_type in PICTURES
    }
    return {one: files[named[one]] for one in wanted if named[one] in files}


def beside(message: Message) -> list[Attachment]:
    """Return the files of a message that are not shown inside it."""
    shown = {file.pk for file in inside(message).values()}
    files = message.attachments.all()
    return [file for file in files if file.pk not in shown and file.deleted_at is None]
