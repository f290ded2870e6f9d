"""Person → head of sales → owner: whoever lets a late card lie is passed over (RB-2, F10)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import make_item
from tests.people.factories import make_department, make_user
from voronka.automation.models import AutoTask
from voronka.automation.worker import drain
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people.queries import head_above_head_of
from voronka.pipelines.models import Pipeline
from voronka.timeline.commands.activities import finish_activity
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
LATE = timedelta(days=30)  # any deadline of a stage, and any time of a task, has passed


@pytest.fixture(params=["minimal", "furniture"])
def people(request):
    """A ready company with an owner, a head of sales and a seller."""
    apply(ready_companies.load(request.param), by=Actor.system())
    owner, head = make_user("owner"), make_user("head_of_sales")
    return owner, head, make_user(department=make_department(head=head))


def late_deal(seller):
    """A deal that has just stayed too long on its stage; the head knows."""
    first = Pipeline.objects.filter(item_type__code="deal").first()
    item = make_item(first, owner=seller)
    drain()
    card = Item.objects.get(pk=item.pk)
    drain(now=card.stalls_at + timedelta(minutes=1))
    return card


def calls(card):
    """Whose tasks to help there are, in order."""
    tasks = AutoTask.objects.filter(item=card, purpose=AutoTask.Purpose.ESCALATION)
    return [task.activity for task in tasks.select_related("activity__owner").order_by("pk")]


def test_the_owner_is_called_when_the_head_lets_it_lie(people):
    owner, head, seller = people
    card = late_deal(seller)
    assert [task.owner for task in calls(card)] == [head]
    drain(now=calls(card)[0].due_at + timedelta(minutes=1))
    of_head, of_owner = calls(card)
    assert of_owner.owner == owner
    assert of_owner.answers == of_head.answers
    told = Notification.objects.get(user=owner, item_id=card.pk, kind="robot")
    assert card.title in told.text
    assert told.mode == "urgent"
    drain(now=timezone.now() + LATE)
    assert len(calls(card)) == 2  # once in a stay, and the owner's own task calls nobody


def test_an_answer_of_the_head_in_time_ends_it(people):
    _owner, head, seller = people
    card = late_deal(seller)
    finish_activity(calls(card)[0].pk, outcome="done", answer="helped", by=Actor.user(head))
    drain(now=timezone.now() + LATE)
    assert [task.owner for task in calls(card)] == [head]


def test_the_rung_above_is_never_another_head_of_sales():
    owner, head = make_user("owner"), make_user("head_of_sales")
    make_user("head_of_sales")
    seller = make_user(department=make_department(head=head))
    assert head_above_head_of(seller.pk) == owner
    assert head_above_head_of(owner.pk) is None  # nobody is above


def test_the_rung_above_is_the_next_head_up_the_tree():
    make_user("owner")
    director, head = make_user("head_of_sales"), make_user("head_of_sales")
    whole = make_department(head=director)
    seller = make_user(department=make_department(whole, head=head))
    assert head_above_head_of(seller.pk) == director
