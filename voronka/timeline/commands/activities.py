"""Planning and finishing tasks, calls and meetings; the card's next step follows by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.clients.models import Client
from voronka.items.commands.answering import note_answer
from voronka.items.commands.card import lock_card, note_event, save_card
from voronka.items.commands.editing import note_touch
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people import access
from voronka.people.models import User
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
    if owner_id is None or not User.objects.filter(pk=owner_id, is_active=True).exists():
        raise InvalidInput(
            _("This person no longer works here. Choose another one."),
            fields={"owner": _("Choose a person.")},
        )
    activity = Activity.objects.create(
        kind=plan.kind,
        title=plan.title.strip()[:255],
        text=plan.text.strip(),
        due_at=plan.due_at,
        minutes=plan.minutes,
        remind_at=plan.remind_at,
        answers=[dict(answer) for answer in plan.answers],
        item_id=item_id,
        client_id=client_id,
        owner_id=owner_id,
        created_by_id=by.user_id,
        created_at=timezone.now(),
    )
    _note("activity_planned", subject, activity, by=by, due=plan.due_at, owner=owner_id)
    if isinstance(subject, Item):
        refresh_next_step(subject)
    return activity


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
    _note("activity_changed", subject, activity, by=by, due=plan.due_at, moved=moved, **given)
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
) -> Activity:
    """Finish an activity with its outcome; records `item.activity_done`.

    A finished call or meeting is a human touch, whatever it brought, and stops the card's clock
    (Q1); a task is work on the card only.
    Finishing twice changes nothing.

    Args:
        answer: of a task with `answers`: the code of one of them. A person can't end such a task
            otherwise; robots can, when it has become pointless.
    Raises:
        InvalidInput: an unknown outcome, or none of the answers that the task asks for.
    """
    if outcome not in Activity.Outcome.values:
        raise InvalidInput(
            _("Choose how it ended."), fields={"outcome": _("Choose from the list.")}
        )
    activity, subject = _lock(activity_id, by=by)
    if activity.done_at is not None:
        return activity
    _require_answer(activity, answer, by=by)
    activity.done_at = at or timezone.now()
    activity.outcome = outcome
    activity.result = result.strip()
    activity.answer = answer
    activity.save(update_fields=["done_at", "outcome", "result", "answer"])
    said = activity.result[:300]
    _note("activity_done", subject, activity, by=by, outcome=outcome, result=said, answer=answer)
    if isinstance(subject, Item):
        if outcome != Activity.Outcome.CANCELLED:
            touched = note_touch if activity.kind == Activity.Kind.TASK else note_answer
            touched(subject.pk, by=by)
        refresh_next_step(subject)
    return activity


@transaction.atomic
def reopen_activity(activity_id: int, *, by: Actor) -> Activity:
    """Take "done" back; records `item.activity_reopened`."""
    activity, subject = _lock(activity_id, by=by)
    if activity.done_at is None:
        return activity
    activity.done_at, activity.outcome, activity.answer = None, "", ""
    activity.save(update_fields=["done_at", "outcome", "answer"])
    _note("activity_reopened", subject, activity, by=by)
    if isinstance(subject, Item):
        refresh_next_step(subject)
    return activity


def _require_answer(activity: Activity, answer: str, *, by: Actor) -> None:
    known = {str(a["code"]) for a in activity.answers}
    if (answer and answer not in known) or (known and not answer and by.user_id is not None):
        raise InvalidInput(
            _("Choose how it ended."), fields={"answer": _("Choose one of the answers.")}
        )


def refresh_next_step(item: Item) -> None:
    """Let a locked card's `next_activity_*` mirror its earliest planned activity (TL-6, C12)."""
    first = (
        Activity.objects.planned()
        .filter(item_id=item.pk, due_at__isnull=False)
        .order_by("due_at", "pk")
        .first()
    )
    at, kind, title = (first.due_at, first.kind, first.title) if first else (None, "", "")
    now = (item.next_activity_at, item.next_activity_kind, item.next_activity_title)
    if (at, kind, title) == now:
        return
    item.next_activity_at, item.next_activity_kind, item.next_activity_title = at, kind, title
    save_card(item, ["next_activity_at", "next_activity_kind", "next_activity_title"])


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


def _note(what: str, subject: Subject, activity: Activity, *, by: Actor, **diff: Any) -> None:
    diff |= {"activity": activity.pk, "kind": activity.kind, "title": activity.title}
    if isinstance(subject, Item):
        note_event(f"item.{what}", subject, by=by, **diff)
    elif subject is None:
        verb = what.replace("activity_", "activity.")
        record(verb, activity, by=by, owner_id=activity.owner_id, **diff)
    else:
        record(f"client.{what}", subject, by=by, owner_id=subject.owner_id, **diff)
