"""The mapping as the page shows it: places of a sample and of the mapping, with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voronka.channels import guessing
from voronka.channels.bodies import read_tree
from voronka.channels.contract import BadEvent, RawEvent
from voronka.channels.providers.hook import paths
from voronka.channels.providers.hook.schema import KEYS, LEAVE_OUT, PLAIN_TARGETS
from voronka.kernel.errors import DomainError, Sentence
from voronka.pipelines.models import Pipeline
from voronka.web.form_builder.targets import Targets

_LONGEST = 160  # characters of a value that a row shows


@dataclass(frozen=True, slots=True)
class Sample:
    """A call to map by: what it says, and why it can't be read, if so."""

    event: RawEvent
    tree: Any = None
    problem: str = ""

    @property
    def leaves(self) -> list[paths.Leaf]:
        """The places of the sample."""
        return paths.shown(paths.leaves(self.tree)) if not self.problem else []


def sample_of(event: RawEvent) -> Sample:
    """Return an event as a sample."""
    try:
        tree, _files = read_tree(event.body, event.content_type)
    except BadEvent as error:
        return Sample(event, problem=str(error))
    return Sample(event, tree)


@dataclass(slots=True)
class Row:
    """One place: what stands there in the sample, and where it goes."""

    path: str
    target: str = ""
    value: str = ""
    here: bool = True  # the sample has it
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Targets under a heading."""

    title: Sentence
    targets: list[tuple[str, Sentence]]


@dataclass(slots=True)
class Draft:
    """Everything that the form of the page holds."""

    rows: list[Row]
    effect: str = "card"
    key: str = "external"
    missing: str = "wait"
    once: str = ""
    guessed: bool = False  # nothing was mapped yet: these are proposals
    errors: dict[str, str] = field(default_factory=dict)

    def raw(self) -> dict[str, Any]:
        """Return what the command takes: rows that were left as they are, are left out."""
        return {
            "rows": [{"path": row.path, "target": row.target} for row in self.mapped],
            "effect": self.effect,
            "key": self.key,
            "missing": self.missing,
            "once": self.once,
        }

    @property
    def mapped(self) -> list[Row]:
        """The rows that say something; the others are kept with the message all the same."""
        return [row for row in self.rows if row.path and row.target]

    def refuse(self, error: DomainError) -> None:
        """Put a command's refusal at the rows it is about."""
        mapped = self.mapped
        for place, sentence in error.fields.items():
            kind, _dot, rest = place.partition(".")
            number, _dot, part = rest.partition(".")
            if kind == "rows" and number.isdecimal() and int(number) < len(mapped):
                mapped[int(number)].errors[part or "path"] = str(sentence)
            else:
                self.errors[kind] = str(sentence)
        if not error.fields:
            self.errors[""] = str(error.detail)


def stored(mapping: Mapping[str, Any], sample: Sample | None) -> Draft:
    """Return the mapping that is kept, laid over a sample; proposals where there is none yet."""
    kept = [Row(row["path"], row["target"]) for row in mapping.get("rows", [])]
    draft = Draft(kept, guessed=not kept)
    for name in ("effect", "key", "missing", "once"):
        setattr(draft, name, mapping.get(name) or getattr(draft, name))
    return laid_over(draft, sample)


def typed(data: QueryDict) -> Draft:
    """Return what was typed."""
    pairs = zip(data.getlist("path"), data.getlist("target"), strict=False)
    rows = [Row(path.strip()[:200], target[:80]) for path, target in pairs]
    return Draft(
        [row for row in rows if row.path],
        effect=data.get("effect", "card"),
        key=data.get("key", "external"),
        missing=data.get("missing", "wait"),
        once=data.get("once", "").strip(),
    )


def laid_over(draft: Draft, sample: Sample | None) -> Draft:
    """Put the sample's values beside the places, and its other places below them."""
    places = {leaf.path: leaf for leaf in sample.leaves} if sample else {}
    known = {row.path for row in draft.rows}
    for row in draft.rows:
        row.value = _value(sample, row.path)
        row.here = sample is None or bool(row.value)
    for path, leaf in places.items():
        if path not in known:
            target = _guess(leaf, list(places)) if draft.guessed else ""
            draft.rows.append(Row(path, target, leaf.value[:_LONGEST]))
    if places and all(row.path in places for row in draft.rows):
        order = list(places)
        draft.rows.sort(key=lambda row: order.index(row.path))
    return draft


def _value(sample: Sample | None, path: str) -> str:
    if sample is None or sample.problem:
        return ""
    try:
        return ", ".join(paths.said(sample.tree, path))[:_LONGEST]
    except ValueError:
        return ""


def _guess(leaf: paths.Leaf, places: list[str]) -> str:
    """Propose a target by the sender's name; of a list only for all of it or its only entry."""
    name = leaf.name.lower()
    if guessing.MARKS.fullmatch(name):
        return "utm"
    return guessing.target_of(name) if "[" not in leaf.path else ""


def groups(pipeline: Pipeline | None) -> list[Group]:
    """Return where values may go: the client, the card, this address's own. Up to three queries."""
    targets = Targets(pipeline)
    known = [
        Group(group.title, [(one.code, one.title) for one in group.targets])
        for group in targets.groups
    ]
    order: list[tuple[str, Sentence]] = [
        (code, PLAIN_TARGETS[code]) for code in ("title", "amount", "card_id", "number")
    ]
    about: list[tuple[str, Sentence]] = [
        (code, PLAIN_TARGETS[code]) for code in ("utm", "page", LEAVE_OUT)
    ]
    return [*known, Group(pgettext("purchase", "Order"), order), Group(_("Besides"), about)]


def key_choices() -> list[tuple[str, Sentence]]:
    """Return by what a card can be found."""
    return [(code, PLAIN_TARGETS[target]) for code, target in KEYS.items()]
