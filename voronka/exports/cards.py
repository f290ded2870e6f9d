"""Cards as tables that an import reads back: one for each funnel, with the fields of its type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from voronka.exports.clients import key
from voronka.exports.own_fields import columns as own_columns
from voronka.exports.tables import Column, Table, chunks
from voronka.items.models import Item, LineItem, StageVisit
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Pipeline, Stage

ENTERED = "entered:"
_COLUMNS = (
    "id key title pipeline stage stage_name state amount currency owner owner_name company "
    "company_id company_key contact contact_id contact_key source product quantity grade "
    "repeat created_at changed_at stage_entered_at stalls_at closed_at loss_reason "
    "loss_reason_name loss_comment loss_told_by next_activity_at next_activity_title "
    "first_response_at last_touch_at utm checks"
)


def card_tables(people: dict[int, str]) -> Iterator[Table]:
    """Return the cards of every funnel, those in the recycle bin apart."""
    pipelines = Pipeline.objects.select_related("item_type").order_by("item_type__position", "pk")
    for pipeline in pipelines:
        fields = list(Field.objects.filter(item_type=pipeline.item_type))
        cards = Item.objects.filter(pipeline=pipeline)
        yield _table(pipeline, cards.filter(deleted_at=None), fields, people)
        if (binned := cards.filter(deleted_at__isnull=False)).exists():
            yield _table(pipeline, binned, fields, people, folder="bin/")


def path_of(pipeline: Pipeline, folder: str = "") -> str:
    """Return where the cards of a funnel lie in the archive."""
    return f"{folder}cards/{pipeline.item_type.code}/{pipeline.code}"


def _table(
    pipeline: Pipeline,
    cards: QuerySet[Item],
    fields: Sequence[Field],
    people: dict[int, str],
    *,
    folder: str = "",
) -> Table:
    stages = list(pipeline.stages.order_by("position", "pk"))
    dated = [s for s in stages if s.is_open]
    name = pipeline.name
    binned = bool(folder)
    about = LocalText(
        f"Карточки воронки «{name.in_language('ru')}»" + (" из корзины." if binned else "."),
        f"Cards of the funnel “{name.in_language('en')}”" + (" in the bin." if binned else "."),
    )
    columns = [Column(code) for code in _COLUMNS.split()] + own_columns(fields, people)
    columns += [Column(ENTERED + stage.code) for stage in dated]
    columns += [Column("deleted_at")] if binned else []

    def read() -> Iterator[Sequence[Any]]:
        by_id = {stage.pk: stage for stage in stages}
        related = cards.select_related("owner", "company", "contact", "source", "loss_reason")
        for piece in chunks(related.order_by("pk")):
            entered, lines = _entered(piece), _lines(piece)
            for item in piece:
                row = _row(item, pipeline, by_id[item.stage_id], lines.get(item.pk, []))
                row += [item.values.get(field.code) for field in fields]
                row += [
                    item.stage_entered_at
                    if stage.pk == item.stage_id
                    else entered.get((item.pk, stage.pk))
                    for stage in dated
                ]
                yield [*row, item.deleted_at] if binned else row

    return Table(path_of(pipeline, folder), about, columns, read, cards.count)


def _row(item: Item, pipeline: Pipeline, stage: Stage, lines: list[LineItem]) -> list[Any]:
    only = lines[0] if len(lines) == 1 else None  # an import can bring one line back
    reason = item.loss_reason
    return [
        *(item.pk, key(item.pk, item.external_id), item.title, pipeline.code),
        *(stage.code, stage.name, stage.kind, item.amount, settings.CURRENCY),
        *(item.owner.email, item.owner.name),
        *_client(item.company),
        *_client(item.contact),
        item.source.code if item.source else None,
        *((only.product.code if only.product else None, only.quantity) if only else (None, None)),
        *(item.grade, item.repeat, item.created_at, item.changed_at, item.stage_entered_at),
        *(item.stalls_at, item.closed_at),
        *((reason.code, reason.name) if reason else (None, None)),
        *(item.loss_comment, item.loss_told_by, item.next_activity_at),
        item.next_activity_title,
        *(item.first_response_at, item.last_touch_at, item.utm, item.checks),
    ]


def _client(client: Any) -> tuple[Any, ...]:
    if client is None:
        return None, None, None
    return client.name, client.pk, key(client.pk, client.external_id)


def _entered(piece: list[Item]) -> dict[tuple[int, int], datetime]:
    """Return when each card first came to each stage; stages passed over have no date."""
    found: dict[tuple[int, int], datetime] = {}
    visits = StageVisit.objects.filter(item__in=[i.pk for i in piece], jump=False)
    rows = visits.order_by("entered_at", "pk").values_list("item_id", "stage_id", "entered_at")
    for item_id, stage_id, at in rows:
        found.setdefault((item_id, stage_id), at)
    return found


def _lines(piece: list[Item]) -> dict[int, list[LineItem]]:
    found: dict[int, list[LineItem]] = defaultdict(list)
    for line in LineItem.objects.select_related("product").filter(item__in=[i.pk for i in piece]):
        found[line.item_id].append(line)
    return found
