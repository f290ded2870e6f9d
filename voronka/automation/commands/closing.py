"""People's work on a card that closes: it ends with the card, comes back with it, or goes on."""

from __future__ import annotations

from typing import cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.automation.leftovers import work_left
from voronka.automation.models import AutoTask
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item
from voronka.journal.actors import Actor, ActorKind
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.pipelines.models import Stage
from voronka.timeline.commands.activities import finish_activity, reopen_activity
from voronka.timeline.commands.carrying import carry_activities
from voronka.timeline.models import Activity

CLOSE, KEEP = "close", "keep"
_ROBOT = Actor("robot", None, "")
_CLOSING = ("item.won", "item.lost")


def on_closed(event: Event) -> None:
    """Let people's work end with a card, by whatever way it was closed, or leave it.

    A handler of `item.won` and `item.lost`. Who closes it may say which; else nobody has to call
    the client of a lost card any more, while much may be promised to the one of a won card.
    """
    work = event.diff.get("work") or (CLOSE if event.verb == "item.lost" else KEEP)
    if work == CLOSE:
        kind = cast("ActorKind", event.actor_kind)
        close_work(event.subject_id, by=Actor(kind, event.actor_user_id, event.actor_name))


@transaction.atomic
def close_work(item_id: int, *, by: Actor) -> int:
    """Cancel what is still planned on a closed card; return how much it was.

    Records `item.activity_done` for each, marked `with_card`: what brings the card back brings
    these back too. Robots' own tasks close by themselves and are left to them. Whoever may move
    the card may do so, whose work it ever is.

    Raises:
        InvalidInput: the card is open.
        NotFound, Forbidden: the card.
    """
    if not lock_card(item_id, by=by, action="move").is_closed:
        raise InvalidInput(_("This card is open: finish its tasks one by one."))
    work = list(work_left(item_id))
    for activity in work:
        finish_activity(
            activity.pk,
            outcome=Activity.Outcome.CANCELLED,
            by=by,
            result=_("The card is closed."),
            with_card=True,
        )
    return len(work)


def on_returned(event: Event) -> None:
    """Bring back the work that ended with a card, when the card itself comes back.

    A handler of moves taken back, losses overturned and corrections.
    """
    left = Stage.objects.filter(pk=event.diff.get("left")).first()
    if left is None or left.is_open:
        return
    of_card = Event.objects.filter(subject_type=Item.journal_type, subject_id=event.subject_id)
    closing = of_card.filter(verb__in=_CLOSING).order_by("-pk").first()
    if closing is None:
        return
    ended = of_card.filter(verb="item.activity_done", pk__gt=closing.pk, diff__with_card=True)
    ids = [done.diff["activity"] for done in ended.order_by("pk")]
    known = Activity.objects.filter(pk__in=ids, outcome=Activity.Outcome.CANCELLED)
    for activity in known.order_by("pk"):
        reopen_activity(activity.pk, by=_ROBOT)


def on_converted(event: Event) -> None:
    """Let what is planned with the client go on with the deal (a handler of `item.converted`).

    Work that a robot wanted to close with the lead's stage is the lead's, and ends there.
    """
    lead, deal = _pair(event)
    ids = list(work_left(lead.pk).values_list("pk", flat=True))
    if carried := carry_activities(ids, left=lead, to=deal, by=_ROBOT):
        tasks = AutoTask.objects.filter(activity_id__in=carried, closed_at=None)
        tasks.update(closed_at=timezone.now(), closed_how="carried")
        note_event("item.work_moved", lead, by=_ROBOT, deal=deal.pk, ids=carried)


def on_conversion_undone(event: Event) -> None:
    """The lead stands again: its work returns (a handler of `item.conversion_undone`)."""
    moves = Event.objects.filter(
        subject_type=Item.journal_type, subject_id=event.subject_id, verb="item.work_moved"
    )
    last = moves.order_by("-pk").first()
    if last is not None and last.diff["deal"] == event.diff.get("deal"):
        lead, deal = _pair(event)
        carry_activities(last.diff["ids"], left=deal, to=lead, by=_ROBOT)


def _pair(event: Event) -> tuple[Item, Item]:
    cards = Item.objects.select_for_update(of=("self",)).select_related("pipeline__item_type")
    found = cards.in_bulk([event.subject_id, event.diff["deal"]])
    return found[event.subject_id], found[event.diff["deal"]]
