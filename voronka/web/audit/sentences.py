"""Events in words: what was done, about what, and what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.journal.models import Event
from voronka.kernel.texts import LocalText
from voronka.people.models import User

SUBJECTS: dict[str, Promise] = {
    "item": pgettext_lazy("journal", "card"),
    "client": pgettext_lazy("journal", "client"),
    "user": pgettext_lazy("journal", "person"),
    "role": pgettext_lazy("journal", "role"),
    "department": pgettext_lazy("journal", "department"),
    "calendar": pgettext_lazy("journal", "working calendar"),
    "token": pgettext_lazy("journal", "key of a program"),
    "item_type": pgettext_lazy("journal", "card type"),
    "pipeline": pgettext_lazy("journal", "funnel"),
    "stage": pgettext_lazy("journal", "stage"),
    "section": pgettext_lazy("journal", "section of fields"),
    "field": pgettext_lazy("journal", "field"),
    "loss_reason": pgettext_lazy("journal", "loss reason"),
    "source": pgettext_lazy("journal", "source"),
    "product": pgettext_lazy("journal", "product"),
    "view": pgettext_lazy("journal", "view"),
    "bulk": pgettext_lazy("journal", "bulk action"),
    "merge": pgettext_lazy("journal", "merge of clients"),
    "mass_deletion": pgettext_lazy("journal", "mass deletion"),
    "import": pgettext_lazy("journal", "import"),
    "export": pgettext_lazy("journal", "export of the base"),
    "draft": pgettext_lazy("journal", "draft of a funnel"),
    "activity": pgettext_lazy("journal", "task"),
    "setup": pgettext_lazy("journal", "set-up"),
    "company": pgettext_lazy("journal", "company"),
    "robot": pgettext_lazy("journal", "robot"),
    "engine": pgettext_lazy("journal", "all robots"),
    "channel": pgettext_lazy("journal", "channel"),
    "enquiry": pgettext_lazy("journal", "enquiry"),
    "exclusion": pgettext_lazy("journal", "exclusion"),
    "repeat_rule": pgettext_lazy("journal", "rule for repeat enquiries"),
    "distribution": pgettext_lazy("journal", "distribution"),
    "routing_rule": pgettext_lazy("journal", "row of the routing table"),
    "cost": pgettext_lazy("journal", "cost of a source"),
    "webhook": pgettext_lazy("journal", "webhook"),
}
DEEDS: dict[str, Promise] = {  # for every subject that has no words of its own below
    "created": pgettext_lazy("journal", "created"),
    "changed": pgettext_lazy("journal", "changed"),
    "deleted": pgettext_lazy("journal", "deleted"),
    "restored": pgettext_lazy("journal", "restored"),
    "moved": pgettext_lazy("journal", "moved"),
    "archived": pgettext_lazy("journal", "archived"),
    "assigned": pgettext_lazy("journal", "given to another owner"),
    "merged": pgettext_lazy("journal", "merged"),
    "done": pgettext_lazy("journal", "done"),
    "undone": pgettext_lazy("journal", "undone"),
    "revoked": pgettext_lazy("journal", "revoked"),
    "won": pgettext_lazy("journal", "won"),
    "lost": pgettext_lazy("journal", "lost"),
    "corrected": pgettext_lazy("journal", "returned to an earlier stage"),
    "converted": pgettext_lazy("journal", "converted"),
    "watched": pgettext_lazy("journal", "watched"),
    "unwatched": pgettext_lazy("journal", "no longer watched"),
    "linked": pgettext_lazy("journal", "linked"),
    "unlinked": pgettext_lazy("journal", "unlinked"),
    "lines_set": pgettext_lazy("journal", "products changed"),
    "file_attached": pgettext_lazy("journal", "file attached"),
    "file_removed": pgettext_lazy("journal", "file removed"),
    "note_written": pgettext_lazy("journal", "note written"),
    "exported": pgettext_lazy("journal", "exported"),
    "downloaded": pgettext_lazy("journal", "downloaded"),
    "failed": pgettext_lazy("journal", "stopped by an error"),
    "asked": pgettext_lazy("journal", "asked for"),
    "agreed": pgettext_lazy("journal", "agreed to"),
    "refused": pgettext_lazy("journal", "refused"),
    "published": pgettext_lazy("journal", "published"),
    "planned": pgettext_lazy("journal", "planned"),
    "reopened": pgettext_lazy("journal", "opened again"),
    "applied": pgettext_lazy("journal", "applied from a blueprint"),
    "reordered": pgettext_lazy("journal", "put in another order"),
    "removed": pgettext_lazy("journal", "taken away"),
    "switched": pgettext_lazy("journal", "switched on or off"),
    "replayed": pgettext_lazy("journal", "sent once more"),
    "secret_renewed": pgettext_lazy("journal", "secret renewed"),
    "stopped": pgettext_lazy("journal", "stopped"),
    "started": pgettext_lazy("journal", "let go on"),
    "tunnelled": pgettext_lazy("journal", "sent through a tunnel"),
    "clock_changed": pgettext_lazy("journal", "clock of the stage changed"),
    "verdict_asked": pgettext_lazy("journal", "loss given to be checked"),
    "loss_confirmed": pgettext_lazy("journal", "loss confirmed"),
    "loss_overturned": pgettext_lazy("journal", "loss overturned"),
    "loss_reason_changed": pgettext_lazy("journal", "loss reason changed"),
    "pass_given": pgettext_lazy("journal", "pass given"),
    "button_pressed": pgettext_lazy("journal", "robot's button pressed"),
    "robot_called_off": pgettext_lazy("journal", "a robot's plan called off"),
    "saved": pgettext_lazy("journal", "saved"),
    "added": pgettext_lazy("journal", "added"),
    "lifted": pgettext_lazy("journal", "taken back"),
    "message_received": pgettext_lazy("journal", "message received"),
    "message_written": pgettext_lazy("journal", "message written"),
    "message_failed": pgettext_lazy("journal", "message not sent"),
    "message_opened": pgettext_lazy("journal", "letter opened by the client"),
    "link_followed": pgettext_lazy("journal", "link in a letter followed"),
    "conversation_assigned": pgettext_lazy("journal", "conversation given to another person"),
    "answered": pgettext_lazy("journal", "client answered"),
    "question_asked": pgettext_lazy("journal", "question asked"),
    "question_answered": pgettext_lazy("journal", "question answered"),
    "question_replied": pgettext_lazy("journal", "word added to a question"),
    "question_closed": pgettext_lazy("journal", "question taken back"),
    "question_late": pgettext_lazy("journal", "no answer in time"),
    "hook_received": pgettext_lazy("journal", "told by a webhook"),
    "enquiry_joined": pgettext_lazy("journal", "another enquiry of the client"),
    "nobody_fits": pgettext_lazy("journal", "nobody fitted"),
}
SPECIAL: dict[str, Promise] = {
    "user.logged_in": gettext_lazy("Log-in"),
    "user.logged_out": gettext_lazy("Log-out"),
    "user.invited": gettext_lazy("Invitation link made"),
    "user.accepted": gettext_lazy("Invitation accepted"),
    "user.dismissed": gettext_lazy("Dismissal"),
    "user.reopened": gettext_lazy("Taken back to work"),
    "user.password_changed": gettext_lazy("New password"),
    "user.session_closed": gettext_lazy("Signed out of devices"),
    "user.absence_planned": gettext_lazy("Absence noted"),
    "user.absence_cancelled": gettext_lazy("Absence cancelled"),
    "user.viewed_as": gettext_lazy("Looking as this person began"),
    "user.viewing_ended": gettext_lazy("Looking as this person ended"),
    "user.audit_exported": gettext_lazy("Audit journal downloaded"),
    "user.notified": gettext_lazy("Notification sent"),
    "user.notices_opened": gettext_lazy("A device shows notices now"),
    "user.notices_closed": gettext_lazy("A device shows notices no more"),
    "notice_policy.changed": gettext_lazy("How people are told of things was changed"),
    "channel.for_staff": gettext_lazy("Mailbox for letters to employees chosen"),
    "channel.switched_on": gettext_lazy("Channel switched on"),
    "channel.switched_off": gettext_lazy("Channel switched off"),
    "channel.broken": gettext_lazy("Channel stopped working"),
    "channel.mended": gettext_lazy("Channel works again"),
    "channel.readdressed": gettext_lazy("Channel got another address"),
    "channel.tested": gettext_lazy("Channel tried"),
    "enquiry.stuck": gettext_lazy("Enquiry without a card"),
    "enquiry.replayed": gettext_lazy("Enquiry tried again"),
    "errand.retried": gettext_lazy("Request or call of a robot tried once more"),
    "item.move_undone": gettext_lazy("Move undone"),
    "item.lead_attached": gettext_lazy("Lead attached"),
    "item.conversion_undone": gettext_lazy("Conversion undone"),
    "item.criterion_confirmed": gettext_lazy("Exit criterion confirmed"),
    "draft.added": gettext_lazy("Draft of a funnel: stage added"),
    "draft.changed": gettext_lazy("Draft of a funnel: edited"),
    "draft.moved": gettext_lazy("Draft of a funnel: stage moved"),
    "draft.dropped": gettext_lazy("Draft of a funnel: stage taken out"),
    "draft.returned": gettext_lazy("Draft of a funnel: stage put back"),
    "draft.undone": gettext_lazy("Draft of a funnel: edit taken back"),
    "draft.redrawn": gettext_lazy("Draft of a funnel: earlier version put in"),
    "draft.discarded": gettext_lazy("Draft of a funnel: thrown away"),
    "item_type.regraded": gettext_lazy("Open cards graded anew"),
    "item_type.recounted": gettext_lazy("Formulas of all cards counted anew"),
    "item.criterion_withdrawn": gettext_lazy("Exit criterion withdrawn"),
}
KINDS: dict[str, Promise] = {
    "api": pgettext_lazy("journal", "by API"),
    "import": pgettext_lazy("journal", "by import"),
    "robot": pgettext_lazy("journal", "robot"),
    "system": pgettext_lazy("journal", "Voronka itself"),
}
_PAGES = {"item": "card:show", "client": "clients:show", "user": "people:person"}
_SHORT = 60  # characters of a value
# What the columns beside tell already, or only machines read.
_SAID_ALREADY = {"owner_id", "title", "name", "code", "position", "email"}
KEYS: dict[str, Promise] = {
    "address": pgettext_lazy("journal", "address"),
    "role": SUBJECTS["role"],
    "department": SUBJECTS["department"],
    "head": pgettext_lazy("journal", "head"),
    "parent": pgettext_lazy("journal", "inside"),
    "stage": SUBJECTS["stage"],
    "item": SUBJECTS["item"],
    "errand": pgettext_lazy("journal", "errand"),
    "user": SUBJECTS["user"],
    "owner": pgettext_lazy("journal", "owner"),
    "substitute": pgettext_lazy("journal", "substitute"),
    "since": pgettext_lazy("journal", "from"),
    "until": pgettext_lazy("journal", "until"),
    "scopes": pgettext_lazy("journal", "may do"),
    "rights": pgettext_lazy("journal", "rights"),
    "matrix": pgettext_lazy("journal", "matrix"),
    "hours": pgettext_lazy("journal", "hours"),
    "name": pgettext_lazy("journal", "name"),
    "stage_name": SUBJECTS["stage"],
    "version": pgettext_lazy("journal", "version"),
    "added": pgettext_lazy("journal", "added"),
    "changed": DEEDS["changed"],
    "removed": DEEDS["removed"],
    "cards": pgettext_lazy("journal", "cards"),
    "visits": pgettext_lazy("journal", "stays"),
    "heir": pgettext_lazy("journal", "heir"),
    "email": pgettext_lazy("journal", "e-mail"),
    "phone": pgettext_lazy("journal", "phone"),
    "amount": pgettext_lazy("journal", "amount"),
    "devices": pgettext_lazy("journal", "devices"),
    "country": pgettext_lazy("journal", "holidays of"),
    "why": pgettext_lazy("journal", "reason"),
    "language": pgettext_lazy("journal", "language"),
    "time_zone": pgettext_lazy("journal", "time zone"),
    "theme": pgettext_lazy("journal", "theme"),
}
REFERENCES = {  # keys of a diff that hold ids, and of what
    "stage": "stage",
    "user": "user",
    "owner": "user",
    "head": "user",
    "substitute": "user",
    "department": "department",
    "parent": "department",
    "calendar": "calendar",
    "deal": "item",
    "lead": "item",
    "other": "item",
    "item": "item",
}
Names = Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the audit page shows it."""

    event: Event
    actor: User | None
    how: str  # the way it came in, when not by hand
    deed: str
    subject: str
    url: str  # where the subject is, "" when nowhere
    details: list[str]


def lines(events: Iterable[Event]) -> list[Line]:
    """Put events in words; one SQL query for people and one for each kind of subject."""
    events = list(events)
    people = User.objects.in_bulk({e.actor_user_id for e in events if e.actor_user_id})
    names = _names(events)
    return [
        Line(
            event,
            people.get(event.actor_user_id or 0),
            _how(event),
            deed(event.verb),
            names.get((event.subject_type, event.subject_id)) or _fallback(event),
            _url(event),
            list(_details(event, names)),
        )
        for event in events
    ]


def deed(verb: str) -> str:
    """Return what was done: "Card moved", "Log-in"."""
    if verb in SPECIAL:
        return str(SPECIAL[verb])
    subject, _dot, past = verb.partition(".")
    what = str(SUBJECTS.get(subject, subject))
    return capfirst(f"{what}: {DEEDS.get(past, past.replace('_', ' '))}")


def _how(event: Event) -> str:
    words = str(KINDS.get(event.actor_kind, ""))
    return f"{words}: {event.actor_name}" if words and event.actor_name else words


def _names(events: list[Event]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for event in events:
        wanted[event.subject_type].add(event.subject_id)
        for key, value in _flat(event.diff):
            for kind in _kinds(event.verb, key):
                wanted[kind] |= {one for one in value if isinstance(one, int)}
    found: dict[tuple[str, int], str] = {}
    for model in apps.get_models():
        kind = getattr(model, "journal_type", "")
        if kind in wanted:
            rows = model._default_manager.in_bulk(wanted[kind])
            found |= {(kind, int(pk)): str(row) for pk, row in rows.items()}
    return found


def _flat(diff: Mapping[str, Any]) -> Iterable[tuple[str, list[Any]]]:
    """Return every key of a diff with its values, those before and after a change too."""
    changes = diff.get("changes")
    for key, value in [*diff.items(), *(changes.items() if isinstance(changes, Mapping) else ())]:
        yield key, value if isinstance(value, list) else [value]


def _kinds(verb: str, key: str) -> Iterable[str]:
    if key in {"left", "entered"}:
        yield "user" if verb.endswith(".assigned") else "stage"
    elif key in REFERENCES:
        yield REFERENCES[key]


def _fallback(event: Event) -> str:
    """Name what is gone by what the event itself kept of it."""
    for key in ("title", "name"):
        kept = event.diff.get(key)
        if kept:
            return str(LocalText.of(kept)) if isinstance(kept, Mapping) else str(kept)
    return f"{SUBJECTS.get(event.subject_type, event.subject_type)} {event.subject_id}"


def _url(event: Event) -> str:
    name = _PAGES.get(event.subject_type, "")
    try:
        return reverse(name, args=[event.subject_id]) if name else ""
    except NoReverseMatch:
        return ""


def _details(event: Event, known: Names) -> Iterable[str]:
    """Say what an event kept: changes as before → after, ids as names, nothing said already."""
    diff = dict(event.diff)
    kind = "user" if event.verb.endswith(".assigned") else "stage"
    if "left" in diff and "entered" in diff:
        left, entered = diff.pop("left"), diff.pop("entered")
        yield f"{_named(kind, left, known)} → {_named(kind, entered, known)}"
    for key, value in diff.items():
        if key == "changes" and isinstance(value, Mapping):
            for name, pair in value.items():
                ends = pair if isinstance(pair, list) and len(pair) == 2 else ["", pair]
                words = [_named(REFERENCES.get(name, ""), end, known) for end in ends]
                yield f"{KEYS.get(name, name)}: {' → '.join(words)}"
        elif key in _SAID_ALREADY or value in (None, "", [], {}, False) or _is_bulky(value):
            continue
        else:
            yield f"{KEYS.get(key, key)}: {_named(REFERENCES.get(key, ''), value, known)}"


def _named(kind: str, value: Any, known: Names) -> str:
    """Write a value; an id of a known kind by the name of what it points at."""
    if kind and isinstance(value, int):
        return known.get((kind, value)) or f"{SUBJECTS.get(kind, kind)} {value}"
    return _value(value)


def _is_bulky(value: Any) -> bool:
    """Whether a value is a structure nobody reads in a line: a matrix, a week of hours."""
    return isinstance(value, Mapping) and not set(value) <= {"ru", "en"}


def _value(value: Any) -> str:
    if value in (None, "", [], {}):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping) and set(value) <= {"ru", "en"}:
        value = str(LocalText.of(value))
    elif isinstance(value, list):
        value = ", ".join(_value(one) for one in value)
    elif _is_bulky(value):
        return "{…}"
    moment = _moment(value)
    text = formats.date_format(timezone.localtime(moment), "j E Y, H:i") if moment else str(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _moment(value: Any) -> datetime | None:
    """Read a moment as the journal keeps it; None for any other text."""
    try:
        found = parse_datetime(value) if isinstance(value, str) and ":" in value else None
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
