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
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from voronka.journal.models import Event
from voronka.kernel import masking
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import Field
from voronka.pipelines.system_fields import SYSTEM_FIELDS
from voronka.web.audit.vocabulary import DEEDS, KEYS, KINDS, REFERENCES, SPECIAL, SUBJECTS, VALUES

_PAGES = {"item": "card:show", "client": "clients:show", "user": "people:person"}
_SHORT = 60  # characters of a value
# What the columns beside tell already, or only machines read.
_SAID_ALREADY = {"owner_id", "title", "name", "code", "position", "email"}
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
    return _fields(events) | names_of(wanted)


def names_of(wanted: Mapping[str, Iterable[int]]) -> dict[tuple[str, int], str]:
    """Return what subjects are called, those in the recycle bin too. One SQL query for each kind.

    Args:
        wanted: kind of the journal -> ids.
    """
    found: dict[tuple[str, int], str] = {}
    for model in apps.get_models():
        kind = getattr(model, "journal_type", "")
        if kind in wanted:
            rows = model._default_manager.in_bulk(wanted[kind])
            found |= {(kind, int(pk)): str(row) for pk, row in rows.items()}
    return found


def _fields(events: list[Event]) -> dict[tuple[str, int], str]:
    """Return (code, 0) -> title of the custom fields that cards and clients had changed."""
    codes = {
        code
        for event in events
        if event.subject_type in ("item", "client")
        for code, _value in _flat(event.diff)
    } - KEYS.keys()
    rows = Field.objects.filter(code__in=codes) if codes else ()
    return {(row.code, 0): str(row.name) for row in rows}


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
    return page_of(event.subject_type, event.subject_id)


def page_of(subject_type: str, subject_id: int) -> str:
    """Return the address of a subject's page, "" when it has none."""
    name = _PAGES.get(subject_type, "")
    try:
        return reverse(name, args=[subject_id]) if name else ""
    except NoReverseMatch:
        return ""


def _details(event: Event, known: Names) -> Iterable[str]:
    """Say what an event kept: changes as before → after, ids as names, nothing said already."""
    diff = _masked(event)
    kind = "user" if event.verb.endswith(".assigned") else "stage"
    if "left" in diff and "entered" in diff:
        left, entered = diff.pop("left"), diff.pop("entered")
        yield f"{_named(kind, left, known)} → {_named(kind, entered, known)}"
    for key, value in diff.items():
        if key == "changes" and isinstance(value, Mapping):
            for name, pair in value.items():
                ends = pair if isinstance(pair, list) and len(pair) == 2 else ["", pair]
                words = [_said(name, end, known) for end in ends]
                yield f"{_key(name, known)}: {' → '.join(words)}"
        elif not _goes_without_saying(key, value):
            yield f"{_key(key, known)}: {_said(key, value, known)}"


def _masked(event: Event) -> dict[str, Any]:
    """Return what an event kept, contacts masked from an auditor whose role hides them."""
    diff = dict(event.diff)
    if masking.hidden() and event.verb.startswith(("client.contact_", "exclusion.")):
        kind = str(diff.get("kind") or "")
        texts = {k: v for k, v in diff.items() if k in ("value", "was") and isinstance(v, str)}
        diff |= {key: masking.shown(kind, text) for key, text in texts.items()}
    return diff


def _goes_without_saying(key: str, value: Any) -> bool:
    if key in _SAID_ALREADY or value in (None, "", [], {}, False) or _is_bulky(value):
        return True
    return key not in KEYS and isinstance(value, int)  # a number of the machine's own


def _said(key: str, value: Any, known: Names) -> str:
    """Write what a key keeps: a code in words, an id by name."""
    word = VALUES.get((key, value)) if isinstance(value, str) else None
    return str(word or _named(REFERENCES.get(key, ""), value, known))


def _key(code: str, known: Names) -> str:
    """Name what a deed kept: a field of a card by its title, else by our word for it."""
    word = KEYS.get(code) or SYSTEM_FIELDS.get(code) or KEYS.get(code.removesuffix("_id"))
    return str(word or known.get((code, 0)) or code)


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
    value = masking.shown_text(value) if isinstance(value, str) else value
    text = formats.date_format(timezone.localtime(moment), "j E Y, H:i") if moment else str(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _moment(value: Any) -> datetime | None:
    """Read a moment as the journal keeps it; None for any other text."""
    try:
        found = parse_datetime(value) if isinstance(value, str) and ":" in value else None
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
