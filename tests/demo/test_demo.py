"""The demo company keeps every rule that a real one keeps."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import Lead
from django.utils import timezone

from voronka.analytics.sources import sources
from voronka.automation.actions.make_items import Settings as MakeItems
from voronka.automation.actions.make_items import make_items
from voronka.automation.checking import read
from voronka.automation.mapping import funnel_map, revival
from voronka.automation.models import AutoTask, LossVerdict, Robot, RobotRun
from voronka.automation.naming import RobotNames
from voronka.automation.registry import Context, Nothing
from voronka.automation.verdict_queries import norm_review
from voronka.automation.worker import drain
from voronka.channels.models import Channel, Enquiry
from voronka.clients.models import Client, Exclusion
from voronka.demo import queries
from voronka.demo.bells import UNREAD
from voronka.demo.commands import load_demo
from voronka.demo.errors import NotEmpty
from voronka.demo.filling import PRICES
from voronka.demo.knocking import knock
from voronka.items.commands.loading import Loader, LoadRow
from voronka.items.models import (
    Item,
    ItemLink,
    LineItem,
    Passage,
    ResponseClock,
    SourceCost,
    StageVisit,
)
from voronka.journal.actors import Actor
from voronka.journal.models import Reading
from voronka.journal.queries import eager_readers
from voronka.people.models import User
from voronka.pipelines.models import Pipeline
from voronka.products.models import Product
from voronka.routing.facts import Subject
from voronka.routing.queries import distributions, rehearse, route, routing_rules
from voronka.timeline import day
from voronka.timeline.commands.notices.watching import tell_of_stalled
from voronka.timeline.models import Activity, Conversation, Message, Note, Notification

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


def test_robots_know_the_articles_that_are_in_production():
    robot = Robot.objects.get(code="articles")
    made = ItemLink.objects.filter(
        kind=ItemLink.Kind.PART,
        child__pipeline__code="production",
        parent__pipeline=robot.pipeline,
    )
    before = Item.objects.filter(pipeline__code="production").count()
    params = read(MakeItems, robot.actions[0]["with"])
    context = Context(
        Actor("robot", None, ""),
        robot,
        RobotRun(robot=robot),
        timezone.now(),
        names=lambda item: RobotNames(item.pipeline.item_type),
    )
    for deal in Item.objects.filter(pk__in=made.values("parent")):
        assert isinstance(make_items(deal, params, context), Nothing), deal.title
    assert Item.objects.filter(pipeline__code="production").count() == before
    assert made.exists()


def test_some_answers_came_late_and_most_came_soon():
    waits = [
        item.first_response_at - item.created_at
        for item in Item.objects.filter(pipeline__code="leads", first_response_at__isnull=False)
    ]
    soon = sum(wait < timedelta(minutes=15) for wait in waits) / len(waits)
    late = sum(wait > timedelta(hours=1) for wait in waits) / len(waits)
    assert soon > 0.3
    assert late > 0.1


def test_the_report_of_first_answers_has_a_year_to_tell_of():
    answered = Item.objects.filter(pipeline__code="leads", first_response_at__isnull=False)
    clocks = ResponseClock.objects.filter(item__in=answered, outcome="answered")
    assert clocks.count() > answered.count() * 0.9
    in_norm = clocks.filter(seconds__lte=F("norm_seconds")).count() / clocks.count()
    assert 0.2 < in_norm < 0.9
    assert clocks.filter(source=None).count() == 0


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


def test_nobody_s_bell_is_so_full_that_nobody_reads_it(now):
    tell_of_stalled(at=now)  # the worker does it every five minutes
    unread = Notification.objects.filter(read_at=None).order_by()
    counts = dict(unread.values_list("user__email").annotate(count=Count("pk")))
    assert 0 < counts["rop@svetlydom.example"] < 12 > max(counts.values())
    of_kind = unread.values_list("user", "kind").annotate(count=Count("pk"))
    assert max(count for _user, _kind, count in of_kind) <= UNREAD


def test_the_inbox_has_conversations_by_the_form_answered_and_waiting(now):
    talks = Conversation.objects.all()
    assert 10 <= talks.count() <= 30
    newest = talks.waiting().latest("waiting_since")
    assert now - newest.waiting_since <= timedelta(minutes=10)
    assert talks.waiting().filter(owner=None).exists()
    assert talks.filter(last_direction="out", waiting_since=None, unread=0).exists()
    assert not Message.objects.filter(at__gt=now).exists()
    assert not Enquiry.objects.exclude(state="excluded").filter(message=None).exists()
    answered = Enquiry.objects.filter(state="answered")
    assert answered.exists()
    assert not answered.filter(answered_at__lt=F("happened_at")).exists()


def test_the_form_of_the_site_writes_into_qualification():
    form = queries.demo_form()
    targets = {one["target"] for one in form.fields}
    assert targets >= {"item:budget", "item:urgency", "item:need", "item:authority"}
    assert form.consent_needed
    fresh = Item.objects.filter(enquiries__channel=form.channel_id, first_response_at=None)
    assert fresh.filter(grade__in=["A", "B"]).count() >= 3


def test_who_knocks_on_the_first_day_waits_for_an_answer():
    knock()
    new = Enquiry.objects.filter(external_id__contains="first-day")
    assert new.count() == new.filter(state="carded").count() == 3
    assert {row.channel.provider for row in new} == {"forms", "chat"}
    cards = [row.item for row in new]
    waits = [timezone.now() - card.clock_started_at for card in cards]
    assert timedelta(seconds=15) < min(waits) < max(waits) < timedelta(minutes=3)
    assert all(card.clock_due_at > timezone.now() for card in cards)
    grades = {card.title: card.grade for card in cards}
    assert "A" in grades.values()
    seller = User.objects.get(email__startswith="manager@")
    assert sum(card.owner_id == seller.pk for card in cards) >= 2


def test_advertising_has_its_costs_up_to_this_day(now):
    today = timezone.localdate(now)
    costs = SourceCost.objects.filter(last_day__gte=today - timedelta(days=31))
    assert {cost.source.code for cost in costs} >= {"direct", "avito", "site"}
    assert max(cost.last_day for cost in costs) <= today
    rows = sources(user=None, first_day=today - timedelta(days=90), last_day=today)
    paid = {row.source.code: row.cost / row.enquiries for row in rows if row.cost and row.enquiries}
    assert 100 < paid["avito"] < paid["direct"] < 5000


def test_the_head_has_losses_to_check_and_has_checked_those_before(now):
    waiting = LossVerdict.objects.filter(state="waiting")
    assert 3 <= waiting.count() <= 7
    assert all(verdict.due_at > now and verdict.judge_id for verdict in waiting)
    given = LossVerdict.objects.exclude(state="waiting")
    assert given.filter(state="confirmed").count() > given.filter(state="wrong_reason").count() > 0


def test_somebody_has_opened_cards_and_clients_and_nobody_unusually_many(now):
    read = Reading.objects.all()
    assert set(read.values_list("subject_type", flat=True)) == {"item", "client"}
    assert read.values("reader_id").distinct().count() > 3
    assert eager_readers(more_than=20, until=now) == {}


def test_a_second_load_is_refused():
    with pytest.raises(NotEmpty):
        load_demo(scale=0.05)


def test_refused_customers_are_taken_up_again_and_some_of_them_buy(now):
    found = revival(since=now - timedelta(days=365), until=now)
    refused, taken = sum(r.refused for r in found), sum(r.taken for r in found)
    revived = sum(r.revived for r in found)
    assert 0.2 < taken / refused < 0.8
    assert 0.02 < revived / refused < 0.3  # METHOD N2: up to 30 % at best
    assert sum(r.money for r in found) > 0


def test_cards_pass_through_the_tunnels_of_the_map(now):
    ways = funnel_map(since=now - timedelta(days=365), until=now).arrows
    flows = {(a.from_pipeline, a.to_pipeline) for a in ways if a.cards}
    ids = dict(Pipeline.objects.values_list("code", "pk"))
    for start, end in (
        ("retail_office", "refusals"),
        ("refusals", "retail_office"),
        ("retail_office", "nurturing"),
        ("leads", "nurturing"),
        ("retail_office", "production"),
    ):
        assert (ids[start], ids[end]) in flows, (start, end)
    assert not Passage.objects.filter(at__gt=now).exists()
    assert not Passage.objects.exclude(child__created_at=F("at")).exists()
    assert not Passage.objects.exclude(child__parent_links__parent=F("item")).exists()


def test_enquiries_of_a_month_have_rows_of_the_routing_table_that_decide(now):
    owner = User.objects.get(email__startswith="owner@")
    names = {c.pk: (c.code, c.provider) for c in Channel.objects.all()}
    since = now - timedelta(days=30)
    tried = rehearse(routing_rules(), user=owner, since=since, until=now, channels=names)
    decided = sum(n for rule, n in tried.by_rule.items() if rule is not None)
    assert decided > len(tried.cards) / 2
    assert len(tried.by_rule) >= 4
    assert all(row.members and row.distribution.duty for row in distributions())


def test_the_form_of_the_site_still_leads_to_the_manager_whom_it_names():
    form = queries.demo_form()
    subject = Subject(channel=form.channel.code, grade="A", values={"interest": "kitchen"})
    there = route(subject, routing_rules(), now=timezone.now())
    assert there.owner.email.startswith("manager@")


def test_norms_are_doubted_and_heads_have_calls_for_help_that_are_late(now):
    rows = norm_review(since=now - timedelta(days=60), until=now)
    assert sum(r.escalations for r in rows) > 10
    for what in ("wrong", "prolonged", "paused"):
        assert any(getattr(r, what) for r in rows), what
    calls = AutoTask.objects.filter(purpose="escalation")
    assert calls.filter(closed_at=None, activity__due_at__lt=now).exists()
    assert not calls.filter(activity__done_at__gt=now).exists()
    answers = set(calls.exclude(activity__answer="").values_list("activity__answer", flat=True))
    assert answers >= {"helped", "norm_wrong"}


def test_owner_and_heads_have_something_to_do_today(now):
    for login in ("owner", "rop", "rop.opt"):
        person = User.objects.get(email=f"{login}@svetlydom.example")
        assert len(day.day(person, person, at=now).rows) >= 3, login
    waiting = LossVerdict.objects.filter(state="waiting")
    tasks = AutoTask.objects.filter(purpose="verdict", closed_at=None)
    assert set(tasks.values_list("item", "stay")) == set(waiting.values_list("item", "lost_at"))


def test_strangers_are_shut_out_and_what_they_wrote_is_in_the_ledger():
    rows = Exclusion.objects.in_force(at=timezone.now())
    assert {r.reason for r in rows} == {"spam", "applicant", "supplier"}
    for row in rows:
        assert row.stopped == Enquiry.objects.filter(state="excluded", exclusion=row).count()
    assert sum(r.stopped for r in rows) > 0


def test_robots_do_the_work_of_the_last_days_when_the_worker_starts(now):
    due = RobotRun.objects.filter(state="pending", due_at__lte=now)
    fresh = set(due.filter(robot__code="deal_task").values_list("item", flat=True))
    assert fresh
    with transaction.atomic():
        drain(now=now)
        done = RobotRun.objects.filter(robot__code="deal_task", state="done")
        assert set(done.values_list("item", flat=True)) == fresh
        assert not RobotRun.objects.filter(state="failed").exists()
        tasks = AutoTask.objects.filter(purpose="stage", item__in=fresh)
        assert tasks.count() == len(fresh)
        transaction.set_rollback(True)
