"""Two blueprints side by side: what is added, changed, removed or put in another order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from voronka.blueprints import outside, schema
from voronka.blueprints.errors import Path
from voronka.blueprints.robots import canonical
from voronka.blueprints.schema import SECTIONS, Blueprint, Text

Key = tuple[str, str, str]  # kind of part, code of its owner, its own code
Group = tuple[str, str, str]  # kind of part, code of its owner, code of the part it stands in
ChangeKind = Literal["added", "changed", "removed", "moved"]
_NESTED = ("sections", "fields", "stages", "loss_reasons", "reasons", "departments", "heirs")
_IN_ORDER = ("options", "exit_criteria")  # mappings whose order people see


@dataclass(frozen=True, slots=True)
class Node:
    """One part of the set-up, taken out of the tree.

    Attributes:
        inside: code of the part it stands in: a field's section, a reason's parent.
        attrs: what is compared, in plain values.
        umbrella: the key of the part with which it comes and goes: a stage's funnel.
    """

    key: Key
    path: Path
    name: Text
    part: BaseModel
    inside: str = ""
    attrs: Mapping[str, Any] = field(default_factory=dict)
    umbrella: Key | None = None

    @property
    def kind(self) -> str:
        """What it is: "stage", "field" …"""
        return self.key[0]

    @property
    def owner(self) -> str:
        """Code of the funnel or item type that it belongs to; "" for clients' and for none."""
        return self.key[1]

    @property
    def code(self) -> str:
        """Its stable code."""
        return self.key[2]


@dataclass(slots=True)
class Outline:
    """A blueprint as a flat list of nodes, and the order of siblings."""

    nodes: dict[Key, Node] = field(default_factory=dict)
    groups: dict[Group, list[str]] = field(default_factory=dict)

    def add(self, node: Node, group: Group) -> None:
        """Take a node in, behind its siblings."""
        self.nodes[node.key] = node
        self.groups.setdefault(group, []).append(node.code)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `before` and `after` are None where the part does not exist."""

    kind: ChangeKind
    before: Node | None = None
    after: Node | None = None
    group: Group | None = None  # of moved ones
    order: tuple[str, ...] = ()

    @property
    def node(self) -> Node:
        """The part as it will be, or as it was when it goes."""
        found = self.after or self.before
        if found is None:
            raise ValueError("A difference has at least one side.")
        return found

    @property
    def attrs(self) -> list[str]:
        """Names of the attributes that differ in a changed part."""
        if self.before is None or self.after is None:
            return []
        old, new = self.before.attrs, self.after.attrs
        return [name for name in new if name in old and new[name] != old[name]]


def overlay(current: Blueprint, wanted: Blueprint) -> Blueprint:
    """Return `wanted` with the sections that it leaves alone filled from `current`."""
    kept = {name: getattr(current, name) for name in SECTIONS if getattr(wanted, name) is None}
    return wanted.model_copy(update=kept)


def outline(blueprint: Blueprint) -> Outline:
    """Flatten a blueprint."""
    out = Outline()
    for kind, parts in (
        ("calendar", blueprint.calendars),
        ("role", blueprint.roles),
        ("source", blueprint.sources),
        ("product", blueprint.products),
    ):
        for code, part in (parts or {}).items():
            path = (f"{kind}s", code)
            out.add(_node((kind, "", code), path, part), (kind, "", ""))
    for node in _departments(("departments",), blueprint.departments or {}, ""):
        out.add(node, ("department", "", node.inside))
    for code, item_type in (blueprint.item_types or {}).items():
        key = ("item_type", "", code)
        out.add(_node(key, ("item_types", code), item_type), ("item_type", "", ""))
        _add_sections(out, ("item_types", code), code, item_type.sections, key)
    if blueprint.client:
        _add_sections(out, ("client",), "", blueprint.client.sections, None)
    for code, pipeline in (blueprint.pipelines or {}).items():
        key = ("pipeline", "", code)
        path = ("pipelines", code)
        out.add(_node(key, path, pipeline), ("pipeline", "", ""))
        for stage_code, stage in pipeline.stages.items():
            inner: Path = (*path, "stages", stage_code)
            node = _node(("stage", code, stage_code), inner, stage, umbrella=key)
            out.add(node, ("stage", code, ""))
        for node in _reasons((*path, "loss_reasons"), code, pipeline.loss_reasons, "", key):
            out.add(node, ("loss_reason", code, node.inside))
    for section in outside.IN_ORDER:
        for code, part in (getattr(blueprint, section.SECTION) or {}).items():
            node = _node((section.KIND, "", code), (section.SECTION, code), part)
            out.add(node, (section.KIND, "", ""))
    for code, robot in (blueprint.robots or {}).items():
        node = _node(("robot", robot.type, code), ("robots", code), robot)
        out.add(node, ("robot", robot.type, ""))
    return out


def _node(
    key: Key, path: Path, part: Any, *, inside: str = "", umbrella: Key | None = None
) -> Node:
    if key[0] in outside.SECTIONS:
        return Node(key, path, Text(ru=part.name), part, attrs=outside.SECTIONS[key[0]].attrs(part))
    attrs = part.model_dump(exclude=set(_NESTED))
    if isinstance(part, schema.RobotSpec):
        attrs = canonical(part)
    for name in _IN_ORDER:
        if name in attrs:
            attrs[name] = list(attrs[name].items())
    if isinstance(part, schema.Role):
        attrs["contacts"] = "shown" if part.everything else part.contacts
        attrs["rights"] = [] if part.everything else sorted(part.rights)
        attrs["matrix"] = {} if part.everything else {k: v for k, v in part.matrix.items() if v}
    if isinstance(part, schema.FieldSpec | schema.Department | schema.LossReasonSpec):
        attrs["inside"] = inside
    if isinstance(part, schema.Department) and part.head is None:
        del attrs["head"]
    if isinstance(part, schema.LossReasonSpec) and inside:
        del attrs["target"]  # follows the outermost reason
    return Node(key, path, part.name, part, inside, attrs, umbrella)


def _departments(
    path: Path, branch: Mapping[str, schema.Department], parent: str
) -> Iterator[Node]:
    for code, part in branch.items():
        yield _node(("department", "", code), (*path, code), part, inside=parent)
        yield from _departments((*path, code, "departments"), part.departments, code)


def _reasons(
    path: Path,
    pipeline: str,
    branch: Mapping[str, schema.LossReasonSpec],
    parent: str,
    umbrella: Key,
) -> Iterator[Node]:
    for code, part in branch.items():
        key = ("loss_reason", pipeline, code)
        yield _node(key, (*path, code), part, inside=parent, umbrella=umbrella)
        yield from _reasons((*path, code, "reasons"), pipeline, part.reasons, code, umbrella)


def _add_sections(
    out: Outline,
    path: Path,
    owner: str,
    sections: Mapping[str, schema.SectionSpec],
    umbrella: Key | None,
) -> None:
    for code, section in sections.items():
        place: Path = (*path, "sections", code)
        key = ("section", owner, code)
        out.add(_node(key, place, section, umbrella=umbrella), ("section", owner, ""))
        for field_code, part in section.fields.items():
            node = _node(
                ("field", owner, field_code),
                (*place, "fields", field_code),
                part,
                inside=code,
                umbrella=umbrella or key,
            )
            out.add(node, ("field", owner, code))


_UNORDERED = frozenset(  # sorted by the database, not by the file
    {"calendar", "product", *(part.KIND for part in outside.IN_ORDER if not part.ORDERED)}
)


def compare(current: Blueprint, wanted: Blueprint) -> list[Difference]:
    """Find the differences: in the order of the wanted file, removals behind."""
    old, new = outline(current), outline(overlay(current, wanted))
    found: list[Difference] = []
    for key, node in new.nodes.items():
        before = old.nodes.get(key)
        if before is None:
            found.append(Difference("added", after=node))
        else:
            change = Difference("changed", before, node)
            if change.attrs:
                found.append(change)
    for key, node in old.nodes.items():
        if key not in new.nodes:
            found.append(Difference("removed", before=node))
    for group, codes in new.groups.items():
        known = old.groups.get(group, [])
        both = [code for code in codes if code in known]
        stays = [code for code in known if code in codes]
        if group[0] not in _UNORDERED and codes != [*stays, *(c for c in codes if c not in known)]:
            first = new.nodes[group[0], group[1], codes[0]]
            moved = both != stays
            if moved or known:
                found.append(Difference("moved", first, first, group, tuple(codes)))
    return found
