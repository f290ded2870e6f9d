"""The sales report says what is in the base, within the reader's rights."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.factories import SYSTEM, make_item, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.analytics.queries import sales_report
from voronka.items.commands import lose_item, win_item
from voronka.items.commands.loading import LoadRow, load_items
from voronka.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_an_empty_base_has_a_line_of_zeros_and_no_rates():
    [row] = sales_report(user=None)
    assert (row.cards, row.won_sum, row.win_rate, row.average) == (0, 0, None, None)


def test_counts_sums_and_win_rate_by_responsible(django_assert_num_queries):
    pipeline = make_pipeline()
    reason = make_reason(pipeline)
    anna, boris = make_user(name="Анна"), make_user(name="Борис")
    for amount in ("100", "300"):
        win_item(make_item(pipeline, owner=anna, amount=amount).pk, by=SYSTEM)
    lose_item(make_item(pipeline, owner=anna).pk, by=SYSTEM, reason=reason)
    make_item(pipeline, owner=boris, amount="50")
    with django_assert_num_queries(4):
        rows = {r.labels[0]: r for r in sales_report(user=None, by=["agent"])}
    assert rows["Анна"].won_sum == Decimal(400)
    assert rows["Анна"].win_rate == pytest.approx(2 / 3)
    assert rows["Анна"].average == Decimal(200)
    assert (rows["Борис"].open, rows["Борис"].open_sum) == (1, Decimal(50))


def test_a_quarter_is_that_of_closing_and_the_cycle_runs_from_creation():
    pipeline, owner = make_pipeline(), make_user()
    made = datetime(2025, 3, 25, 9, tzinfo=UTC)
    visits = [(stage(pipeline, "s1"), made), (stage(pipeline, "won"), made + timedelta(days=10))]
    load_items(pipeline, [LoadRow("Deal", owner.pk, visits, amount=Decimal(5))], by=SYSTEM)
    [row] = sales_report(user=None, by=["quarter"])
    assert row.labels == ("2025 Q2",)
    assert row.cycle == timedelta(days=10)


def test_leads_and_custom_types_never_count_as_revenue():
    from tests.factories import make_item_type

    lead = make_pipeline(make_item_type("lead"))
    win_item(make_item(lead, amount="1000").pk, by=SYSTEM)
    [row] = sales_report(user=None)
    assert row.cards == 0


def test_a_manager_sees_only_own_figures():
    pipeline, anna = make_pipeline(), make_user("manager")
    make_item(pipeline, owner=anna, amount="10")
    make_item(pipeline, owner=make_user("manager"), amount="90")
    [row] = sales_report(user=anna)
    assert (row.cards, row.open_sum) == (1, Decimal(10))


def test_an_unknown_dimension_is_refused_in_words():
    with pytest.raises(InvalidInput, match="stage"):
        sales_report(user=None, by=["planet"])
