"""A call or a meeting answers the client as a message does (IN-14, TL-5).

Source: docs/domain/conversations.md, "who owes an answer".
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from voronka.timeline.models import Activity, Conversation

SPOKEN = (Activity.Kind.CALL, Activity.Kind.MEETING)


def spoken_at(conversation: Conversation) -> datetime | None:
    """Return when the client of a conversation was last spoken to; None when never."""
    if conversation.item_id is not None:
        about = Q(item_id=conversation.item_id)
    elif conversation.client_id is not None:
        about = Q(item=None, client_id=conversation.client_id)
    else:
        return None
    spoken = Activity.objects.filter(about, kind__in=SPOKEN, outcome=Activity.Outcome.DONE)
    return spoken.order_by("-done_at").values_list("done_at", flat=True).first()


def lock_talks(activity_id: int) -> list[Conversation]:
    """Lock the open conversations that a call or a meeting answers: of its card, else its client.

    Before the card is locked, in the order in which a message locks them. None for other work.
    """
    work = Activity.objects.filter(pk=activity_id, kind__in=SPOKEN)
    found = work.values_list("item_id", "client_id").first()
    if found is None:
        return []
    item_id, client_id = found
    if item_id is not None:
        about = Q(item_id=item_id)
    elif client_id is not None:
        about = Q(item=None, client_id=client_id)
    else:
        return []
    rows = Conversation.objects.open().filter(about).order_by("pk")
    return list(rows.select_for_update(of=("self",)).select_related("item"))
