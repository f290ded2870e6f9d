"""The demo company keeps every rule that a real one keeps."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import Lead
from django.utils import timezone

from voronka.clients.models import Client
from voronka.demo import queries
from voronka.demo.commands import load_demo
from voronka.demo.errors import NotEmpty
from voronka.demo.filling import PRICES
from voronka.items.commands.loading import Loader, LoadRow
from voronka.items.models import Item, ItemLink, LineItem, StageVisit
from voronka.people.models import User
from voronka.pipelines.models import Pipeline
from voronka.products.models import Product
from voronka.timeline.models import Activity, Note, Notification

pytestmark = pytest.mark.django_db


ZONE = ZoneInfo(settings.TIME_ZONE)
MOMENTS = {  # of the company's clock; the demo is right whenever it is loaded
    "now": None,
    "a Sunday night": datetime(2026, 11, 29, 3, 10, tzinfo=ZONE),
    "the first minutes of a year": datetime(2027, 1, 1, 0, 20, tzinfo=ZONE),
    "the noon of a holiday": datetime(2026, 5, 9, 12, tzinfo=ZONE),
    "an evening of the leap day": datetime(2028, 2, 29, 23, 55, tzinfo=ZONE),
}


@pytest.fixture(scope="module", params=MOMENTS.values(), ids=MOMENTS.keys(), autouse=True)
def now(request, django_db_setup, django_db_blocker):
    """Load a small demo company for all tests of the module; return when its history ends."""
    moment = request.param or timezone.now()
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(scale=0.12, now=moment)
        yield moment
        transaction.set_rollback(True)


def test_every_card_has_exactly_one_open_visit():
    counted = Item.objects.annotate(opened=Count("visits", filter=Q(visits__left_at=None)))
    assert not counted.exclude(opened=1).exists()


def test_visits_follow_each_other_without_gaps():
    following = Window(
        Lead("entered_at"), partition_by=F("item"), order_by=[F("entered_at"), F("id")]
    )
    visits = StageVisit.objects.annotate(next=following).values_list("left_at", "next")
    assert all(left == following for left, following in visits)


def test_closed_cards_say_when_and_open_ones_do_not():
    assert not Item.objects.filter(stage__kind="open", closed_at__isnull=False).exists()
    assert not Item.objects.exclude(stage__kind="open").filter(closed_at=None).exists()


def test_a_lost_card_has_its_reason():
    lost = Item.objects.filter(stage__kind="lost")
    assert lost.exists()
    assert not lost.filter(loss_reason=None).exists()


def test_nothing_happens_in_the_future_but_what_is_planned(now):
    assert not StageVisit.objects.filter(entered_at__gt=now).exists()
    assert not Item.objects.filter(created_at__gt=now).exists()
    assert not Note.objects.filter(created_at__gt=now).exists()
    assert not Activity.objects.filter(Q(created_at__gt=now) | Q(done_at__gt=now)).exists()
    assert Activity.objects.filter(due_at__gt=now, done_at=None).exists()


def test_no_card_stands_where_the_gate_would_not_have_let_it():
    for pipeline in Pipeline.objects.select_related("item_type"):
        loader = Loader(pipeline, by=None)
        cards = pipeline.items.select_related("stage").annotate(rows=Count("lines"))
        for card in cards:
            row = LoadRow(
                title=card.title,
                owner_id=card.owner_id,
                visits=[(card.stage, card.stage_entered_at)],
                amount=card.amount,
                contact_id=card.contact_id,
                company_id=card.company_id,
                source_id=card.source_id,
                values=card.values,
                lines=[None] * card.rows,
            )
            assert not loader.missing(row), (pipeline.code, card.title, card.stage.code)


def test_a_year_lies_behind_and_every_funnel_has_cards(now):
    oldest = Item.objects.order_by("created_at").values_list("created_at", flat=True)[0]
    assert now - oldest > timedelta(days=300)
    assert not Pipeline.objects.annotate(cards=Count("items")).filter(cards=0).exists()


def test_quotes_of_the_design_office_pile_up_past_their_deadline(now):
    stages = Item.objects.open().filter(pipeline__code="retail_office")
    jam = stages.filter(stage__code="quote_sent")
    assert jam.count() > stages.count() / 3
    assert jam.stalled(at=now).count() > jam.count() / 2


def test_amounts_are_the_sum_of_the_products():
    deals = Item.objects.filter(lines__isnull=False).distinct().prefetch_related("lines")
    assert deals.exists()
    for deal in deals:
        total = sum(
            round(line.price * line.quantity * (100 - line.discount) / 100, 2)
            for line in deal.lines.all()
        )
        assert abs(total - deal.amount) < 1, deal.title


def test_buyers_come_back_and_elements_hang_on_their_deals():
    assert Item.objects.filter(repeat=True).exists()
    parts = ItemLink.objects.filter(kind=ItemLink.Kind.PART)
    assert parts.filter(child__pipeline__code="production").exists()
    assert ItemLink.objects.filter(kind=ItemLink.Kind.CONVERTED).exists()
    assert ItemLink.objects.filter(child__pipeline__code="claims").exists()


def test_some_answers_came_late_and_most_came_soon():
    waits = [
        item.first_response_at - item.created_at
        for item in Item.objects.filter(pipeline__code="leads", first_response_at__isnull=False)
    ]
    soon = sum(wait < timedelta(minutes=15) for wait in waits) / len(waits)
    late = sum(wait > timedelta(hours=1) for wait in waits) / len(waits)
    assert soon > 0.3
    assert late > 0.1


def test_taxpayer_numbers_have_right_check_digits():
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    numbers = Client.objects.exclude(inn="").values_list("inn", flat=True)
    assert len(numbers) > 3
    for inn in numbers:
        check = sum(int(d) * w for d, w in zip(inn, weights, strict=False)) % 11 % 10
        assert int(inn[9]) == check


def test_prices_are_those_of_the_price_list():
    listed = {p.code: int(p.price) for p in Product.objects.filter(archived=False)}
    assert listed == PRICES
    assert LineItem.objects.filter(product=None).count() == 0


def test_people_of_the_demo_can_be_logged_in_as_and_somebody_has_a_bell_to_open():
    logins = queries.demo_logins()
    assert [login.email.split("@")[0] for login in logins][:3] == ["owner", "rop", "manager"]
    assert User.objects.get(email=logins[0].email).check_password(logins[0].password)
    assert Notification.objects.filter(read_at=None).exists()


def test_a_second_load_is_refused():
    with pytest.raises(NotEmpty):
        load_demo(scale=0.05)
