"""What a parameter may name: stages, people, fields … as groups of options, each read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voronka.automation import registry
from voronka.automation.formulas import names
from voronka.automation.models import Robot
from voronka.automation.naming import WHO_TITLES
from voronka.channels.robots.ways import options as channel_options
from voronka.kernel.texts import LocalText
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Stage
from voronka.pipelines.queries import field_titles
from voronka.routing.models import Distribution
from voronka.web.fields.formulas import Word, words

# what a robot can't sensibly write: other commands keep these, or they name rows by number
_NOT_WRITTEN = {"lines", "next_step", "client", "contact", "company", "source"}
_WRITTEN_KINDS = {
    Field.Kind.CLIENT, Field.Kind.ITEM, Field.Kind.FILE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Options under a heading; without one they stand first."""

    title: str
    options: tuple[Option, ...]


Pairs = Iterable[tuple[str, str]]


class Choices:
    """What robots of an item type, and perhaps of a funnel, may name."""

    def __init__(self, item_type: ItemType, pipeline: Pipeline | None) -> None:
        self.item_type = item_type
        self.pipeline = pipeline

    def of(self, kind: str, chosen: Sequence[str], *, kinds: Sequence[str] = ()) -> list[Group]:
        """Return the groups of a kind of reference; what is chosen and gone stays choosable.

        Args:
            kind: as `x-ref` of a parameter.
            kinds: of fields: only these kinds of field; ("written",) for those a robot may write.
        """
        named = [self._whole(value) if kind == "stage" else value for value in chosen]
        found = [
            Group(title, tuple(Option(v, t, v in named) for v, t in pairs))
            for title, pairs in self._pairs(kind, kinds)
        ]
        known = {option.value for group in found for option in group.options}
        gone = [value for value in named if value and value not in known]
        if gone:
            found.append(Group(_("No longer there"), tuple(Option(v, v, True) for v in gone)))
        return [group for group in found if group.options]

    def known(self, kind: str) -> bool:
        """Whether there is a list for a kind of reference."""
        return kind in ("field", "stage", "pipeline", "who", "robot", "trigger", "distribution",
                        "loss_reason", "channel", "way", "template")  # fmt: skip

    def _pairs(self, kind: str, kinds: Sequence[str]) -> Iterable[tuple[str, Pairs]]:
        match kind:
            case "stage":
                return self._stages
            case "pipeline":
                return [(str(t), rows) for t, rows in self._pipelines.items()]
            case "who":
                return self._who
            case "field":
                return [("", self._fields(kinds))]
            case "robot":
                rows = Robot.objects.alive().filter(item_type=self.item_type)
                return [("", [(row.code, str(row.name)) for row in rows])]
            case "trigger":
                events = [t for t in registry.triggers().values() if not t.is_timer]
                return [("", [(t.code, str(t.title)) for t in events])]
            case "distribution":
                groups = Distribution.objects.filter(archived=False).order_by("name")
                return [("", list(groups.values_list("code", "name")))]
            case "loss_reason":
                return [("", self._reasons)]
            case "channel" | "way" | "template":
                found = channel_options(kind)
                return [(str(t), [(c, str(name)) for c, name in rows]) for t, rows in found]
        return []

    def _whole(self, path: str) -> str:
        own = self.pipeline.code if self.pipeline else ""
        return path if "/" in path or not path or not own else f"{own}/{path}"

    @cached_property
    def _stages(self) -> list[tuple[str, Pairs]]:
        """Stages by funnel, the robot's own funnel first."""
        rows = Stage.objects.filter(pipeline__archived=False).select_related("pipeline__item_type")
        rows = rows.order_by("pipeline__item_type__position", "pipeline__position", "position")
        found: dict[Pipeline, list[tuple[str, str]]] = defaultdict(list)
        for row in rows:
            found[row.pipeline].append((f"{row.pipeline.code}/{row.code}", str(row)))
        own = self.pipeline.pk if self.pipeline else None
        order = sorted(found, key=lambda pipeline: pipeline.pk != own)
        return [(f"{p.item_type.plural}: {p}", found[p]) for p in order]

    @cached_property
    def _pipelines(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        rows = Pipeline.objects.filter(archived=False).select_related("item_type")
        for row in rows.order_by("item_type__position", "item_type_id", "position", "id"):
            found[str(row.item_type.plural)].append((row.code, str(row)))
        return found

    @cached_property
    def _who(self) -> list[tuple[str, Pairs]]:
        roles = [(f"role:{code}", str(name)) for code, name in _named(Role)]
        places = [(f"department:{code}", str(name)) for code, name in _named(Department)]
        people = [(f"user:{u.email}", str(u)) for u in User.objects.filter(is_active=True)]
        common = [(code, _capital(str(title))) for code, title in WHO_TITLES.items()]
        return [
            (_("By the card"), common),
            (pgettext("robots", "Roles"), roles),
            (pgettext("robots", "Departments"), places),
            (pgettext("robots", "People"), people),
        ]

    @cached_property
    def custom_fields(self) -> dict[str, Field]:
        """The custom fields of the type, by code."""
        return {f.code: f for f in Field.objects.filter(item_type=self.item_type, archived=False)}

    def _fields(self, kinds: Sequence[str]) -> list[tuple[str, str]]:
        titles = field_titles(self.item_type)
        if not kinds:
            return [(code, str(title)) for code, title in titles.items()]
        custom = self.custom_fields
        if tuple(kinds) == ("written",):
            wanted = {c for c in titles if c not in custom and c not in _NOT_WRITTEN}
            typed = {c: row for c, row in custom.items() if not row.formula}
            wanted |= {c for c, row in typed.items() if row.kind not in _WRITTEN_KINDS}
        else:
            wanted = {code for code, row in custom.items() if row.kind in kinds}
        return [(code, str(title)) for code, title in titles.items() if code in wanted]

    @cached_property
    def formula_words(self) -> list[Word]:
        """What a formula may name."""
        return words(names(self.item_type))

    @cached_property
    def _reasons(self) -> list[tuple[str, str]]:
        """Loss reasons of the funnel, or of all funnels of the type, each code once."""
        rows = LossReason.objects.filter(pipeline__item_type=self.item_type, archived=False)
        if self.pipeline is not None:
            rows = rows.filter(pipeline=self.pipeline)
        found: dict[str, str] = {}
        for code, name in rows.values_list("code", "name"):
            found.setdefault(code, str(name))
        return list(found.items())

    def values_of_field(self, code: str) -> list[tuple[str, str]] | None:
        """Return what a field may hold, when it is a short list; None: it is typed."""
        field = self.custom_fields.get(code)
        if field is None:
            return None
        if field.kind in (Field.Kind.LIST, Field.Kind.MULTI_LIST):
            return [(str(o["code"]), str(LocalText.of(o.get("name")))) for o in field.options]
        if field.kind == Field.Kind.BOOLEAN:
            return [("true", _("Yes")), ("false", _("No"))]
        if field.kind == Field.Kind.USER:
            return [(str(u.pk), str(u)) for u in User.objects.filter(is_active=True)]
        return None


def _named(model: Any) -> list[tuple[str, Any]]:
    return list(model.objects.values_list("code", "name"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
