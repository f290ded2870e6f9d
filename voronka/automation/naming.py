"""What the things that robots speak of are called: one reader of names for a page of robots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from voronka.automation.facts import fact_specs, read_specs
from voronka.automation.spans import Span
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.kernel.conditions import FactSpec
from voronka.kernel.conditions.words import shown
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import ItemType, LossReason, Pipeline, Stage
from voronka.pipelines.queries import field_titles
from voronka.routing.models import Distribution


class RobotNames:
    """Names for the robots of one item type. Every kind of name is read once, when asked for.

    It is a `conditions.Names` as well: facts and their values.

    Args:
        pipeline: the robot's own funnel: its stages are called without it.
        reader: who reads: clients and cards are named as far as they may see them. Without a
            reader their numbers stand.
    """

    def __init__(
        self,
        item_type: ItemType,
        pipeline: Pipeline | None = None,
        facts: Mapping[str, FactSpec] | None = None,
        reader: User | None = None,
    ) -> None:
        self.item_type = item_type
        self.reader = reader
        self._picked: dict[tuple[str, str], str] = {}
        self.own = pipeline
        self._facts = facts
        self._near: dict[str, Sentence] = {}  # names of the facts that were read on the way to one
        self._further = read_specs(item_type)

    @cached_property
    def facts(self) -> Mapping[str, FactSpec]:
        """The facts that conditions may ask for."""
        return self._facts if self._facts is not None else fact_specs(self.item_type)

    def fact(self, code: str) -> Sentence:
        """Return the name of a fact; its code when it is gone."""
        spec = self._spec(code)
        return spec.name if spec else code

    def placeholder(self, code: str) -> Sentence | None:
        """Return the name of a fact that a text mentions; None of an unknown one.

        Reads no further than to this fact: those that texts name most stand first.
        """
        if self._facts is not None or "facts" in vars(self):
            return spec.name if (spec := self.facts.get(code)) else None
        while code not in self._near and (further := next(self._further, None)) is not None:
            self._near[further.code] = further.name
        return self._near.get(code)

    def value(self, code: str, value: Any) -> Sentence:
        """Return the name of a fact's value: of a choice or a person, of money, of a date."""
        spec = self._spec(code)
        if spec is None or value is None or value == "":
            return shown(value)
        if isinstance(value, list | tuple):
            return ", ".join(str(self.value(code, one)) for one in value)
        if str(value) in spec.options:
            return spec.options[str(value)]
        if spec.picks == "user":
            return self._people.get(str(value)) or str(value)
        if spec.picks in ("client", "item"):
            key = (spec.picks, str(value))
            if key not in self._picked:
                self._picked[key] = name_of(*key, reader=self.reader)
            return self._picked[key]
        if spec.kind in ("number", "money") and not isinstance(value, bool):
            try:
                return formats.number_format(
                    Decimal(str(value)).normalize(), use_l10n=True, force_grouping=True
                )
            except ArithmeticError:
                return str(value)
        return shown(value)

    def field(self, code: str) -> Sentence:
        """Return the title of a field; its code when it is gone."""
        return self._fields.get(code) or code

    def stage(self, path: str) -> str:
        """Return the name of a stage given as "stage" or "pipeline/stage"."""
        pipeline, _slash, code = path.rpartition("/")
        pipeline = pipeline or (self.own.code if self.own else "")
        name = self._stages.get((pipeline, code))
        if name is None:
            return path
        if self.own is not None and pipeline == self.own.code:
            return str(name)
        return _("%(stage)s (%(pipeline)s)") % {"stage": name, "pipeline": self.pipeline(pipeline)}

    def pipeline(self, code: str) -> Sentence:
        """Return the name of a funnel."""
        return str(self._pipelines.get(code) or code)

    def who(self, code: str) -> str:
        """Return whom a `Who` code means, in words that name somebody: "the responsible person"."""
        return self._call(code, _WHO)

    def whom(self, codes: Iterable[str]) -> str:
        """Return several `Who` codes in words that stand after "tell"."""
        return ", ".join(self._call(code, _WHOM) for code in codes)

    def to_one(self, code: str) -> str:
        """Return a `Who` code in words that stand after "to", where one of several is meant."""
        return self._call(code, _TO_ONE)

    def to_all(self, codes: Iterable[str]) -> str:
        """Return several `Who` codes in words that stand after "to"."""
        return ", ".join(self._call(code, _TO_ALL) for code in codes)

    def _call(self, code: str, words: _WhoWords) -> str:
        kind, _colon, name = code.partition(":")
        if kind == "user":
            return str(words.user) % {"name": self._people.get(name) or name}
        if kind == "role":
            return str(words.role) % {"name": self._roles.get(name) or name}
        if kind == "department":
            return str(words.department) % {"name": self._departments.get(name) or name}
        return str(words.plain.get(kind, code))

    def reasons(self, codes: list[str]) -> str:
        """Return loss reasons by name; the same code may stand in several funnels."""
        return ", ".join(str(self._reasons.get(code) or code) for code in codes)

    @staticmethod
    def quoted(text: Sentence) -> str:
        """Put a name into the quotation marks of the language."""
        return _("“%(text)s”") % {"text": text}

    @staticmethod
    def span(text: str) -> str:
        """Return a duration in words."""
        return str(Span.read(text))

    def _spec(self, code: str) -> FactSpec | None:
        spec = self.facts.get(code)
        if spec is not None:
            return spec
        return next(  # inside of related cards
            (f.inside[code] for f in self.facts.values() if code in f.inside), None
        )

    @cached_property
    def _fields(self) -> dict[str, Sentence]:
        return field_titles(self.item_type)

    @cached_property
    def _stages(self) -> dict[tuple[str, str], LocalText]:
        rows = Stage.objects.values_list("pipeline__code", "code", "name")
        return {(pipeline, code): name for pipeline, code, name in rows}

    @cached_property
    def _pipelines(self) -> dict[str, LocalText]:
        return dict(Pipeline.objects.values_list("code", "name"))

    @cached_property
    def _roles(self) -> dict[str, str]:
        return {code: str(name) for code, name in Role.objects.values_list("code", "name")}

    @cached_property
    def _departments(self) -> dict[str, str]:
        return {code: str(name) for code, name in Department.objects.values_list("code", "name")}

    def group(self, code: str) -> str:
        """Return the name of a distribution."""
        return self._groups.get(code) or code

    @cached_property
    def _groups(self) -> dict[str, str]:
        return dict(Distribution.objects.values_list("code", "name"))

    @cached_property
    def _reasons(self) -> dict[str, LocalText]:
        rows = LossReason.objects.filter(pipeline__item_type=self.item_type)
        return dict(rows.values_list("code", "name"))

    @cached_property
    def _people(self) -> dict[str, str]:
        return dict(User.objects.values_list("email", "name"))


def name_of(picks: str, value: str, *, reader: User | None) -> str:
    """Return the name of a client or card that a condition names by its number.

    Says so where the reader may not see it, and where it is gone. At most two SQL queries.

    Args:
        picks: "client" or "item".
        reader: who reads; None gives the number.
    """
    number = int(value) if value.isdecimal() and len(value) < 19 else 0
    if reader is None or not number:
        return _("no. %(number)s") % {"number": value}
    if picks == "client":
        clients = Client.objects.alive().filter(pk=number)
        found = str(Client.objects.visible_to(reader).filter(pk=number).first() or "")
        there = bool(found) or clients.exists()
    else:
        cards = Item.objects.alive().filter(pk=number)
        found = str(Item.objects.visible_to(reader).filter(pk=number).first() or "")
        there = bool(found) or cards.exists()
    if found:
        return found
    number_of = {"number": number}
    if there:
        return _("no. %(number)s (hidden from you)") % number_of
    return _("no. %(number)s (deleted)") % number_of


@dataclass(frozen=True, slots=True)
class _WhoWords:
    """How people are called in one place of a sentence: Russian wants a case for each."""

    plain: Mapping[str, Sentence]
    role: Sentence
    department: Sentence
    user: Sentence = "%(name)s"


WHO_TITLES: dict[str, Sentence] = {
    "owner": gettext_lazy("the responsible person"),
    "author": gettext_lazy("who made the card"),
    "head": gettext_lazy("the head of sales"),
    "head_of_head": gettext_lazy("the head above the head of sales"),
    "watchers": gettext_lazy("the watchers"),
    "stage": gettext_lazy("whom the stage's passport names"),
}
_WHO = _WhoWords(
    WHO_TITLES,
    role=gettext_lazy("everybody with the role “%(name)s”"),
    department=gettext_lazy("everybody in “%(name)s”"),
)
_WHOM = _WhoWords(
    {
        "owner": pgettext_lazy("tell whom", "the responsible person"),
        "author": pgettext_lazy("tell whom", "who made the card"),
        "head": pgettext_lazy("tell whom", "the head of sales"),
        "head_of_head": pgettext_lazy("tell whom", "the head above the head of sales"),
        "watchers": pgettext_lazy("tell whom", "the watchers"),
        "stage": pgettext_lazy("tell whom", "whom the stage's passport names"),
    },
    role=pgettext_lazy("tell whom", "everybody with the role “%(name)s”"),
    department=pgettext_lazy("tell whom", "everybody in “%(name)s”"),
    user=pgettext_lazy("tell whom", "%(name)s"),
)
_TO_ALL = _WhoWords(
    {
        "owner": pgettext_lazy("to whom", "the responsible person"),
        "author": pgettext_lazy("to whom", "who made the card"),
        "head": pgettext_lazy("to whom", "the head of sales"),
        "head_of_head": pgettext_lazy("to whom", "the head above the head of sales"),
        "watchers": pgettext_lazy("to whom", "the watchers"),
        "stage": pgettext_lazy("to whom", "whom the stage's passport names"),
    },
    role=pgettext_lazy("to whom", "everybody with the role “%(name)s”"),
    department=pgettext_lazy("to whom", "everybody in “%(name)s”"),
    user=pgettext_lazy("to whom", "%(name)s"),
)
_TO_ONE = replace(
    _TO_ALL,
    plain={**_TO_ALL.plain, "watchers": pgettext_lazy("to whom", "one of the watchers")},
    role=pgettext_lazy("to whom", "one of those with the role “%(name)s”"),
    department=pgettext_lazy("to whom", "somebody in “%(name)s”"),
)
