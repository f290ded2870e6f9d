"""The fields of a form while they are edited: read from what is stored and from what was typed.

A row's inputs are named alike in every row; `uid` tells whose a tick or a choice is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from voronka.channels.providers.forms.schema import FormField
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.codes import code_from
from voronka.web.form_builder.targets import CHOOSING, KIND_NAMES, Target, Targets, icon_of


@dataclass(slots=True)
class Answer:
    """A choice that the card, or the list of sources, knows; visitors may read other words."""

    value: str
    name: LocalText  # what it is called inside
    text: LocalText
    offered: bool = True


@dataclass(slots=True)
class Row:
    """One field of the form."""

    uid: str
    target: Target
    kind: str
    name: str = ""  # what is posted; made from the label when empty
    label: LocalText = field(default_factory=LocalText)
    hint: LocalText = field(default_factory=LocalText)
    required: bool = False
    answers: list[Answer] = field(default_factory=list)
    lines: LocalText = field(default_factory=LocalText)  # own choices, one a line
    default: str = ""
    errors: dict[str, Sentence] = field(default_factory=dict)

    @property
    def chooses(self) -> bool:
        """Whether the visitor picks from choices."""
        return self.kind in CHOOSING

    @property
    def icon(self) -> str:
        """The icon of how it is asked."""
        return icon_of(self.kind)

    @property
    def kind_name(self) -> Sentence:
        """How it is asked, in words."""
        return KIND_NAMES[self.kind]

    @property
    def kinds(self) -> list[tuple[str, Sentence]]:
        """How this may be asked."""
        return self.target.kinds_with(self.kind)

    @property
    def unfolded(self) -> bool:
        """Whether the rest of the row must be seen: something is wrong, or missing."""
        return bool(self.errors) or (self.chooses and not self.answers and not self.lines)

    def mapping(self, name: str) -> dict[str, Any]:
        """Return the row as `schema.FormField` reads it."""
        return {
            "name": name,
            "kind": self.kind,
            "target": self.target.code,
            "label": self.label.as_dict(),
            "hint": self.hint.as_dict(),
            "required": self.required and self.kind != "hidden",
            "choices": self._choices() if self.chooses else [],
            "default": self.default if self.kind == "hidden" else "",
        }

    def _choices(self) -> list[dict[str, Any]]:
        if self.target.answers:
            return [
                {"value": one.value, "label": (one.text or one.name).as_dict()}
                for one in self.answers
                if one.offered
            ]
        ru, en = _split(self.lines.ru), _split(self.lines.en)
        found: list[dict[str, Any]] = []
        for number in range(max(len(ru), len(en))):
            text = LocalText(_at(ru, number), _at(en, number))
            value = (text.ru or text.en)[:120]
            if value not in [one["value"] for one in found]:
                found.append({"value": value, "label": text.as_dict()})
        return found


def _split(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _at(lines: Sequence[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def new_uid() -> str:
    """Return a mark that tells the inputs of rows apart."""
    return secrets.token_hex(4)


def stored(fields: Sequence[FormField], targets: Targets) -> list[Row]:
    """Return the rows of a stored form."""
    return [_stored(one, targets) for one in fields]


def _stored(one: FormField, targets: Targets) -> Row:
    target = targets.find(one.target)
    said = {choice.value: LocalText.of(choice.label) for choice in one.choices}
    row = Row(
        new_uid(), target, one.kind, one.name, LocalText.of(one.label), LocalText.of(one.hint),
        one.required, default=one.default,
    )  # fmt: skip
    if target.answers:
        row.answers = [
            Answer(value, name, said.get(value, LocalText()), value in said)
            for value, name in target.answers
        ]
        if not said:  # asked as text until now
            row.answers = offered(target)
    else:
        texts = [choice.text for choice in one.choices]
        row.lines = LocalText(
            "\n".join(text.ru or text.en for text in texts) if any(t.ru for t in texts) else "",
            "\n".join(text.en or text.ru for text in texts) if any(t.en for t in texts) else "",
        )
    return row


def offered(target: Target) -> list[Answer]:
    """Return all answers of a target, in the words that stand in the card."""
    return [Answer(value, name, LocalText()) for value, name in target.answers]


def typed(data: QueryDict, targets: Targets) -> list[Row]:
    """Return the rows as they were typed, in the order of the page."""
    return [_typed(data, number, uid, targets) for number, uid in enumerate(data.getlist("uid"))]


def _typed(data: QueryDict, number: int, uid: str, targets: Targets) -> Row:
    def said(name: str) -> str:
        return _at(data.getlist(name), number).strip()

    def both(name: str) -> LocalText:
        return LocalText(said(f"{name}_ru"), said(f"{name}_en"))

    target = targets.find(said("f_target"))
    kind = said("f_kind")
    if kind not in dict(target.kinds_with("")):
        kind = target.kinds[0]
    required = uid in data.getlist("f_required")
    row = Row(
        uid, target, kind, said("f_name"), both("f_label"), both("f_hint"), required,
        lines=both("f_lines"), default=said("f_default"),
    )  # fmt: skip
    row.answers = _answers(data, uid, target)
    return row


def _answers(data: QueryDict, uid: str, target: Target) -> list[Answer]:
    """Read the words of the answers; all of them when the target has just been chosen."""
    keys = [f"{uid}:{value}" for value, _name in target.answers]
    drawn = data.getlist("a_key")
    if not any(key in drawn for key in keys):
        return offered(target)
    places = {key: number for number, key in enumerate(drawn)}
    ru, en, ticked = data.getlist("a_ru"), data.getlist("a_en"), data.getlist("a_on")
    found = []
    for key, (value, name) in zip(keys, target.answers, strict=True):
        place = places.get(key)
        text = LocalText() if place is None else LocalText(_at(ru, place), _at(en, place))
        found.append(Answer(value, name, text, place is None or key in ticked))
    return found


def mappings(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows for `FormSpec.fields`; who has no name to post gets one."""
    taken = {row.name for row in rows if row.name}
    found = []
    for row in rows:
        if not row.name:
            made = row.target.post_name or str(row.label.en or row.label.ru)
            row.name = code_from(made, taken=taken, fallback="field")[:60]
            taken.add(row.name)
        found.append(row.mapping(row.name))
    return found


def place_errors(rows: Sequence[Row], wrong: Mapping[str, Sentence]) -> dict[str, Sentence]:
    """Put refusals "fields.<n>.<part>" at their rows; return the others."""
    rest: dict[str, Sentence] = {}
    for path, sentence in wrong.items():
        parts = path.split(".")
        if parts[0] == "fields" and len(parts) > 2 and parts[1].isdecimal():
            number = int(parts[1])
            if number < len(rows):
                rows[number].errors[parts[2]] = sentence
                continue
        rest[path] = sentence
    return rest
