"""Planning and finishing tasks, calls and meetings; the card's next step follows by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.commands.answering import note_answer
from voronka.items.commands.card import (
    lock_card,
    note_event,
    require_card,
    save_card,
    save_next_steps,
)
from voronka.items.commands.editing import note_touch
from voronka.items.gate import wants_next_step
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.kernel.prepared import Prepared
from voronka.kernel.rows import insert_row
from voronka.people import access
from voronka.people.queries import require_all_working, require_working
from voronka.timeline.commands.conversations import settle_talks
from voronka.timeline.commands.speaking import lock_talks
from voronka.timeline.models import Activity

Subject = Item | Client | None  # None: a task of one's own, on no card


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody is going to do. `due_at` None means "some day" and is counted (C8)."""

    kind: str
    title: str
    due_at: datetime | None
    text: str = ""
    minutes: int | None = None  # planned length of a meeting
    remind_at: datetime | None = None
    answers: tuple[Mapping[str, Any], ...] = ()  # it ends with one of these only: code, name


@transaction.atomic
def plan_activity(
    plan: Plan,
    *,
    by: Actor,
    item_id: int | None = None,
    client_id: int | None = None,
    owner_id: int | None = None,
) -> Activity:
    """Plan a task, call or meeting on a card or for a client; records `item.activity_planned`.

    Without card and client it is somebody's own task, and the event is `activity.planned`.

    Args:
        owner_id: who does it; the card's or client's responsible, or the actor, when omitted.
    Raises:
        InvalidInput: no title, an unknown kind, a reminder after the deadline, an end before
            the start, or somebody who no longer works here.
        NotFound, Forbidden: the card or client.
        Forbidden: a task without a card for somebody else, without the right `control`.
    """
    _check(plan)
    subject = _subject(item_id, client_id, by=by)
    owner_id = owner_id or (subject.owner_id if subject else by.user_id)
    if subject is None and owner_id != by.user_id:
        access.require_right(by, "control")
    owner_id = require_working(owner_id)
    activity = _draft(plan, subject, owner_id=owner_id, by=by)
    insert_row(activity)
    note_activity("activity_planned", subject, activity, by=by, due=plan.due_at, owner=owner_id)
    if isinstance(subject, Item):
        refresh_next_step(subject)
    return activity


@dataclass(frozen=True, slots=True)
class CardPlan:
    """A plan for a card that the caller has locked in this transaction.

    Attributes:
        owner_id: who does it.
        within: the context in which its event is recorded.
    """

    item: Item
    plan: Plan
    owner_id: int
    by: Actor
    within: Callable[[], AbstractContextManager[None]] = nullcontext


def plan_on_cards(wanted: Sequence[CardPlan]) -> list[Activity]:
    """Plan work on several locked cards as `plan_activity` does on one; in the same order.

    Each statement is made once for all, each event is recorded for itself.

    Raises:
        InvalidInput, Forbidden: as `plan_activity`; if any is refused, none is planned.
    """
    if len(wanted) == 1:
        one = wanted[0]
        with one.within():
            return [plan_activity(one.plan, by=one.by, item_id=one.item.pk, owner_id=one.owner_id)]
    for one in wanted:
        _check(one.plan)
        require_card(one.by, "change", one.item)
    require_all_working(one.owner_id for one in wanted)
    drafts = [_draft(one.plan, one.item, owner_id=one.owner_id, by=one.by) for one in wanted]
    made = Activity.objects.bulk_create(drafts)
    for one, activity in zip(wanted, made, strict=True):
        with one.within():
            due, owner = one.plan.due_at, one.owner_id
            note_activity("activity_planned", one.item, activity, by=one.by, due=due, owner=owner)
    _refresh_next_steps([one.item for one in wanted])
    return made


def _draft(plan: Plan, subject: Subject, *, owner_id: int, by: Actor) -> Activity:
    return Activity(
        kind=plan.kind,
        title=plan.title.strip()[:255],
        text=plan.text.strip(),
        due_at=plan.due_at,
        minutes=plan.minutes,
        remind_at=plan.remind_at,
        answers=[dict(answer) for answer in plan.answers],
        item_id=subject.pk if isinstance(subject, Item) else None,
        client_id=subject.pk if isinstance(subject, Client) else None,
        owner_id=owner_id,
        created_by_id=by.user_id,
        created_at=timezone.now(),
    )


@transaction.atomic
def change_activity(
    activity_id: int, plan: Plan, *, by: Actor, owner_id: int | None = None
) -> Activity:
    """Change or move a planned activity; records `item.activity_changed`.

    Raises:
        InvalidInput: it is already finished, or the plan is not sound.
    """
    activity, subject = _lock(activity_id, by=by)
    _check(plan)
    if activity.done_at is not None:
        raise InvalidInput(_("This is already done. Plan the next step instead."))
    moved, before = activity.due_at != plan.due_at, activity.owner_id
    activity.kind, activity.title = plan.kind, plan.title.strip()[:255]
    activity.text, activity.due_at = plan.text.strip(), plan.due_at
    activity.minutes, activity.remind_at = plan.minutes, plan.remind_at
    activity.owner_id = owner_id or activity.owner_id
    if moved:
        activity.reminded_at = None
    activity.save()
    given = {"owner": activity.owner_id} if activity.owner_id != before else {}
    note_activity(
        "activity_changed", subject, activity, by=by, due=plan.due_at, moved=moved, **given
    )
    if isinstance(subject, Item):
        refresh_next_step(subject)
    return activity


@transaction.atomic
def finish_activity(
    activity_id: int,
    *,
    outcome: str,
    by: Actor,
    result: str = "",
    answer: str = "",
    at: datetime | None = None,
    with_card: bool = False,
    then: Plan | None = None,
    unplanned: bool = False,
) -> Activity:
    """Finish an activity with its outcome; records `item.activity_done`.

    A finished call or meeting is a human touch, whatever it brought, and stops the card's clock
    (Q1); one in which the client was spoken to answers what they have written, too. A task is
    work on the card only. Where the stage requires a next step, a person can't finish the last one
    without planning another (TL-6).
    Finishing twice changes nothing.

    Args:
        answer: of a task with `answers`: the code of one of them. A person can't end such a task
            otherwise; robots can, when it has become pointless.
        with_card: it ends because its card is closed, which whoever may close the card may do;
            the event says so.
        then: what comes next, for the same card or client and person; planned along with it.
        unplanned: it is written down after it happened, so no step ends with it.
    Raises:
        InvalidInput: an unknown outcome, none of the answers that the task asks for, a plan that
            can't be right, or no next step where the stage requires one.
    """
    if outcome not in Activity.Outcome.values:
        raise InvalidInput(
            _("Choose how it ended."), fields={"outcome": _("Choose from the list.")}
        )
    talks = lock_talks(activity_id)
    activity, subject = _lock(activity_id, by=replace(by, user_id=None) if with_card else by)
    if activity.done_at is not None:
        return activity
    _require_answer(activity, answer, by=by)
    activity.done_at = at or timezone.now()
    activity.outcome = outcome
    activity.result = result.strip()
    activity.answer = answer
    activity.save(update_fields=["done_at", "outcome", "result", "answer"])
    said: dict[str, Any] = {"outcome": outcome, "result": activity.result[:300], "answer": answer}
    if with_card:
        said["with_card"] = True
    note_activity("activity_done", subject, activity, by=by, **said)
    if isinstance(subject, Item):
        if outcome != Activity.Outcome.CANCELLED:
            touched = note_touch if activity.kind == Activity.Kind.TASK else note_answer
            touched(subject.pk, by=by)
        refresh_next_step(subject)
    if then is not None:
        plan_activity(
            then,
            by=by,
            item_id=activity.item_id,
            client_id=activity.client_id,
            owner_id=activity.owner_id,
        )
    dated = then is not None and then.due_at is not None
    if isinstance(subject, Item) and not (dated or with_card or unplanned or activity.answers):
        _require_next_step(subject, by=by)
    if outcome == Activity.Outcome.DONE:
        settle_talks(talks)
    return activity


def _require_next_step(item: Item, *, by: Actor) -> None:
    """Refuse a person who leaves an open card without a step where its stage requires one."""
    if item.is_closed or item.next_activity_at is not None or by.user_id is None:
        return
    place = item.pipeline
    rights = access.of_actor(by)
    may = rights is not None and rights.may(
        "change", place.item_type.code, place.code, owner_id=item.owner_id
    )
    if may and wants_next_step(item):
        raise InvalidInput(
            _("At the stage “%(stage)s” a card always has a next step. Plan what comes now.")
            % {"stage": item.stage},
            fields={"next_step": _("This stage requires it.")},
        )


@transaction.atomic
def reopen_activity(activity_id: int, *, by: Actor) -> Activity:
    """Take "done" back; records `item.activity_reopened`."""
    talks = lock_talks(activity_id)
    activity, subject = _lock(activity_id, by=by)
    if activity.done_at is None:
        return activity
    activity.done_at, activity.outcome, activity.answer = None, "", ""
    activity.save(update_fields=["done_at", "outcome", "answer"])
    note_activity("activity_reopened", subject, activity, by=by)
    if isinstance(subject, Item):
        refresh_next_step(subject)
    settle_talks(talks)
    return activity


def _require_answer(activity: Activity, answer: str, *, by: Actor) -> None:
    known = {str(a["code"]) for a in activity.answers}
    if (answer and answer not in known) or (known and not answer and by.user_id is not None):
        raise InvalidInput(
            _("Choose how it ended."), fields={"answer": _("Choose one of the answers.")}
        )


def refresh_next_step(item: Item) -> None:
    """Let a locked card's `next_activity_*` mirror its earliest planned activity (TL-6, C12)."""
    if _set_next_step(item, _NEXT.first(item.pk)):
        save_card(item, ["next_activity_at", "next_activity_kind", "next_activity_title"])


def _refresh_next_steps(items: Sequence[Item]) -> None:
    """Do for several locked cards what `refresh_next_step` does for one. Two SQL queries."""
    planned = Activity.objects.planned().filter(item__in=items, due_at__isnull=False)
    earliest = planned.order_by("item_id", "due_at", "pk").distinct("item_id")
    first = {activity.item_id: activity for activity in earliest}
    save_next_steps([item for item in items if _set_next_step(item, first.get(item.pk))])


def _set_next_step(item: Item, first: Activity | None) -> bool:
    """Let a card show its next step; whether that is another one than before."""
    at, kind, title = (first.due_at, first.kind, first.title) if first else (None, "", "")
    now = (item.next_activity_at, item.next_activity_kind, item.next_activity_title)
    item.next_activity_at, item.next_activity_kind, item.next_activity_title = at, kind, title
    return (at, kind, title) != now


_NEXT = Prepared(
    lambda item_id: (
        Activity.objects.planned()
        .filter(item_id=item_id, due_at__isnull=False)
        .order_by("due_at", "pk")[:1]
    ),
    int,
    model=Activity,
)


def _check(plan: Plan) -> None:
    wrong = {}
    if not plan.title.strip():
        wrong["title"] = _("Say what is to be done.")
    if plan.kind not in Activity.Kind.values:
        wrong["kind"] = _("Choose from the list.")
    if plan.kind == Activity.Kind.MEETING and plan.due_at is None:
        wrong["due_at"] = _("A meeting needs a date and a time.")
    if plan.remind_at and plan.due_at and plan.remind_at > plan.due_at:
        wrong["remind_at"] = _("The reminder comes before the deadline.")
    if wrong:
        raise InvalidInput(_("The plan is not complete yet."), fields=wrong)


def _subject(item_id: int | None, client_id: int | None, *, by: Actor) -> Subject:
    if item_id is not None:
        return lock_card(item_id, by=by, action="change")
    if client_id is None:
        return None
    client = Client.objects.alive().filter(pk=client_id).first()
    if client is None:
        raise NotFound(_("There is no such client. It may have been deleted."))
    access.require(by, "change", access.CLIENTS, owner_id=client.owner_id)
    return client


def _lock(activity_id: int, *, by: Actor) -> tuple[Activity, Subject]:
    """Lock an activity and its card. Its owner may always work on it, whoever owns the card."""
    activity = Activity.objects.filter(pk=activity_id).first()
    if activity is None:
        raise NotFound(_("There is no such activity. It may have been deleted."))
    own = by.user_id is not None and by.user_id == activity.owner_id
    actor = Actor(by.kind, None, by.name) if own else by
    subject = _subject(activity.item_id, activity.client_id, by=actor)
    if subject is None:
        access.require_right(actor, "control")
    return Activity.objects.select_for_update().get(pk=activity_id), subject


def note_activity(
    what: str, subject: Subject, activity: Activity, *, by: Actor, **diff: Any
) -> None:
    """Record what became of an activity, in its card's or client's history or its own."""
    diff |= {"activity": activity.pk, "kind": activity.kind, "title": activity.title}
    if activity.answers:  # it asks: whoever tells people of it need not look
        diff["answers"] = len(activity.answers)
    if isinstance(subject, Item):
        note_event(f"item.{what}", subject, by=by, **diff)
    elif subject is None:
        verb = what.replace("activity_", "activity.")
        record(verb, activity, by=by, owner_id=activity.owner_id, **diff)
    else:
        record(f"client.{what}", subject, by=by, owner_id=subject.owner_id, **diff)
