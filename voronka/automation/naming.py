"""What the things that robots speak of are called: one reader of names for a page of robots."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from voronka.automation.facts import fact_specs
from voronka.automation.spans import Span
from voronka.kernel.conditions import FactSpec
from voronka.kernel.conditions.words import shown
from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.pipelines.queries import field_titles
from voronka.routing.models import Distribution


class RobotNames:
    """Names for the robots of one item type. Every kind of name is read once, when asked for.

    It is a `conditions.Names` as well: facts and their values.

    Args:
        pipeline: the robot's own funnel: its stages are called without it.
    """

    def __init__(
        self,
        item_type: ItemType,
        pipeline: Pipeline | None = None,
        facts: Mapping[str, FactSpec] | None = None,
    ) -> None:
        self.item_type = item_type
        self.own = pipeline
        self._facts = facts

    @cached_property
    def facts(self) -> Mapping[str, FactSpec]:
        """The facts that conditions may ask for."""
        return self._facts if self._facts is not None else fact_specs(self.item_type)

    def fact(self, code: str) -> Sentence:
        """Return the name of a fact; its code when it is gone."""
        spec = self._spec(code)
        return spec.name if spec else code

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

    def who(self, code: str) -> Sentence:
        """Return whom a `Who` code means, in words."""
        kind, _colon, name = code.partition(":")
        if kind == "user":
            return self._people.get(name) or name
        if kind == "role":
            return _("everybody with the role “%(name)s”") % {"name": self._roles.get(name) or name}
        if kind == "department":
            return _("everybody in “%(name)s”") % {"name": self._departments.get(name) or name}
        return WHO_TITLES.get(kind, lambda: code)()

    def whom(self, codes: list[str]) -> str:
        """Return several `Who` codes in words."""
        return ", ".join(str(self.who(code)) for code in codes)

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
    def _people(self) -> dict[str, str]:
        return dict(User.objects.values_list("email", "name"))


WHO_TITLES = {
    "owner": lambda: _("the responsible person"),
    "author": lambda: _("who made the card"),
    "head": lambda: _("the head of sales"),
    "head_of_head": lambda: _("the head above the head of sales"),
    "watchers": lambda: _("the watchers"),
}
