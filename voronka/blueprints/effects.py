"""What a difference of the set-up does to the cards, clients and people that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.blueprints import outside, schema
from voronka.blueprints.comparing import Difference, Node
from voronka.items.models import Item, StageVisit
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Field, ItemType, LossReason, Pipeline, Source, Stage
from voronka.pipelines.rules import kind_change_problem
from voronka.pipelines.usage import cards_of, values_of


@dataclass(frozen=True, slots=True)
class Effect:
    """A sentence about existing data. `blocks`: as the file stands, it can't be applied."""

    sentence: str
    blocks: bool = False
    wants_heir: bool = False


def effects(difference: Difference, wanted: schema.Blueprint) -> list[Effect]:
    """Say what a difference does to what exists; nothing when nothing is touched."""
    node = difference.node
    if node.kind in outside.SECTIONS and difference.kind != "moved":
        before, after = difference.before, difference.after
        told = outside.SECTIONS[node.kind].effects(
            node.code, before.part if before else None, after.part if after else None
        )
        return [Effect(sentence) for sentence in told]
    if difference.kind == "removed":
        return _REMOVED[node.kind](node, wanted) if node.kind in _REMOVED else []
    if difference.kind == "changed" and node.kind == "stage":
        return _changed_stage(difference)
    if difference.kind == "changed" and node.kind == "field":
        return _changed_field(difference)
    if difference.kind == "changed" and node.kind == "role":
        return _changed_role(node)
    return []


def _changed_stage(difference: Difference) -> list[Effect]:
    before, after = difference.before, difference.after
    stage = _stage(difference.node)
    if before is None or after is None or stage is None:
        return []
    found: list[Effect] = []
    if "kind" in difference.attrs and (cards := cards_of(stage)):
        sentence = ngettext(
            "%(count)d card stands here, so the kind of the stage stays. Add a new stage instead.",
            "%(count)d cards stand here, so the kind of the stage stays. Add a new stage instead.",
            cards,
        )
        found.append(Effect(sentence % {"count": cards}, blocks=True))
    cards = cards_of(stage, only_open=True)
    if "deadline" in difference.attrs and cards:
        sentence = ngettext(
            "%(count)d open card gets the new deadline, counted from when it came here.",
            "%(count)d open cards get the new deadline, counted from when they came here.",
            cards,
        )
        found.append(Effect(sentence % {"count": cards}))
    for code in after.attrs["required"]:
        if code not in before.attrs["required"] and (count := _without(stage, code)):
            sentence = ngettext(
                "%(count)d open card here or further on lacks “%(field)s”; it is asked for at "
                "the next move.",
                "%(count)d open cards here or further on lack “%(field)s”; it is asked for at "
                "the next move.",
                count,
            )
            found.append(Effect(sentence % {"count": count, "field": code}))
    return found


def _without(stage: Stage, field: str) -> int:
    cards = Item.objects.open().filter(
        pipeline_id=stage.pipeline_id, stage__position__gte=stage.position
    )
    if Field.objects.filter(item_type__pipelines=stage.pipeline_id, code=field).exists():
        return cards.exclude(values__has_key=field).count()
    empty: dict[str, dict[str, Any]] = {
        "amount": {"amount": 0},
        "client": {"contact": None, "company": None},
    }
    empty |= {name: {name: None} for name in ("contact", "company", "source")}
    return cards.filter(**empty[field]).count() if field in empty else 0


def _changed_field(difference: Difference) -> list[Effect]:
    before, after = difference.before, difference.after
    row = _field(difference.node)
    if before is None or after is None or row is None:
        return []
    found: list[Effect] = []
    if "formula" in difference.attrs and after.attrs["formula"]:
        count = values_of(row)
        if row.formula:
            found.append(Effect(_("All cards are counted anew by the new formula.")))
        elif count:
            sentence = ngettext(
                "%(count)d card holds a value that somebody has typed; a formula would overwrite"
                " it.",
                "%(count)d cards hold values that people have typed; a formula would overwrite"
                " them.",
                count,
            )
            found.append(Effect(sentence % {"count": count}, blocks=True))
    if "kind" in difference.attrs and not (row.formula and after.attrs.get("formula")):
        values = values_of(row)
        problem = kind_change_problem(row.kind, after.attrs["kind"], values=values)
        if problem:
            found.append(Effect(str(problem), blocks=True))
    kept = {code for code, _option in after.attrs["options"]}
    for code, option in before.attrs["options"]:
        if code not in kept and (count := values_of(row, code)):
            sentence = ngettext(
                "%(count)d card or client has chosen “%(option)s”, so the choice stays.",
                "%(count)d cards or clients have chosen “%(option)s”, so the choice stays.",
                count,
            )
            name = schema.Text(**option["name"])
            found.append(Effect(sentence % {"count": count, "option": name}, blocks=True))
    return found


def _changed_role(node: Node) -> list[Effect]:
    people = User.objects.filter(role__code=node.code, is_active=True).count()
    if not people:
        return []
    sentence = ngettext(
        "%(count)d person has this role; the new rights count at once.",
        "%(count)d people have this role; the new rights count at once.",
        people,
    )
    return [Effect(sentence % {"count": people})]


def _removed_stage(node: Node, wanted: schema.Blueprint) -> list[Effect]:
    stage = _stage(node)
    pipeline = (wanted.pipelines or {}).get(node.owner)
    if stage is None or pipeline is None:  # goes with its funnel
        return []
    if stage.kind == Stage.Kind.WON:
        sentence = _("A funnel keeps its won stage. Keep the code and change the name instead.")
        return [Effect(sentence, blocks=True)]
    cards = cards_of(stage)
    visits = StageVisit.objects.filter(stage=stage).count()
    heir = heir_of(stage, pipeline)
    if not visits and not cards:
        return [Effect(_("No card has ever been here."), blocks=heir is None)]
    if stage.code not in pipeline.heirs or heir is None:
        sentence = ngettext(
            "Stage “%(name)s” is removed: %(count)d card needs an heir.",
            "Stage “%(name)s” is removed: %(count)d cards need an heir.",
            cards,
        )
        if not cards:
            sentence = _("Stage “%(name)s” is removed: its history needs an heir.")
        facts = {"name": node.name, "count": cards}
        return [Effect(sentence % facts, blocks=True, wants_heir=True)]
    sentence = ngettext(
        "%(count)d card and all that passed here go to “%(heir)s”.",
        "%(count)d cards and all that passed here go to “%(heir)s”.",
        cards,
    )
    return [Effect(sentence % {"count": cards, "heir": pipeline.stages[heir].name})]


def heir_of(stage: Stage, pipeline: schema.PipelineSpec) -> str | None:
    """Return the code of the stage that takes over: the named one, else the first of its kind."""
    same = [code for code, part in pipeline.stages.items() if part.kind == stage.kind]
    named = pipeline.heirs.get(stage.code)
    if named is not None:
        return named if named in same else None
    return same[0] if same else None


def _removed_pipeline(node: Node, wanted: schema.Blueprint) -> list[Effect]:
    row = Pipeline.objects.filter(code=node.code).first()
    if row is None:
        return []
    if count := cards_of(row, only_open=True):
        sentence = ngettext(
            "%(count)d card here is still open. Move or close it first; then the funnel can go.",
            "%(count)d cards here are still open. Move or close them first; then the funnel can "
            "go.",
            count,
        )
        return [Effect(sentence % {"count": count}, blocks=True)]
    return [Effect(_("The funnel goes to the archive; its history stays in reports."))]


def _removed_type(node: Node, _wanted: schema.Blueprint) -> list[Effect]:
    row = ItemType.objects.filter(code=node.code).first()
    if row is None:
        return []
    if row.kind != ItemType.Kind.CUSTOM:
        return [Effect(_("Leads and deals belong to the CRM and stay."), blocks=True)]
    if count := cards_of(row):
        sentence = ngettext(
            "%(count)d card of this type exists, the recycle bin included. Leave out only its "
            "funnels.",
            "%(count)d cards of this type exist, the recycle bin included. Leave out only its "
            "funnels.",
            count,
        )
        return [Effect(sentence % {"count": count}, blocks=True)]
    return []


def _removed_field(node: Node, wanted: schema.Blueprint) -> list[Effect]:
    row = _field(node)
    if row is None or (node.owner and node.owner not in (wanted.item_types or {})):
        return []
    if not (count := values_of(row)):
        return []
    sentence = ngettext(
        "%(count)d card or client has a value here: the field goes to the archive, the value "
        "stays and comes back with it.",
        "%(count)d cards or clients have a value here: the field goes to the archive, the values "
        "stay and come back with it.",
        count,
    )
    return [Effect(sentence % {"count": count})]


def _removed_reason(node: Node, _wanted: schema.Blueprint) -> list[Effect]:
    row = LossReason.objects.filter(pipeline__code=node.owner, code=node.code).first()
    return _kept_by_cards(cards_of(row)) if row else []


def _removed_source(node: Node, _wanted: schema.Blueprint) -> list[Effect]:
    row = Source.objects.filter(code=node.code).first()
    return _kept_by_cards(cards_of(row)) if row else []


def _kept_by_cards(count: int) -> list[Effect]:
    sentence = ngettext(
        "It is offered no more; %(count)d card keeps it.",
        "It is offered no more; %(count)d cards keep it.",
        count,
    )
    return [Effect(sentence % {"count": count})] if count else []


def _removed_role(node: Node, _wanted: schema.Blueprint) -> list[Effect]:
    role = Role.objects.filter(code=node.code).first()
    if role is None:
        return []
    if role.everything:
        sentence = _("The owner's role stays: without it nobody could give rights.")
        return [Effect(sentence, blocks=True)]
    if not (count := role.users.count()):
        return []
    sentence = ngettext(
        "%(count)d person has this role. Give them another one first.",
        "%(count)d people have this role. Give them another one first.",
        count,
    )
    return [Effect(sentence % {"count": count}, blocks=True)]


def _removed_department(node: Node, _wanted: schema.Blueprint) -> list[Effect]:
    row = Department.objects.filter(code=node.code).first()
    if row is None or not (count := row.users.count()):
        return []
    sentence = ngettext(
        "%(count)d person is in this department. Move them first.",
        "%(count)d people are in this department. Move them first.",
        count,
    )
    return [Effect(sentence % {"count": count}, blocks=True)]


def _stage(node: Node) -> Stage | None:
    return Stage.objects.filter(pipeline__code=node.owner, code=node.code).first()


def _field(node: Node) -> Field | None:
    rows = Field.objects.filter(code=node.code)
    if not node.owner:
        return rows.filter(item_type=None).first()
    return rows.filter(item_type__code=node.owner).first()


_REMOVED = {
    "stage": _removed_stage,
    "pipeline": _removed_pipeline,
    "item_type": _removed_type,
    "field": _removed_field,
    "loss_reason": _removed_reason,
    "source": _removed_source,
    "role": _removed_role,
    "department": _removed_department,
}
