"""Turns journal events into one quiet line each: names instead of ids, old and new values.

Names are looked up in bulk: one query for each kind of thing that the events speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.items.models import ToldBy
from voronka.journal.models import Event
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.models import User
from voronka.pipelines.models import Field, Pipeline
from voronka.pipelines.system_fields import SYSTEM_FIELDS
from voronka.timeline.names import LONGEST, Names, read_with, shown_value, to_decimal
from voronka.timeline.plain_lines import PLAIN
from voronka.timeline.reasons import enquiry_text

_MORE_NAMES: dict[str, Sentence] = {
    "grade": gettext_lazy("Grade"),
    "utm": gettext_lazy("UTM marks"),
    "owner": gettext_lazy("Responsible"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a thing was and became. Values are ready to show: text, Decimal, number or date."""

    name: Sentence
    old: Any
    new: Any
    money: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words: an icon's name, a sentence, changes, and what a person said to it."""

    icon: str
    text: Sentence = ""
    changes: tuple[Change, ...] = ()
    said: str = ""
    item_id: int | None = None  # another card that the line leads to
    tone: str = ""  # "won" or "lost"


class Teller:
    """Tells events to one person.

    Args:
        events: what is to be told; all names are read at once.
        user: titles of cards that this person may not see are not told.
    """

    def __init__(self, events: Iterable[Event], *, user: User) -> None:
        self.events = list(events)
        self.names = Names(user)
        self._types: dict[int, int] = {}  # pipeline -> item type
        self._fields: dict[tuple[int | None, str], Field] = {}
        wanted = {code for e in self.events for code in e.diff.get("changes") or {}}
        if wanted:
            self._types = dict(Pipeline.objects.values_list("pk", "item_type_id"))
            found = Field.objects.filter(code__in=wanted)
            self._fields = {(f.item_type_id, f.code): f for f in found}
        for event in self.events:
            self._collect(event)
        self.names.load()

    def person(self, event: Event) -> User | None:
        """Return who did it, if it was a person."""
        found: User | None = self.names.get("user", event.actor_user_id)
        return found

    def author(self, event: Event) -> str:
        """Return the name of who did it."""
        person = self.person(event)
        if person is not None:
            return str(person)
        kinds = {
            "robot": _("Robot"),
            "import": _("Import"),
            "api": _("API"),
            "user": _("A former employee"),
        }
        return event.actor_name or kinds.get(event.actor_kind, _("Voronka"))

    def tell(self, event: Event) -> Line:
        """Put one event into words."""
        how = _HOW.get(event.verb)
        if how is not None:
            return how(self, event)
        icon, text = PLAIN.get(event.verb, ("point", event.verb))
        return Line(icon, str(text))

    def _collect(self, event: Event) -> None:
        diff, want = event.diff, self.names.want
        want("user", event.actor_user_id)
        subject = event.verb.partition(".")[0]
        if event.verb.endswith((".assigned", ".conversation_assigned")):
            want("user", diff.get("left"))
            want("user", diff.get("entered"))
        elif subject == "item":
            for key in ("left", "entered", "stage"):
                want("stage", diff.get(key))
        for key, kind in _REFERENCES.items():
            want(kind, diff.get(key))
        for code, pair in (diff.get("changes") or {}).items():
            kind = self._kind(event, code)
            for value in pair if isinstance(pair, list) else ():
                want(kind, value) if kind else None

    def _field(self, event: Event, code: str) -> Field | None:
        """Return the custom field that an event means: of its card's type, or of clients."""
        return self._fields.get((self._types.get(event.pipeline_id or 0), code))

    def _kind(self, event: Event, code: str) -> str:
        """Return what ids a field holds, or "" when it holds none."""
        if code in ("contact", "company"):
            return "client"
        if code == "source":
            return "source"
        found = self._field(event, code)
        kinds = {Field.Kind.USER: "user", Field.Kind.CLIENT: "client"}
        kinds |= {Field.Kind.ITEM: "item", Field.Kind.FILE: "file"}
        return kinds.get(Field.Kind(found.kind), "") if found else ""

    def changes(self, event: Event) -> tuple[Change, ...]:
        """Return what `{"changes": {code: [old, new]}}` says, with names."""
        told = []
        for code, pair in (event.diff.get("changes") or {}).items():
            if not isinstance(pair, list) or len(pair) != 2:
                continue
            found = self._field(event, code)
            name = str(found.name) if found else str(_name_of(code))
            money = code == "amount" or (found is not None and found.kind == Field.Kind.MONEY)
            old, new = (self._shown(event, code, value) for value in pair)
            told.append(Change(name, old, new, money))
        return tuple(told)

    def _shown(self, event: Event, code: str, value: Any) -> Any:
        if value is None or value == "" or value == []:
            return ""
        if kind := self._kind(event, code):
            found = self.names.get(kind, value)
            return str(found) if found is not None else _("hidden or deleted")
        if code == "amount":
            return to_decimal(value)
        field = self._field(event, code)
        if field is not None:
            return shown_value(field, value)
        if isinstance(value, dict):
            return ", ".join(f"{k}={v}" for k, v in value.items())[:LONGEST]
        return str(value)[:LONGEST]


def _name_of(code: str) -> Sentence:
    return SYSTEM_FIELDS.get(code) or _MORE_NAMES.get(code) or _CLIENT_FIELDS.get(code) or code


_CLIENT_FIELDS: dict[str, Sentence] = {
    "name": gettext_lazy("Name"),
    "first_name": gettext_lazy("First name"),
    "last_name": gettext_lazy("Last name"),
    "patronymic": gettext_lazy("Patronymic"),
    "job_title": gettext_lazy("Job title"),
    "inn": gettext_lazy("Taxpayer number"),
    "address": gettext_lazy("Address"),
    "website": gettext_lazy("Website"),
    "comment": gettext_lazy("Comment"),
    "kind": gettext_lazy("Kind"),
}
_REFERENCES = {"reason": "reason", "user": "user", "other": "item", "deal": "item", "lead": "item"}
_REFERENCES |= {"was": "reason", "to": "stage"}


def _created(teller: Teller, event: Event) -> Line:
    if event.diff.get("enquiry") is not None:
        return Line("inbox", enquiry_text(event))
    stage = teller.names.get("stage", event.diff.get("stage"))
    if stage is None:
        return Line("plus", _("made the card"))
    return Line("plus", _("made the card at “%(stage)s”") % {"stage": stage})


def _changed(teller: Teller, event: Event) -> Line:
    return Line("pencil", "", teller.changes(event))


def _stages(teller: Teller, event: Event) -> tuple[Change, ...]:
    left, entered = (teller.names.get("stage", event.diff.get(key)) for key in ("left", "entered"))
    gone = _("a deleted stage")
    return (Change("", str(left or gone), str(entered or gone)),)


def _moved(teller: Teller, event: Event) -> Line:
    jumped = len(event.diff.get("passed") or ())
    text = _("with a jump") if jumped else ""
    return Line("arrow-right", text, _stages(teller, event))


def _won(teller: Teller, event: Event) -> Line:
    return Line("trophy", "", _stages(teller, event), tone="won")


def _lost(teller: Teller, event: Event) -> Line:
    reason = teller.names.get("reason", event.diff.get("reason"))
    text = _("reason: %(reason)s") % {"reason": reason} if reason else ""
    said = str(event.diff.get("comment") or "")
    word = _WORDS.get(event.diff.get("told_by"))
    if text and word:
        text = f"{text} · {word}"
    return Line("thumb-down", text, _stages(teller, event), said, tone="lost")


_WORDS: dict[Any, Sentence] = {
    ToldBy.CLIENT: pgettext_lazy("loss", "in the client's words"),
    ToldBy.SELLER: pgettext_lazy("loss", "by our own judgement"),
}


def _corrected(teller: Teller, event: Event) -> Line:
    text, said = _("returned as a correction"), str(event.diff.get("why") or "")
    return Line("arrow-back-up", text, _stages(teller, event), said)


def _assigned(teller: Teller, event: Event) -> Line:
    left, entered = (teller.names.get("user", event.diff.get(key)) for key in ("left", "entered"))
    return Line("user", "", (Change(_("Responsible"), str(left or ""), str(entered or "")),))


def _card(icon: str, key: str, known: Sentence, hidden: Sentence) -> Callable[..., Line]:
    """Return a teller of an event that leads to another card, which may be hidden."""

    def tell(teller: Teller, event: Event) -> Line:
        title = teller.names.get("item", event.diff.get(key))
        if title is None:
            return Line(icon, hidden)
        return Line(icon, str(known) % {"title": title}, item_id=int(event.diff[key]))

    return tell


def _criterion(icon: str, text: Sentence) -> Callable[..., Line]:
    def tell(teller: Teller, event: Event) -> Line:
        return Line(icon, str(text) % {"text": LocalText.of(event.diff.get("text"))})

    return tell


def _lines_set(teller: Teller, event: Event) -> Line:
    pair = event.diff.get("amount") or [None, None]
    amount = Change(_("Amount"), to_decimal(pair[0] or 0), to_decimal(pair[1] or 0), money=True)
    return Line("package", _("changed the products"), (amount,))


def _watching(icon: str, text: Sentence) -> Callable[..., Line]:
    def tell(teller: Teller, event: Event) -> Line:
        who = teller.names.get("user", event.diff.get("user"))
        return Line(icon, str(text) % {"name": who or _("A former employee")})

    return tell


def _titled(icon: str, text: Sentence, key: str = "title") -> Callable[..., Line]:
    def tell(teller: Teller, event: Event) -> Line:
        return Line(icon, str(text) % {"title": str(event.diff.get(key) or "")})

    return tell


def _activity_changed(teller: Teller, event: Event) -> Line:
    title = str(event.diff.get("title") or "")
    if event.diff.get("left_card"):
        return Line("arrow-right", _("“%(title)s” goes on with this card") % {"title": title})
    if who := teller.names.get("user", event.diff.get("user")):
        text = _("“%(title)s” is done by %(who)s now") % {"title": title, "who": who}
        return Line("user", text)
    if not event.diff.get("moved"):
        return Line("pencil", _("changed the plan “%(title)s”") % {"title": title})
    due = read_with(parse_datetime, event.diff["due"]) if event.diff.get("due") else ""
    text = _("moved “%(title)s” to another time") % {"title": title}
    return Line("calendar-due", text, (Change("", "", due),) if due else ())


def _talk_assigned(teller: Teller, event: Event) -> Line:
    left, entered = (teller.names.get("user", event.diff.get(key)) for key in ("left", "entered"))
    nobody = _("nobody")
    change = Change(_("Answers the client"), str(left or nobody), str(entered or nobody))
    return Line("message-circle", "", (change,))


def _message_failed(teller: Teller, event: Event) -> Line:
    return Line("alert-triangle", _("could not send a message"), said=str(event.diff["error"]))


def _opened(teller: Teller, event: Event) -> Line:
    return Line("mail-opened", _("the client opened our letter"))


def _hook_received(teller: Teller, event: Event) -> Line:
    values = list((event.diff.get("values") or {}).items())
    said = "\n".join(f"{name}: {value}" for name, value in values[:_HOOK_VALUES])
    return Line("webhook", _("told by a webhook"), said=said)


_HOOK_VALUES = 8  # of a webhook that the feed shows; the ledger has them all
_FOLLOWED = _titled("click", gettext_lazy("the client followed the link %(title)s"), "link")
_HOW: dict[str, Callable[[Teller, Event], Line]] = {
    "item.created": _created,
    "item.enquiry_joined": lambda teller, event: Line("inbox", enquiry_text(event)),
    "item.hook_received": _hook_received,
    "item.changed": _changed,
    "item.moved": _moved,
    "item.won": _won,
    "item.lost": _lost,
    "item.corrected": _corrected,
    "item.assigned": _assigned,
    "item.converted": _card(
        "git-fork",
        "deal",
        gettext_lazy("converted the lead into “%(title)s”"),
        gettext_lazy("converted the lead into a deal"),
    ),
    "item.lead_attached": _card(
        "git-merge",
        "lead",
        gettext_lazy("let the lead “%(title)s” join"),
        gettext_lazy("let a lead join"),
    ),
    "item.linked": _card(
        "link",
        "other",
        gettext_lazy("linked it with “%(title)s”"),
        gettext_lazy("linked it with another card"),
    ),
    "item.unlinked": _card(
        "unlink",
        "other",
        gettext_lazy("took the link with “%(title)s” away"),
        gettext_lazy("took the link with another card away"),
    ),
    "item.criterion_confirmed": _criterion("square-check", gettext_lazy("confirmed: %(text)s")),
    "item.criterion_withdrawn": _criterion(
        "circle-x", gettext_lazy("not confirmed any more: %(text)s")
    ),
    "item.lines_set": _lines_set,
    "item.watched": _watching("eye", gettext_lazy("%(name)s follows the card")),
    "item.unwatched": _watching("eye-off", gettext_lazy("%(name)s no longer follows the card")),
    "item.file_removed": _titled("paperclip", gettext_lazy("removed the file %(title)s"), "name"),
    "item.activity_changed": _activity_changed,
    "item.activity_reopened": _titled("refresh", gettext_lazy("opened “%(title)s” again")),
    "item.conversation_assigned": _talk_assigned,
    "client.conversation_assigned": _talk_assigned,
    "item.message_failed": _message_failed,
    "client.message_failed": _message_failed,
    "item.message_opened": _opened,
    "client.message_opened": _opened,
    "item.link_followed": _FOLLOWED,
    "client.link_followed": _FOLLOWED,
    "item.note_deleted": lambda teller, event: Line("note", _("deleted a note")),
    "client.changed": _changed,
    "client.assigned": _assigned,
    "client.file_removed": _titled("paperclip", gettext_lazy("removed the file %(title)s"), "name"),
    "client.activity_changed": _activity_changed,
    "client.activity_reopened": _titled("refresh", gettext_lazy("opened “%(title)s” again")),
    "client.note_deleted": lambda teller, event: Line("note", _("deleted a note")),
}


def register_line(verb: str, how: Callable[[Teller, Event], Line]) -> None:
    """Let a package above put its own events into words."""
    _HOW[verb] = how


def stages_of(teller: Teller, event: Event) -> tuple[Change, ...]:
    """Return the stage that an event left and the one it entered, with names."""
    return _stages(teller, event)
