"""Sources side by side: quality, price, and which touch decided (IN-16, QL-5, Q9)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.factories import (
    SYSTEM,
    make_item,
    make_item_type,
    make_pipeline,
    make_reason,
)
from tests.people.factories import make_user
from voronka.analytics.sources import sources
from voronka.items.attribution import attribution
from voronka.items.commands import convert_lead, edit_item, lose_item, win_item
from voronka.items.commands.sources import (
    Cost,
    add_touch,
    delete_cost,
    name_deciding_touch,
    save_costs,
)
from voronka.items.models import SourceCost, Touch
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Source

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 17, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))
MARCH = {"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 31)}


@pytest.fixture
def yandex():
    return Source.objects.create(code="yandex", name=LocalText("Яндекс", "Yandex"), position=1)


@pytest.fixture
def avito():
    return Source.objects.create(code="avito", name=LocalText("Авито", "Avito"), position=2)


@pytest.fixture
def leads():
    return make_pipeline(make_item_type("lead"), reasons=True)


def make_lead(leads, source, **extra):
    return make_item(leads, source=source.pk, at=DAY, **extra)


def test_enquiries_are_followed_to_payment_and_priced(
    yandex, avito, leads, django_assert_num_queries
):
    spam = make_reason(leads, target=False)
    deals = make_pipeline()
    paid, talking, dear, rubbish = (make_lead(leads, yandex) for _ in range(4))
    deal = convert_lead(paid.pk, by=SYSTEM, pipeline=deals)
    edit_item(deal.pk, {"amount": 90_000}, by=SYSTEM)
    win_item(deal.pk, by=SYSTEM)
    convert_lead(talking.pk, by=SYSTEM, pipeline=deals)
    lose_item(dear.pk, by=SYSTEM, reason=leads.loss_reasons.exclude(pk=spam.pk).first())
    lose_item(rubbish.pk, by=SYSTEM, reason=spam)
    save_costs([Cost("yandex", **MARCH, amount=Decimal(8000))], by=SYSTEM)
    make_lead(leads, avito)
    with django_assert_num_queries(5):  # calendar, company; cards, costs, sources
        first, second = sources(user=None, **MARCH)
    assert (first.source, first.enquiries, first.non_target, first.target_lost) == (yandex, 4, 1, 1)
    assert (first.qualified, first.paid, first.revenue) == (2, 1, Decimal(90_000))
    assert first.quality == 0.75
    assert (first.per_lead, first.per_qualified, first.per_payment) == (2000, 4000, 8000)
    assert (second.source, second.enquiries, second.per_lead) == (avito, 1, None)


def test_without_leads_every_target_deal_is_qualified(yandex):
    deals = make_pipeline(reasons=True)
    spam = make_reason(deals, target=False)
    won, lost, rubbish = (make_item(deals, source=yandex.pk, at=DAY, amount=10) for _ in range(3))
    win_item(won.pk, by=SYSTEM)
    lose_item(lost.pk, by=SYSTEM, reason=deals.loss_reasons.exclude(pk=spam.pk).first())
    lose_item(rubbish.pk, by=SYSTEM, reason=spam)
    [row] = sources(user=None, **MARCH)
    assert (row.enquiries, row.qualified, row.paid, row.revenue) == (3, 2, 1, Decimal(10))


def test_two_leads_of_one_deal_are_paid_once(yandex, leads):
    deals = make_pipeline()
    first, second = make_lead(leads, yandex), make_lead(leads, yandex)
    deal = convert_lead(first.pk, by=SYSTEM, pipeline=deals)
    convert_lead(second.pk, by=SYSTEM, attach_to=deal.pk)
    edit_item(deal.pk, {"amount": 500}, by=SYSTEM)
    win_item(deal.pk, by=SYSTEM)
    [row] = sources(user=None, **MARCH)
    assert (row.qualified, row.paid, row.revenue) == (2, 1, Decimal(500))


def test_costs_count_by_the_day_and_campaigns_stand_apart(yandex, leads):
    make_lead(leads, yandex, utm={"utm_campaign": "spring"})
    make_lead(leads, yandex)
    save_costs(
        [
            Cost("yandex", date(2026, 2, 1), date(2026, 3, 31), Decimal(5900)),
            Cost("yandex", **MARCH, amount=Decimal(310), campaign="spring"),
        ],
        by=SYSTEM,
    )
    [whole] = sources(user=None, **MARCH)
    assert (whole.enquiries, whole.cost) == (2, Decimal("3410.00"))
    plain, spring = sources(user=None, **MARCH, campaigns=True)
    assert (plain.campaign, plain.cost) == ("", Decimal("3100.00"))
    assert (spring.campaign, spring.enquiries, spring.cost) == ("spring", 1, Decimal("310.00"))
    [ten_days] = sources(user=None, first_day=date(2026, 4, 1), last_day=date(2026, 4, 10)) or [
        None
    ]
    assert ten_days is None


def test_a_cost_again_replaces_itself_and_bad_rows_are_refused(yandex):
    for amount in (100, 200):
        save_costs([Cost("yandex", **MARCH, amount=Decimal(amount))], by=SYSTEM)
    assert SourceCost.objects.get().amount == 200
    bad = [
        Cost("mars", **MARCH, amount=Decimal(1)),
        Cost("yandex", date(2026, 3, 2), date(2026, 3, 1), Decimal(-1)),
    ]
    with pytest.raises(InvalidInput) as refusal:
        save_costs(bad, by=SYSTEM)
    assert set(refusal.value.fields) == {"0.source", "1.last_day", "1.amount"}
    with pytest.raises(Forbidden):
        save_costs([], by=Actor.user(make_user("manager")))
    save_costs([], by=Actor.user(make_user("marketer")))
    delete_cost(SourceCost.objects.get().pk, by=SYSTEM)
    assert not SourceCost.objects.exists()


def test_first_last_and_deciding_touch_are_kept_apart(yandex, avito, leads):
    site = Source.objects.create(code="site", name=LocalText("Сайт", "Site"), position=3)
    item = make_lead(leads, yandex)
    touches = [
        add_touch(item.pk, source_id=source.pk, at=DAY + timedelta(hours=hours))
        for source, hours in ((yandex, 0), (avito, 1), (site, 2))
    ]
    known = attribution(item)
    assert (known.first, known.last, known.deciding) == (touches[0], touches[2], touches[2])
    name_deciding_touch(touches[1].pk, by=SYSTEM)
    name_deciding_touch(touches[1].pk, by=SYSTEM)
    assert attribution(item).deciding == touches[1]
    for touch, source in (("first", yandex), ("last", site), ("deciding", avito)):
        [row] = sources(user=None, **MARCH, touch=touch)
        assert row.source == source
    deal = convert_lead(item.pk, by=SYSTEM, pipeline=make_pipeline())
    assert attribution(deal).deciding.source == avito
    assert Touch.objects.filter(item=deal).count() == 3


def test_without_touches_the_card_s_own_source_counts(yandex, leads):
    item = make_lead(leads, yandex)
    assert attribution(item).deciding is None
    [row] = sources(user=None, **MARCH, touch="deciding")
    assert row.source == yandex


def test_a_touch_after_the_closing_decides_nothing(yandex, avito, leads):
    item = make_lead(leads, yandex)
    add_touch(item.pk, source_id=yandex.pk, at=DAY)
    lose_item(item.pk, by=SYSTEM, reason=leads.loss_reasons.first())
    item.refresh_from_db()
    add_touch(item.pk, source_id=avito.pk, at=item.closed_at + timedelta(days=1))
    assert attribution(item).deciding.source == yandex
    [row] = sources(user=None, **MARCH, touch="deciding")
    assert row.source == yandex


def test_a_person_counts_only_what_they_may_see(yandex, leads):
    seller = make_user()
    make_lead(leads, yandex, owner=seller)
    make_lead(leads, yandex)
    [row] = sources(user=seller, **MARCH)
    assert row.enquiries == 1
