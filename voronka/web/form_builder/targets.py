"""Where the answers of a form may go: the client, the card of a funnel, the message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.channels.providers.forms.schema import PLAIN_TARGETS
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Pipeline, Source

CHOOSING = ("select", "radio", "checkboxes")
KIND_NAMES: dict[str, Promise] = {
    "text": gettext_lazy("One line"),
    "textarea": gettext_lazy("Several lines"),
    "phone": gettext_lazy("Phone number"),
    "email": gettext_lazy("E-mail address"),
    "number": gettext_lazy("Number"),
    "date": gettext_lazy("Date"),
    "select": gettext_lazy("Drop-down list"),
    "radio": gettext_lazy("One of several, all shown"),
    "checkboxes": gettext_lazy("Several choices"),
    "checkbox": gettext_lazy("A tick"),
    "file": gettext_lazy("File"),
    "hidden": gettext_lazy("Hidden, with a value of yours"),
}
_CARD_KINDS: dict[str, tuple[str, ...]] = {
    Field.Kind.TEXT: ("text", "textarea", "hidden"),
    Field.Kind.LONG_TEXT: ("textarea", "text", "hidden"),
    Field.Kind.NUMBER: ("number", "text", "hidden"),
    Field.Kind.MONEY: ("number", "text", "hidden"),
    Field.Kind.DATE: ("date", "hidden"),
    Field.Kind.DATETIME: ("date", "text"),
    Field.Kind.BOOLEAN: ("checkbox", "hidden"),
    Field.Kind.LIST: ("radio", "select", "hidden"),
    Field.Kind.MULTI_LIST: ("checkboxes", "select", "hidden"),
    Field.Kind.PHONE: ("phone", "text"),
    Field.Kind.EMAIL: ("email", "text"),
    Field.Kind.URL: ("text", "hidden"),
    Field.Kind.ADDRESS: ("text", "textarea"),
}  # others refer to things of ours: a stranger can't choose them
_ICONS = {
    "text": "cursor-text", "textarea": "align-left", "phone": "phone", "email": "mail",
    "number": "hash", "date": "calendar", "select": "select", "radio": "circle-dot",
    "checkboxes": "checklist", "checkbox": "checkbox", "file": "paperclip", "hidden": "eye-off",
}  # fmt: skip
_PLAIN_KINDS: dict[str, tuple[str, ...]] = {
    "name": ("text",),
    "phone": ("phone",),
    "email": ("email",),
    "company": ("text", "hidden"),
    "text": ("textarea", "text", "hidden"),
    "product": ("text", "hidden"),
    "source": ("radio", "select", "hidden"),
    "": ("text", "textarea", "select", "radio", "checkboxes", "checkbox", "number", "date",
         "file", "hidden"),
}  # fmt: skip
_ACCOUNTS: dict[str, Sentence] = {
    "account:telegram": "Telegram",
    "account:whatsapp": "WhatsApp",
    "account:vk": pgettext_lazy("network", "VK"),
}
_TITLES: dict[str, Promise] = {  # beside the card's own fields these must be told apart
    "text": gettext_lazy("Text of the enquiry"),
    "": gettext_lazy("Stays with the message"),
}
_CLIENT: dict[str, Promise] = {
    "client:job_title": gettext_lazy("Client's job title"),
    "client:address": gettext_lazy("Client's address"),
    "client:comment": gettext_lazy("Comment on the client"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A place for an answer, with the ways in which it may be asked for."""

    code: str
    title: Sentence
    kinds: tuple[str, ...]
    post_name: str = ""
    label: LocalText = field(default_factory=LocalText)  # what to ask, to begin with
    hint: LocalText = field(default_factory=LocalText)
    answers: tuple[tuple[str, LocalText], ...] = ()
    grades: bool = False  # counts for the ABC grade
    known: bool = True

    def kinds_with(self, kind: str) -> list[tuple[str, Sentence]]:
        """Return the ways to ask; one chosen earlier stays among them."""
        codes = self.kinds if not kind or kind in self.kinds else (*self.kinds, kind)
        return [(code, KIND_NAMES[code]) for code in codes]

    @property
    def icon(self) -> str:
        """An icon for the palette."""
        return "message-circle" if self.code.startswith("account:") else icon_of(self.kinds[0])


def icon_of(kind: str) -> str:
    """Return the icon of a way to ask."""
    return _ICONS.get(kind, "cursor-text")


@dataclass(frozen=True, slots=True)
class Group:
    """Targets that belong together."""

    title: Sentence
    targets: list[Target]


class Targets:
    """Everything an answer may go to, when enquiries go to this funnel. Up to three SQL queries."""

    def __init__(self, pipeline: Pipeline | None) -> None:
        item_type = pipeline.item_type if pipeline else None
        grading = set((item_type.grade_rule if item_type else {}).get("fields", []))
        typed = Field.objects.filter(item_type=item_type, archived=False, formula="")
        rows = typed.filter(kind__in=_CARD_KINDS)
        card = [_of_card(row, row.code in grading) for row in rows if item_type]
        self.bant = [one for one in card if one.grades]
        self.card = [one for one in card if not one.grades]
        self.contact = [_plain(code) for code in ("name", "phone", "email", "company")]
        self.contact += [Target(c, t, ("text",), c[8:], LocalText.of(str(t)))
                         for c, t in _ACCOUNTS.items()]  # fmt: skip
        self.wish = [_plain("text"), _source(), _plain("product")]
        self.client = [
            Target(c, t, ("textarea" if c.endswith("comment") else "text", "hidden"), c[7:])
            for c, t in _CLIENT.items()
        ]
        self.message = _plain("")

    @property
    def groups(self) -> list[Group]:
        """The targets as a list shows them."""
        groups = [
            Group(_("Client"), [*self.contact, *self.client]),
            Group(_("Qualification: counts for the grade"), self.bant),
            Group(_("Card"), [*self.wish, *self.card]),
        ]
        return [group for group in groups if group.targets]

    def find(self, code: str) -> Target:
        """Return a target; an unknown one keeps its code, so that the refusal has a place."""
        for one in self._all():
            if one.code == code:
                return one
        missing = _("%(code)s: not in this funnel") % {"code": code.partition(":")[2] or code}
        return Target(code, missing, _PLAIN_KINDS[""], known=False)

    def _all(self) -> Iterable[Target]:
        yield from (*self.contact, *self.wish, *self.bant, *self.card, *self.client, self.message)


def _plain(code: str) -> Target:
    post = {"": "", "text": "message"}.get(code, code)
    return Target(
        code, PLAIN_TARGETS[code], _PLAIN_KINDS[code], post, _LABELS.get(code, LocalText())
    )


def _source() -> Target:
    names = Source.objects.filter(archived=False).values_list("code", "name")
    return Target(
        "source", _("Source"), _PLAIN_KINDS["source"], "source", _LABELS["source"],
        answers=tuple((code, name) for code, name in names),
    )  # fmt: skip


def _of_card(row: Field, grades: bool) -> Target:
    answers = tuple(
        (str(option["code"]), LocalText.of(option.get("name"))) for option in row.options
    )
    asked = row.help if grades and row.help else row.name
    question = LocalText(asked.ru.strip("«»"), asked.en.strip("“”"))
    return Target(
        f"item:{row.code}", str(row.name), _CARD_KINDS[row.kind], row.code, question,
        answers=answers, grades=grades,
    )  # fmt: skip


_LABELS = {
    "name": LocalText("Как к вам обращаться", "Your name"),
    "phone": LocalText("Телефон", "Phone"),
    "email": LocalText("Почта", "E-mail"),
    "company": LocalText("Компания", "Company"),
    "text": LocalText("Что вас интересует", "What are you interested in"),
    "product": LocalText("Товар", "Product"),
    "source": LocalText("Откуда вы о нас узнали", "How did you hear about us"),
}
