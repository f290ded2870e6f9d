"""From the parts of a blueprint to the specs that the set-up commands take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from voronka.automation.commands.control import HighValueSpec
from voronka.blueprints import schema
from voronka.blueprints.rules import read_age, read_deadline, write_age
from voronka.channels.rules import USUAL, Repeat
from voronka.kernel.texts import LocalText
from voronka.pipelines import specs


def item_type(code: str, part: schema.ItemTypeSpec) -> specs.ItemTypeSpec:
    """An item type without its sections and grade."""
    return specs.ItemTypeSpec(
        code,
        part.name.local,
        part.plural.local,
        part.kind,
        part.icon,
        part.prefix,
        part.client,
        part.amount,
        part.lines,
        part.revenue,
        part.success.local,
    )


def grade(part: schema.ItemTypeSpec) -> specs.GradeRule:
    """The grade rule of an item type; without one, the empty rule."""
    if part.grade is None:
        return specs.GradeRule()
    return specs.GradeRule(tuple(part.grade.fields), part.grade.a, part.grade.b)


def pipeline(code: str, part: schema.PipelineSpec) -> specs.PipelineSpec:
    """A funnel without its stages."""
    return specs.PipelineSpec(
        code,
        part.type,
        part.name.local,
        part.purpose,
        part.naming,
        part.why.local,
        part.forward_only,
        part.calendar or None,
    )


def high_value(part: schema.HighValueSpec | None) -> HighValueSpec | None:
    """The control of a funnel's large orders."""
    if part is None:
        return None
    return HighValueSpec(part.amount, part.top_percent, tuple(part.passes))


def repeat(part: schema.RepeatSpec | None) -> Repeat:
    """What a funnel does when a known client writes again; the usual when the file is silent."""
    if part is None:
        return USUAL
    return Repeat(
        part.when_open,
        read_age(part.join_within),
        part.when_lost,
        read_age(part.return_within),
        part.from_nurturing,
        read_age(part.thread_stays),
    )


def repeat_part(rule: Repeat | None) -> schema.RepeatSpec | None:
    """The other way round; the usual rule is not told."""
    if rule is None or rule == USUAL:
        return None
    return schema.RepeatSpec.model_validate(
        {
            **asdict(rule),
            "join_within": write_age(rule.join_within),
            "return_within": write_age(rule.return_within),
            "thread_stays": write_age(rule.thread_stays),
        }
    )


def stage(pipeline_code: str, code: str, part: schema.StageSpec) -> specs.StageSpec:
    """A stage with its passport."""
    minutes, working = read_deadline(part.deadline)
    return specs.StageSpec(
        pipeline_code,
        code,
        part.name.local,
        part.kind,
        part.color,
        part.critical,
        part.key,
        part.goal.local,
        part.sells_next.local,
        tuple(step.local for step in part.steps),
        tuple(
            specs.Criterion(c, x.text.local, x.check, x.required)
            for c, x in part.exit_criteria.items()
        ),
        tuple(specs.Objection(o.objection.local, o.answer.local) for o in part.objections),
        responsible(part.responsible),
        minutes,
        working,
        tuple(part.required),
    )


def responsible(code: str) -> str:
    """Who has a stage's cards, as `Stage.responsible_code`; a code alone is a role's."""
    return code if not code or ":" in code else f"role:{code}"


def section(owner: str | None, code: str, part: schema.SectionSpec) -> specs.SectionSpec:
    """A block of fields; `owner` is an item type's code, None for clients."""
    return specs.SectionSpec(owner, code, part.name.local, tuple(part.pipelines))


def field(
    owner: str | None, section_code: str, code: str, part: schema.FieldSpec
) -> specs.FieldSpec:
    """A field with its options and limits."""
    rules = part.rules.model_dump(exclude_none=True)
    return specs.FieldSpec(
        owner,
        section_code,
        code,
        part.name.local,
        part.kind,
        part.help.local,
        tuple(specs.Option(c, o.name.local, o.points) for c, o in part.options.items()),
        rules,
        part.important,
        part.formula,
    )


def reasons(
    pipeline_code: str,
    branch: Mapping[str, schema.LossReasonSpec],
    parent: str | None = None,
) -> Iterator[specs.LossReasonSpec]:
    """The reasons of a funnel, parents before children."""
    for code, part in branch.items():
        yield specs.LossReasonSpec(
            pipeline_code, code, part.name.local, parent, part.target, part.needs_comment
        )
        yield from reasons(pipeline_code, part.reasons, code)


def source(code: str, part: schema.Source) -> specs.SourceSpec:
    """A source of enquiries."""
    return specs.SourceSpec(code, LocalText(part.name.ru, part.name.en), part.icon)
