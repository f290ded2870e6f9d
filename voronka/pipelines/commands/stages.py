"""Stages: saved with their passport, put in order.

A stage is taken away by `voronka.items.commands.inheriting.remove_stage`: its cards and their
history need an heir.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.people.models import Department, Role, User
from voronka.pipelines import rules
from voronka.pipelines.commands.writing import arrange, begin, find, note, number
from voronka.pipelines.commands.writing import write as write_row
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart, refuse_if
from voronka.pipelines.models import Pipeline, Stage
from voronka.pipelines.queries import field_codes
from voronka.pipelines.specs import StageSpec
from voronka.pipelines.usage import cards_of


def _pipeline(code: str) -> Pipeline:
    rows = Pipeline.objects.select_related("item_type")
    return find(rows, code, _("There is no funnel “%(code)s”."))


@transaction.atomic
def save_stage(spec: StageSpec, *, by: Actor) -> Stage:
    """Create a stage, or change the one with this code in its pipeline.

    A new stage stands behind the others of its kind: in work, won, lost. A changed deadline
    reaches the cards that stand here (`stage.changed` wakes that).

    Raises:
        InvalidSetup: a part of the spec breaks a rule, or there would be two won stages or no
            won or lost one any more.
        InUse: the kind would change while cards stand here.
        NoSuchPart: the pipeline or the role does not exist.
    """
    begin(by)
    pipeline = _pipeline(spec.pipeline)
    refuse_if(rules.stage_problems(spec, field_codes=field_codes(pipeline.item_type)))
    row = pipeline.stages.filter(code=spec.code).first()
    if spec.kind == Stage.Kind.WON:
        won = pipeline.stages.filter(kind=Stage.Kind.WON).exclude(code=spec.code).first()
        if won is not None:
            raise InvalidSetup(
                {"kind": _("A funnel has one won stage; here it is “%(name)s”.") % {"name": won}}
            )
    if row is not None and row.kind != spec.kind:
        _require_kind_may_change(row)
    responsible = _responsible(spec.responsible)
    new = row is None
    row = row or Stage(pipeline=pipeline, code=spec.code, position=10_000)
    values = {
        "name": spec.name,
        "kind": spec.kind,
        "color": spec.color,
        "critical": spec.critical,
        "key": spec.key,
        "goal": spec.goal,
        "sells_next": spec.sells_next,
        "steps": [step.as_dict() for step in spec.steps],
        "exit_criteria": [criterion.as_json() for criterion in spec.exit_criteria],
        "objections": [objection.as_json() for objection in spec.objections],
        **responsible,
        "deadline_minutes": spec.deadline_minutes,
        "deadline_working": spec.deadline_working,
        "required": list(spec.required),
    }
    before = row.kind
    write_row(row, values, by=by, pipeline_id=pipeline.pk)
    if new or before != spec.kind:
        number(_by_kind(list(pipeline.stages.all())))
        row.refresh_from_db(fields=["position"])
    return row


def _responsible(code: str) -> dict[str, int | None]:
    """Return the three columns that say who is responsible, of which one at most is filled."""
    found: dict[str, int | None] = {f"{name}_id": None for name in Stage.RESPONSIBLE}
    kind, _colon, name = code.partition(":")
    if kind == "role":
        role = find(Role.objects.all(), name, _("There is no role “%(code)s”."))
        found["responsible_role_id"] = role.pk
    elif kind == "department":
        rows = Department.objects.all()
        found["responsible_department_id"] = find(
            rows, name, _("There is no department “%(code)s”.")
        ).pk
    elif code:
        person = User.objects.filter(email__iexact=name, is_active=True).first()
        if person is None:
            raise NoSuchPart(_("Nobody here has the e-mail %(email)s.") % {"email": name or code})
        found["responsible_person_id"] = person.pk
    return found


def _require_kind_may_change(row: Stage) -> None:
    """Refuse while cards stand in the stage, or when it is the last of its closed kind."""
    if cards_of(row):
        raise InUse(
            _("Cards stand in “%(name)s”, so it stays what it is. Add a new stage instead.")
            % {"name": row.name}
        )
    if row.kind == Stage.Kind.OPEN:
        return
    others = row.pipeline.stages.filter(kind=row.kind).exclude(pk=row.pk)
    if not others.exists():
        raise InvalidSetup({"kind": _("A funnel needs one won stage and at least one lost stage.")})


def _by_kind(stages: list[Stage]) -> list[Stage]:
    return sorted(stages, key=lambda stage: (rules.kind_rank(stage.kind), stage.position))


@transaction.atomic
def reorder_stages(pipeline: str, order: Sequence[str], *, by: Actor) -> list[Stage]:
    """Put the stages in the order of these codes; won and lost stay at the end.

    Raises:
        InvalidSetup: a code is unknown or named twice.
    """
    begin(by)
    row = _pipeline(pipeline)
    arranged = arrange(list(row.stages.all()), order)
    arranged.sort(key=lambda stage: rules.kind_rank(stage.kind))
    if number(arranged):
        note(
            row,
            "changed",
            by=by,
            pipeline_id=row.pk,
            changes={"stages": [None, [stage.code for stage in arranged]]},
        )
    return arranged


@transaction.atomic
def require_from(
    item_type_code: str, field: str, stages: Mapping[str, str | None], *, by: Actor
) -> None:
    """Ask for a field from a stage on (F9), per pipeline.

    Args:
        stages: pipeline code -> stage code, or None where the field is not asked for.
            Pipelines that are not named stay as they are.
    Raises:
        NoSuchPart: a pipeline or a stage does not exist.
        InvalidSetup: the type's cards have no such field.
    """
    begin(by)
    for code, stage_code in stages.items():
        pipeline = _pipeline(code)
        if pipeline.item_type.code != item_type_code or field not in field_codes(
            pipeline.item_type
        ):
            refuse_if({"required": _("Cards of this funnel have no such field.")})
        chosen = None
        if stage_code:
            sentence = _("There is no stage “%(code)s” in this funnel.")
            chosen = find(pipeline.stages.all(), stage_code, sentence)
        for stage in pipeline.stages.all():
            required = [c for c in stage.required if c != field]
            if chosen is not None and stage.pk == chosen.pk:
                required = stage.required if field in stage.required else [*required, field]
            write_row(stage, {"required": required}, by=by, pipeline_id=pipeline.pk)
