"""The ready chains at work: what people hear when a lead comes (Q3, RB-4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.channels.factories import PAPER, make_channel, write_in
from tests.clients.factories import make_client
from tests.factories import make_item
from tests.people.factories import make_user
from voronka.automation.commands import switch_robot
from voronka.automation.commands.running import run_due
from voronka.automation.commands.waking import turn_wakes
from voronka.automation.models import Robot, RobotRun
from voronka.automation.worker import drain
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.channels.commands import ChannelSpec, create_channel, send_due
from voronka.channels.registry import providers
from voronka.items.commands import create_item
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline
from voronka.timeline.models import Notification


@pytest.mark.django_db
@pytest.mark.parametrize("company", ["minimal", "furniture"])
def test_the_responsible_hears_once_of_a_lead_whoever_made_it(company):
    apply(ready_companies.load(company), by=Actor.system())
    leads = Pipeline.objects.filter(item_type__code="lead").first()
    boss, seller = make_user("owner"), make_user("manager")

    def heard(item_id):
        turn_wakes()
        run_due()
        told = Notification.objects.filter(user=seller, item_id=item_id)
        return [n.text for n in told.exclude(kind="task")]

    enquiry = write_in(make_channel(leads, owner=seller), "a")
    assert len(heard(enquiry.item_id)) == 1
    by_hand = create_item(leads, title="Кухня", by=Actor.user(boss), owner_id=seller.pk)
    assert len([text for text in heard(by_hand.pk) if "Новый лид" in text]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("company", "first", "second", "desk"),
    [
        ("minimal", "interest_noted", "material_sent", "leads"),  # a lead takes it up
        ("furniture", "wish_noted", "ideas_sent", "retail_office"),  # the deal itself goes back
    ],
)
def test_nurturing_writes_letters_until_the_client_replies(
    company, first, second, desk, monkeypatch
):
    monkeypatch.setitem(providers(), "mail", PAPER)
    PAPER.sent.clear()
    apply(ready_companies.load(company), by=Actor.system())
    seller = make_user("manager")
    funnel = Pipeline.objects.get(code="nurturing")
    rows = Robot.objects.filter(pipeline=funnel, code__startswith="nurture", enabled=False)
    letters = list(rows)
    assert len(letters) == 2  # off until somebody has read what they say
    for robot in letters:
        Robot.objects.filter(pk=robot.pk).update(quiet_from=None, quiet_until=None)
        switch_robot(robot.pk, on=True, by=Actor.system())
    spec = ChannelSpec(
        name="Почта",
        settings={},
        pipeline_id=Pipeline.objects.get(code=desk).pk,
        owner_id=seller.pk,
    )
    channel = create_channel("mail", spec, by=Actor.system())
    anna = make_client("Анна", emails=("anna@example.com",))
    card = make_item(funnel, title="Кухня", contact=anna.pk, owner=seller)

    def after(**span):
        drain(now=timezone.now() + timedelta(**span))
        send_due()
        card.refresh_from_db()
        return [(m.to[1], m.subject) for m in PAPER.sent], card.stage.code

    sent, stage = after()
    assert (len(sent), stage) == (1, first)
    assert sent[0][0] == "anna@example.com"
    assert seller.name in PAPER.sent[0].text
    sent, stage = after(days=6)
    assert (len(sent), stage) == (2, second)
    write_in(channel, "reply", **{"from": [["email", "anna@example.com"]]}, text="Через месяц")
    after()
    open_runs = RobotRun.objects.filter(
        item=card, robot__in=letters, state__in=["pending", "waiting"]
    )
    assert not open_runs.exists()
    sent, _stage = after(days=40)
    assert len(sent) == 2
