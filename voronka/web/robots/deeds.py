"""The actions in a robot's form, with those that lie in branches: read, changed, drawn.

Hidden inputs name the actions of a list in order: "action" those of the robot, "a0.then" those
on one way of the branch "a0". The inputs of an action begin with its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from voronka.automation import chains, registry
from voronka.automation.rules import MAX_ACTIONS
from voronka.kernel.errors import Sentence
from voronka.web.robots import asks, conditions, rows
from voronka.web.robots.asks import Ask
from voronka.web.robots.choices import Choices, Group, Option

ROBOT = "action"  # the name of the robot's own list
_LABELS = {"then": gettext_lazy("Then"), "otherwise": gettext_lazy("Otherwise")}


@dataclass
class Deed:
    """An action in the form.

    Attributes:
        key: names its inputs and stays over redraws.
        tree: of a branch, its conditions.
        ways: of a branch, its lists.
    """

    key: str
    code: str
    data: Mapping[str, Any] = field(default_factory=dict)
    tree: rows.Row | None = None
    ways: dict[str, list[Deed]] = field(default_factory=dict)

    def settings(self, builder: conditions.Builder, *, finished: bool = False) -> dict[str, Any]:
        """Return the parameters as plain data.

        Args:
            finished: leave out conditions that say nothing yet, for words and trials.
        """
        if self.tree is None:
            return dict(self.data)
        asked = builder.finished(self.tree) if finished else builder.to_json(self.tree)[0]
        lists = {
            way: [{deed.code: deed.settings(builder, finished=finished)} for deed in deeds]
            for way, deeds in self.ways.items()
            if deeds
        }
        return {"conditions": asked, **lists}


def of(pairs: Sequence[chains.Listed], where: str = ROBOT) -> list[Deed]:
    """Show kept actions."""
    found = []
    for number, (code, settings) in enumerate(pairs):
        deed = _new(_key(where, number), code, settings)
        if deed.tree is not None:
            deed.tree = rows.from_json(settings.get("conditions") or {}, _base(deed))
        for way, listed in chains.inner(code, settings):
            deed.ways[way] = of(listed, f"{deed.key}.{way}")
        found.append(deed)
    return found


def read(data: QueryDict, where: str = ROBOT, depth: int = 0) -> list[Deed]:
    """Read what was typed."""
    found = []
    for key in data.getlist(where)[: MAX_ACTIONS + 1]:
        code = data.get(f"{key}.code", "")
        action = registry.action(code)
        deed = _new(key, code, asks.read(action.params, data, key) if action else {})
        if deed.tree is not None and depth < chains.DEEPEST:
            deed.tree = rows.read(data, _base(deed))
            deed.ways = {way: read(data, f"{key}.{way}", depth + 1) for way in chains.WAYS}
        found.append(deed)
    return found


def add(deeds: list[Deed], code: str, where: str) -> None:
    """Put a new action at the end of a list."""
    lists = dict(_lists(deeds, ROBOT))
    if where in lists and registry.action(code):
        taken = {deed.key for deed in lists[where]}
        free = (key for n in range(1000) if (key := _key(where, n)) not in taken)
        lists[where].append(_new(next(free), code))


def drop(deeds: list[Deed], key: str) -> None:
    """Take an action away, with what lies in it."""
    for _name, listed in list(_lists(deeds, ROBOT)):
        listed[:] = [deed for deed in listed if deed.key != key]


def trees(deeds: Sequence[Deed], place: str = "actions") -> Iterator[tuple[str, rows.Row]]:
    """Return the conditions of all branches with where refusals name them."""
    for index, deed in enumerate(deeds):
        if deed.tree is not None:
            yield f"{place}.{index}.conditions", deed.tree
        for way, listed in deed.ways.items():
            yield from trees(listed, f"{place}.{index}.{way}")


def _new(key: str, code: str, data: Mapping[str, Any] | None = None) -> Deed:
    deed = Deed(key, code, data or {})
    if code == chains.BRANCH:
        deed.tree = rows.Row("all", base=_base(deed))
        deed.ways = {way: [] for way in chains.WAYS}
    return deed


def _key(where: str, number: int) -> str:
    return f"a{number}" if where == ROBOT else f"{where}.a{number}"


def _base(deed: Deed) -> str:
    return f"{deed.key}.if"


def _lists(deeds: list[Deed], name: str) -> Iterator[tuple[str, list[Deed]]]:
    yield name, deeds
    for deed in deeds:
        for way, listed in deed.ways.items():
            yield from _lists(listed, f"{deed.key}.{way}")


@dataclass(frozen=True, slots=True)
class DrawnDeed:
    """An action as the template draws it. `condition`: of a branch."""

    deed: Deed
    title: str
    icon: str
    asks: list[Ask]
    error: Sentence
    condition: conditions.Drawn | None
    condition_error: Sentence
    ways: list[DrawnList]


@dataclass(frozen=True, slots=True)
class DrawnList:
    """A list of actions as the template draws it. `name`: of its hidden inputs."""

    name: str
    label: Sentence
    deeds: list[DrawnDeed]
    error: Sentence
    addable: list[Group]

    @property
    def id(self) -> str:
        """Steady over redraws, so that the focus stays."""
        return "r-add-" + self.name.replace(".", "-")


@dataclass(frozen=True)
class Drawing:
    """What drawing needs: what may be named, and what was refused by place."""

    choices: Choices
    builder: conditions.Builder
    errors: Mapping[str, Sentence]

    def draw(
        self,
        deeds: Sequence[Deed],
        *,
        name: str = ROBOT,
        way: str = "",
        place: str = "actions",
        depth: int = 0,
    ) -> DrawnList:
        """Return a list for templates/robots/_deeds.html."""
        drawn = [self._deed(deed, f"{place}.{index}", depth) for index, deed in enumerate(deeds)]
        label = _LABELS.get(way, "")
        return DrawnList(name, label, drawn, self.errors.get(place, ""), _addable(depth))

    def _deed(self, deed: Deed, place: str, depth: int) -> DrawnDeed:
        action = registry.action(deed.code)
        asked = []
        if action is not None and deed.tree is None:
            asked = asks.draw(action.params, deed.data, deed.key, self.choices, self._at(place))
        condition = None
        if deed.tree is not None:
            errors = self._at(f"{place}.conditions")
            builder = conditions.Builder(self.builder.facts, errors, self.builder.reader)
            builder.settle(deed.tree)
            condition = builder.draw(deed.tree)
        return DrawnDeed(
            deed,
            str(action.title) if action else deed.code,
            action.icon if action else "robot",
            asked,
            self.errors.get(place, ""),
            condition,
            self.errors.get(f"{place}.conditions", ""),
            [
                self.draw(
                    listed,
                    name=f"{deed.key}.{way}",
                    way=way,
                    place=f"{place}.{way}",
                    depth=depth + 1,
                )
                for way, listed in deed.ways.items()
            ],
        )

    def _at(self, prefix: str) -> dict[str, Sentence]:
        return errors_at(self.errors, prefix)


def errors_at(errors: Mapping[str, Sentence], prefix: str) -> dict[str, Sentence]:
    """Return the refusals of one place, by where in it they stand; "" is the place itself."""
    start = f"{prefix}."
    found = {k.removeprefix(start): v for k, v in errors.items() if k.startswith(start)}
    if prefix in errors:
        found[""] = errors[prefix]
    return found


def by_group(things: Any, chosen: str) -> list[Group]:
    """Return triggers or actions as options under their headings."""
    found: dict[str, list[Option]] = {}
    for thing in things:
        option = Option(thing.code, str(thing.title), thing.code == chosen)
        found.setdefault(str(thing.group), []).append(option)
    return [Group(title, tuple(options)) for title, options in found.items()]


def _addable(depth: int) -> list[Group]:
    """Return the actions that may be put into a list so deep."""
    actions = registry.actions().values()
    return by_group([a for a in actions if a.code != chains.BRANCH or depth < chains.DEEPEST], "")
