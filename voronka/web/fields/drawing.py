"""Inputs: a spec with its value as the browser wants it, its error, and names of references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.kernel import masking
from voronka.kernel.errors import Sentence
from voronka.people.models import User
from voronka.pipelines.models import Source
from voronka.timeline.models import Activity
from voronka.web import words
from voronka.web.fields.showing import names_of, text_of
from voronka.web.fields.specs import Spec

PREFIX = "f-"
MANY_OPTIONS = 7  # from here on a list can be typed in
CONTROLS = {
    "text": "line",
    "phone": "line",
    "email": "line",
    "url": "line",
    "address": "line",
    "long_text": "area",
    "number": "number",
    "money": "money",
    "date": "date",
    "datetime": "datetime",
    "boolean": "yes_no",
    "list": "select",
    "multi_list": "checks",
    "user": "select",
    "source": "select",
    "client": "search",
    "contact": "search",
    "company": "search",
    "either": "search",
    "item": "search",
    "file": "file",
    "lines": "product",
    "next_step": "next_step",
}
LINE_TYPES = {"phone": "tel", "email": "email", "url": "url", "text": "text", "address": "text"}
CREATES = ("contact", "company", "either")  # a name that is not in the list makes a new client


@dataclass(frozen=True, slots=True)
class Choice:
    """An option of a select."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Input:
    """A field to be drawn by templates/fields/_input.html."""

    spec: Spec
    name: str
    id: str
    value: str = ""
    values: Mapping[str, str] | None = None  # of controls with several parts
    choices: tuple[Choice, ...] = ()
    required: bool = False
    autofocus: bool = False
    error: Sentence = ""

    @property
    def control(self) -> str:
        """Which piece of templates/fields/_control.html draws it."""
        return "counted" if self.spec.formula else CONTROLS[self.spec.kind]

    @property
    def line_type(self) -> str:
        """The keyboard that a phone shows."""
        return LINE_TYPES.get(self.spec.kind, "text")

    @property
    def searchable(self) -> bool:
        """Whether a select is long enough to be typed in."""
        return len(self.choices) > MANY_OPTIONS

    @property
    def creates(self) -> bool:
        """Whether a typed name that is not found becomes a new client."""
        return self.spec.kind in CREATES

    @property
    def url(self) -> str:
        """Where a search control asks."""
        if self.spec.kind == "item":
            return reverse("fields:items")
        kinds = {"contact": "?kind=person", "company": "?kind=company"}
        return reverse("fields:clients") + kinds.get(self.spec.kind, "")

    @property
    def currency(self) -> str:
        """The sign behind an amount."""
        return words.sign()


def draw(
    specs: Iterable[Spec],
    values: Mapping[str, Any] | None = None,
    *,
    user: User,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, Sentence] | None = None,
    required: Iterable[str] = (),
    focus: bool = False,
    prefix: str = PREFIX,
) -> list[Input]:
    """Return the inputs of a form, in the order of `specs`.

    Args:
        values: stored values; `typed`, what a refused form had, wins over them.
        user: whose rights decide which names of clients and cards are shown.
        errors: code -> sentence, e.g. `DomainError.fields`.
        required: codes marked by an asterisk; the gate decides all the same.
        focus: whether the first input takes the focus when a dialog opens.
    """
    specs = list(specs)
    values, typed, errors = values or {}, typed or {}, errors or {}
    now = {spec.code: typed.get(spec.code, values.get(spec.code)) for spec in specs}
    names = names_of(specs, [now], user=user)
    must = set(required)
    inputs: list[Input] = []
    for spec in specs:
        value = now[spec.code]
        inputs.append(
            Input(
                spec,
                name=f"{prefix}{spec.code}",
                id=f"{prefix}{spec.code}-{uuid4().hex[:6]}",
                value=text_of(spec, values.get(spec.code), names)
                if spec.formula
                else _text(spec, value, raw=spec.code in typed),
                values=_parts(spec, value),
                choices=_choices(spec, value, names),
                required=spec.code in must,
                autofocus=focus and not inputs,
                error=errors.get(spec.code, ""),
            )
        )
    return inputs


def _text(spec: Spec, value: Any, *, raw: bool) -> str:
    """Write a value as its input wants it; what was typed stays as it was typed."""
    if value is None or isinstance(value, list | dict | UploadedFile):
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if raw:
        return str(value)
    if spec.kind == "money":
        amount = Decimal(str(value))
        places = 0 if amount == amount.to_integral_value() else 2
        return words.number(amount, places=places).replace(words.THIN, " ") if amount else ""
    if spec.kind == "number":
        return str(value).replace(".", ",") if words.russian() else str(value)
    if spec.kind == "datetime":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"
    return masking.shown_text(str(value))


def _parts(spec: Spec, value: Any) -> Mapping[str, str]:
    return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _choices(spec: Spec, value: Any, names: Mapping[tuple[str, int], str]) -> tuple[Choice, ...]:
    chosen = {str(v) for v in value} if isinstance(value, list) else {str(value)}
    if spec.kind in ("list", "multi_list"):
        return tuple(Choice(code, name, code in chosen) for code, name in spec.options)
    if spec.kind == "user":
        people = User.objects.filter(is_active=True)
        return tuple(Choice(str(p.pk), str(p), str(p.pk) in chosen) for p in people)
    if spec.kind == "source":
        sources = Source.objects.filter(archived=False)
        return tuple(Choice(str(s.pk), str(s), str(s.pk) in chosen) for s in sources)
    if spec.kind == "next_step":
        kind = value.get("kind") if isinstance(value, dict) else "call"
        return tuple(
            Choice(code, str(title), code == kind) for code, title in Activity.Kind.choices
        )
    if CONTROLS[spec.kind] == "search" and value not in (None, ""):
        number = int(value) if str(value).isdecimal() else 0
        name = names.get((_family(spec), number)) or (
            str(value) if not number else _("(hidden from you)")
        )
        return (Choice(str(value), name, True),)
    return ()


def _family(spec: Spec) -> str:
    return "item" if spec.kind == "item" else "client"
