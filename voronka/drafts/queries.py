"""Reads of drafts: a funnel as the editor shows it, and what publishing would change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel

from voronka.blueprints import queries as blueprint
from voronka.blueprints import translating
from voronka.blueprints.comparing import Difference, compare
from voronka.blueprints.plans import Plan, plan
from voronka.blueprints.schema import VERSION, Blueprint, PipelineSpec
from voronka.drafts.merging import follow
from voronka.drafts.models import PipelineDraft, PipelineVersion
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Pipeline, Stage
from voronka.pipelines.queries import Advice, advice, field_codes


def published(pipeline: Pipeline) -> PipelineSpec:
    """Return a funnel as it is. Two queries, and those for its type and calendar."""
    return blueprint.pipelines([pipeline])[pipeline.code]


def written(document: PipelineSpec) -> str:
    """Write a document as it is stored; loss reasons are not the draft's business."""
    return document.model_copy(update={"loss_reasons": {}}).model_dump_json(exclude_defaults=True)


def read(text: str) -> PipelineSpec:
    """Read a stored document."""
    return PipelineSpec.model_validate_json(text)


def wanted_of(
    draft: PipelineDraft | None, now: PipelineSpec, fields: Iterable[str]
) -> PipelineSpec:
    """Return what a draft comes to today; without a draft, the funnel as it is.

    Args:
        fields: codes that stages may ask for; what was archived meanwhile is asked for no more.
    """
    if draft is None:
        return now
    document = follow(read(draft.base), read(draft.document), now)
    known = frozenset(fields)
    stages = {
        code: part
        if known.issuperset(part.required)
        else part.model_copy(update={"required": [c for c in part.required if c in known]})
        for code, part in document.stages.items()
    }
    return document.model_copy(update={"stages": stages})


def rows_of(pipeline: Pipeline, document: PipelineSpec) -> list[Stage]:
    """Return the stages of a document as unsaved rows, in order; published ones have their key.

    Two queries, one more for departments or people who are named as responsible. What reads
    stages (advice, completeness, names) reads these as well.
    """
    keys = dict(Stage.objects.filter(pipeline=pipeline).values_list("code", "pk"))
    specs = {
        code: translating.stage(pipeline.code, code, part) for code, part in document.stages.items()
    }
    named = _responsible([spec.responsible for spec in specs.values()])
    rows = []
    for position, (code, spec) in enumerate(specs.items()):
        kind = spec.responsible.partition(":")[0]
        column = {"department": "responsible_department", "user": "responsible_person"}
        who = {column.get(kind, "responsible_role"): named.get(spec.responsible)}
        rows.append(
            Stage(
                pk=keys.get(code),
                pipeline=pipeline,
                code=code,
                name=spec.name,
                kind=spec.kind,
                position=position,
                color=spec.color,
                critical=spec.critical,
                key=spec.key,
                goal=spec.goal,
                sells_next=spec.sells_next,
                steps=[step.as_dict() for step in spec.steps],
                exit_criteria=[criterion.as_json() for criterion in spec.exit_criteria],
                objections=[objection.as_json() for objection in spec.objections],
                deadline_minutes=spec.deadline_minutes,
                deadline_working=spec.deadline_working,
                required=list(spec.required),
                **who,
            )
        )
    return rows


def _responsible(codes: Sequence[str]) -> dict[str, Role | Department | User]:
    """Return whom codes such as "role:manager" name; one query for each kind that is named."""
    found: dict[str, Role | Department | User] = {
        f"role:{role.code}": role for role in Role.objects.all()
    }
    if any(code.startswith("department:") for code in codes):
        found |= {f"department:{place.code}": place for place in Department.objects.all()}
    if any(code.startswith("user:") for code in codes):
        found |= {f"user:{user.email}": user for user in User.objects.all()}
    return found


@dataclass
class Canvas:
    """A funnel on the editor's table: as it is, as it shall be, and what lies between.

    Nothing of the derived parts is read before it is asked for.
    """

    pipeline: Pipeline
    draft: PipelineDraft | None
    now: PipelineSpec
    wanted: PipelineSpec

    @cached_property
    def stages(self) -> list[Stage]:
        """The stages as they shall be, see `rows_of`. Two queries."""
        return rows_of(self.pipeline, self.wanted)

    @cached_property
    def differences(self) -> list[Difference]:
        """What publishing would change, as parts of a blueprint. No query."""
        code = self.pipeline.code
        old, new = (
            Blueprint(version=VERSION, pipelines={code: document})
            for document in (self.now, self.wanted)
        )
        return compare(old, new)

    def tells(self, difference: Difference) -> bool:
        """Whether a person needs to hear of it: where a new stage stands is no new order."""
        if difference.kind != "moved" or difference.node.kind != "stage":
            return True
        before = [code for code in self.now.stages if code in self.wanted.stages]
        return before != [code for code in difference.order if code in self.now.stages]

    @property
    def changes(self) -> list[Difference]:
        """The differences that a person is told of."""
        return [difference for difference in self.differences if self.tells(difference)]

    @cached_property
    def advice(self) -> list[Advice]:
        """What the method would change in the funnel as it shall be."""
        shown = Pipeline(
            pk=self.pipeline.pk,
            code=self.pipeline.code,
            item_type=self.pipeline.item_type,
            purpose=self.wanted.purpose,
            naming=self.wanted.naming,
        )
        return advice(shown, self.stages)

    @property
    def step(self) -> int:
        """The number of the last edit; 0 without a draft."""
        return self.draft.step if self.draft else 0

    @property
    def stamp(self) -> str:
        """Changes when the draft or what it is drawn over does."""
        return stamp(self.now, self.wanted)

    @property
    def gone(self) -> dict[str, str]:
        """Code of a published stage that goes -> code of its heir, "" when none is named."""
        heirs = self.wanted.heirs
        return {c: heirs.get(c, "") for c in self.now.stages if c not in self.wanted.stages}


def canvas(pipeline: Pipeline) -> Canvas:
    """Lay a funnel on the table. Five queries.

    Args:
        pipeline: with `item_type` and `calendar` at hand.
    """
    draft = (
        PipelineDraft.objects.filter(pipeline=pipeline)
        .select_related("begun_by", "changed_by")
        .first()
    )
    now = published(pipeline)
    fields = field_codes(pipeline.item_type) if draft else frozenset[str]()
    return Canvas(pipeline, draft, now, wanted_of(draft, now, fields))


def print_of(*parts: BaseModel) -> str:
    """Return a short print of documents or stages, to see whether they have changed."""
    text = "".join(part.model_dump_json() for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def stamp(now: PipelineSpec, wanted: PipelineSpec) -> str:
    """Return what changes when a draft, or the funnel under it, does."""
    return print_of(now, wanted)


def whole(pipeline: Pipeline, wanted: PipelineSpec) -> Blueprint:
    """Return a blueprint that says how one funnel shall be and leaves all else alone."""
    rows = Pipeline.objects.filter(archived=False).select_related("item_type", "calendar")
    return Blueprint(
        version=VERSION, pipelines={**blueprint.pipelines(rows), pipeline.code: wanted}
    )


def planned(table: Canvas) -> Plan:
    """Say what publishing does to the set-up and to the cards. About 20 queries; writes nothing.

    Raises:
        BrokenBlueprint: the draft does not fit to the rest of the set-up.
    """
    return plan(whole(table.pipeline, table.wanted), file=str(table.pipeline.name))


def versions(pipeline: Pipeline) -> list[PipelineVersion]:
    """Return what was published, the newest first. One query."""
    return list(PipelineVersion.objects.filter(pipeline=pipeline).select_related("by"))
