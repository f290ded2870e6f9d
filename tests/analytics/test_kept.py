"""Reports from kept totals say what counting every card says, whatever happened to the cards."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.analytics.kept import COLUMNS
from voronka.analytics.queries import sales_report
from voronka.items import commands
from voronka.items.commands.folding import fold_tally
from voronka.items.commands.loading import LoadRow, load_items
from voronka.items.models import ClosedTally, Item, Watch
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Source, Stage

pytestmark = pytest.mark.django_db
ZERO = Decimal(0)


def told(**asked):
    rows = sales_report(**asked)
    figures = (
        (r.cards, r.open, r.won, r.lost, r.won_sum, r.open_sum, r.win_rate, r.average, r.cycle)
        for r in rows
    )
    return dict(zip((tuple(map(str, r.keys)) for r in rows), figures, strict=True))


def counted(cards, by, since=None, until=None):
    """The same by walking over the cards."""
    lines = defaultdict(list)
    for card in cards.select_related("stage", "pipeline", "source", "loss_reason"):
        at = card.closed_at or card.created_at
        if (since and at < since) or (until and at >= until):
            continue
        names = {
            "stage": card.stage_id,
            "agent": card.owner_id,
            "pipeline": card.pipeline.name.as_dict(),
            "source": card.source and card.source.name.as_dict(),
            "reason": card.loss_reason and card.loss_reason.name.as_dict(),
        }
        lines[tuple(str(names[name]) for name in by)].append(card)
    return {key: _figures(cards) for key, cards in lines.items()}


def _figures(cards):
    won = [c for c in cards if c.stage.kind == Stage.Kind.WON]
    lost = [c for c in cards if c.stage.kind == Stage.Kind.LOST]
    opened = [c for c in cards if c.closed_at is None]
    won_sum = sum((c.amount for c in won), ZERO)
    cycles = [c.closed_at - c.created_at for c in won]
    return (
        len(cards),
        len(opened),
        len(won),
        len(lost),
        won_sum,
        sum((c.amount for c in opened), ZERO),
        len(won) / (len(won) + len(lost)) if won or lost else None,
        (won_sum / len(won)).quantize(Decimal("0.01")) if won else None,
        sum(cycles, timedelta()) / len(cycles) if cycles else None,
    )


def assert_told(cards, user=None, **period):
    for by in [(), *combinations(COLUMNS, 1), *combinations(COLUMNS, 2)]:
        found = told(user=user, by=by, **period)
        right = counted(cards, by, **period)
        if not by and not right:
            right = {(): (0, 0, 0, 0, ZERO, ZERO, None, None, None)}
        assert found == right, by


@pytest.fixture
def history():
    """Cards of two funnels, three people and two sources, closed over fourteen months."""
    pipelines = [make_pipeline(), make_pipeline()]
    people = [make_user("manager", name=name) for name in ("Вера", "Анна", "Борис")]
    sources = [
        *(Source.objects.create(code=code, name=LocalText(code)) for code in ("site", "fair")),
        None,
    ]
    for pipeline in pipelines:
        rows = []
        for n in range(40):
            made = datetime(2025, 1, 1, 9, tzinfo=UTC) + timedelta(days=11 * n, hours=n)
            visits = [(stage(pipeline, "s1"), made)]
            if n % 4:
                end = "won" if n % 3 else "lost"
                visits.append((stage(pipeline, end), made + timedelta(days=n % 9, minutes=n)))
            source = sources[n % 3]
            rows.append(
                LoadRow(
                    f"Deal {n}",
                    people[n % 3].pk,
                    visits,
                    amount=Decimal(n * 10),
                    source_id=source.pk if source else None,
                )
            )
        load_items(pipeline, rows, by=SYSTEM)
    return pipelines, people


def test_every_pair_of_dimensions_is_told_as_counted(history):
    assert_told(Item.objects.all())
    fold_tally()
    assert_told(Item.objects.all())


def test_a_period_cuts_through_months_to_the_second(history):
    edge = Item.objects.filter(closed_at__isnull=False).order_by("closed_at")[20].closed_at
    month = datetime(2025, 6, 1, tzinfo=UTC)
    for since, until in (
        (edge, None),
        (None, edge),
        (edge, edge + timedelta(seconds=1)),
        (edge - timedelta(days=1), edge + timedelta(days=100)),
        (month, month + timedelta(days=30)),
        (month, None),
        (month - timedelta(hours=3), month + timedelta(hours=1)),
        (month, month),
    ):
        assert_told(Item.objects.all(), since=since, until=until)


def test_totals_follow_every_change_of_a_closed_card(history):
    [pipeline, _other], [vera, anna, _boris] = history
    reason = make_reason(pipeline)
    item = make_item(pipeline, owner=anna, amount="70")
    commands.win_item(item.pk, by=SYSTEM)
    assert_told(Item.objects.all())
    Item.objects.filter(pk=item.pk).update(
        amount=90, owner=vera, created_at=timezone.now() - timedelta(days=400)
    )
    assert_told(Item.objects.all())
    Item.objects.filter(pk=item.pk).update(closed_at=None, stage=stage(pipeline, "s1"))
    assert_told(Item.objects.all())
    commands.lose_item(item.pk, by=SYSTEM, reason=reason)
    assert_told(Item.objects.all())
    commands.delete_item(item.pk, by=SYSTEM)
    assert_told(Item.objects.alive())
    commands.restore_item(item.pk, by=SYSTEM)
    assert_told(Item.objects.all())
    Item.objects.filter(pk=item.pk).delete()
    assert_told(Item.objects.all())
    lines = ClosedTally.objects.count()
    assert fold_tally() > 0
    assert ClosedTally.objects.count() < lines
    assert_told(Item.objects.all())


def test_work_on_an_open_card_writes_nothing_of_closed_ones():
    pipeline = make_pipeline()
    item = make_item(pipeline, amount="5")
    commands.move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    assert not ClosedTally.objects.exists()


def test_a_manager_reads_own_figures_and_of_watched_cards_each_once(history):
    _pipelines, [vera, anna, _boris] = history
    for card in Item.objects.filter(owner=anna)[:7]:
        Watch.objects.create(item=card, user=vera)
    Watch.objects.create(item=Item.objects.filter(owner=vera)[0], user=vera)
    seen = Item.objects.visible_to(vera)
    assert seen.filter(owner=anna).count() == 7
    assert_told(seen, user=vera)
    since = datetime(2025, 3, 5, 7, tzinfo=UTC)
    assert_told(seen, user=vera, since=since, until=since + timedelta(days=120))
    assert_told(Item.objects.visible_to(make_user("owner")), user=make_user("owner"))
