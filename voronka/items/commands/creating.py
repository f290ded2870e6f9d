"""Making a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items import gate, rules
from voronka.items.changes import clean_changes
from voronka.items.commands.card import count_formulas, first_visit, note_event
from voronka.items.commands.lines import Line, write_lines
from voronka.items.errors import GateClosed, WrongPipeline
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict, InvalidInput
from voronka.kernel.rows import insert_row
from voronka.people import access
from voronka.people.queries import require_working
from voronka.people.schedules import schedule_of
from voronka.pipelines.grades import grade
from voronka.pipelines.models import Field, Pipeline, Stage
from voronka.pipelines.queries import ordered_stages


@transaction.atomic
def create_item(
    pipeline: Pipeline,
    *,
    title: str,
    by: Actor,
    stage: Stage | None = None,
    owner_id: int | None = None,
    changes: Mapping[str, Any] | None = None,
    lines: Sequence[Line] = (),
    external_id: str = "",
    at: datetime | None = None,
) -> Item:
    """Make a card and open its first stage visit; records `item.created`.

    Args:
        stage: an open stage of the pipeline; the first one when omitted. Stages before it are
            kept as passed by jump.
        owner_id: the responsible; the actor when omitted.
        changes: field code -> value, as `edit_item` takes them.
        lines: products; their sum becomes the amount unless `changes` names one.
        external_id: the card's key in the system it came from; unique within the pipeline.
        at: when the card came to be (aware); now when omitted.
    Raises:
        Forbidden: the role may not add cards to this pipeline (for this owner).
        WrongPipeline, GateClosed, InvalidInput: the stage, what it requires, what was typed.
        Conflict: another card of the funnel has this `external_id`.
    """
    now = at or timezone.now()
    owner_id = owner_id or by.user_id
    if owner_id is None:
        raise InvalidInput(_("Name a responsible person."), fields={"owner": _("Choose a person.")})
    kind = pipeline.item_type
    access.require(by, "add", kind.code, pipeline.code, owner_id=owner_id)
    if pipeline.archived:
        raise InvalidInput(_("This funnel is in the archive. Choose another one."))
    require_working(owner_id)
    stages = ordered_stages(pipeline)
    stage = stage or first_stage(stages)
    if not stage.is_open:
        raise InvalidInput(_("A new card starts in a stage of work. Choose one."))
    if stage.pipeline_id != pipeline.pk:
        raise WrongPipeline(stage)
    clean = clean_changes(kind, {**(changes or {}), "title": title}, by=by)
    item = draft_item(
        pipeline, stage, clean.columns, clean.values, owner_id=owner_id, by=by, at=now
    )
    item.external_id = external_id
    _require_facts(item, stage, stages, has_lines=bool(lines))
    place_item(item, stages, by=by, lines=lines, sum_up="amount" not in (changes or {}))
    return item


def first_stage(stages: Sequence[Stage]) -> Stage:
    """Return the first stage of work.

    Raises:
        InvalidInput: the funnel has none.
    """
    found = next((s for s in stages if s.is_open), None)
    if found is None:
        raise InvalidInput(_("A new card starts in a stage of work. Choose one."))
    return found


def draft_item(
    pipeline: Pipeline,
    stage: Stage,
    columns: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    owner_id: int,
    by: Actor,
    at: datetime,
    known_client: bool = True,
) -> Item:
    """Return a card that is not saved yet, graded, from clean columns and values.

    Args:
        known_client: False when the client was made just now: then nothing was bought before.
    """
    item = Item(
        pipeline=pipeline,
        stage=stage,
        owner_id=owner_id,
        created_at=at,
        changed_at=at,
        stage_entered_at=at,
        created_by_id=by.user_id,
        values={code: value for code, value in values.items() if value is not None},
    )
    for attribute, value in columns.items():
        setattr(item, attribute, value)
    item.repeat = known_client and has_bought(item.contact_id, item.company_id)
    count_formulas(item)
    regrade(item)
    return item


def place_item(
    item: Item,
    stages: Sequence[Stage],
    *,
    by: Actor,
    lines: Sequence[Line] = (),
    sum_up: bool = False,
    **diff: Any,
) -> None:
    """Save a drafted card, open its first visit, record `item.created` with `diff` besides.

    In the transaction of a command that has checked rights and gate. Channels place cards
    without asking the gate: an enquiry is never refused because it says too little (I2).
    """
    item.stalls_at = rules.stalls_at(
        item.stage,
        item.stage_entered_at,
        lambda: schedule_of(item.owner_id, calendar_id=item.pipeline.calendar_id),
    )
    _insert(item)
    if lines:
        write_lines(item, lines, sum_up=sum_up)
    at = item.created_at
    first_visit(item, stages, by=by, at=at)
    diff |= {"stage": item.stage_id, "title": item.title, "grade": item.grade}
    note_event("item.created", item, by=by, at=at, **diff)


def _insert(item: Item) -> None:
    """Write a new card, or refuse when another one of its funnel has its outer key."""
    if not item.external_id:
        insert_row(item)
        return
    try:
        with transaction.atomic():
            insert_row(item)
    except IntegrityError as error:
        if "item_external_id" not in str(error):
            raise
        raise Conflict(
            _("There is a card with the external key “%(key)s” in this funnel already.")
            % {"key": item.external_id}
        ) from None


def regrade(item: Item) -> bool:
    """Set the grade from the answers; whether it changed. The caller saves."""
    rule = item.pipeline.item_type.grade_rule
    if not rule.get("fields"):
        return False
    fields = Field.objects.filter(
        item_type_id=item.pipeline.item_type_id, code__in=rule["fields"], archived=False
    )
    result = grade(rule, fields, item.values)
    changed = result.letter != item.grade
    item.grade, item.grade_order = result.letter, result.order
    return changed


def has_bought(contact_id: int | None, company_id: int | None) -> bool:
    """Whether this person or company has a won card that counts as revenue (FS-1, CM-21)."""
    if contact_id is None and company_id is None:
        return False
    buyer = Q()
    if contact_id is not None:
        buyer |= Q(contact_id=contact_id)
    if company_id is not None:
        buyer |= Q(company_id=company_id)
    won = Q(stage__kind=Stage.Kind.WON, pipeline__item_type__counts_in_revenue=True)
    return Item.objects.alive().filter(buyer & won).exists()


def _require_facts(item: Item, stage: Stage, stages: Sequence[Stage], *, has_lines: bool) -> None:
    facts = rules.Facts(item.values, rules.system_facts(item, lines=has_lines))
    missing = rules.missing(rules.required_codes(stages, stage), facts)
    missing = [code for code in missing if code != "next_step"]  # planned once the card is there
    if missing:
        raise GateClosed(stage, missing=gate.names(item.pipeline.item_type_id, missing))
