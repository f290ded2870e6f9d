"""The rail counts clients who wait for an answer and overdue promises, at no query more (UI-5)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item
from tests.people.factories import make_user
from tests.web.inbox.scene import make_talk
from voronka.items.commands import delete_item
from voronka.journal.actors import Actor
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.commands.conversations import close_conversation
from voronka.timeline.counters import waiting
from voronka.timeline.models import Activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    return make_user("manager")


def promise(me, *, item, ago):
    plan = Plan(Activity.Kind.CALL, "Call", timezone.now() + timedelta(hours=1))
    made = plan_activity(plan, item_id=item.pk, by=Actor.user(me))
    Activity.objects.filter(pk=made.pk).update(due_at=timezone.now() - ago)
    return made


def test_what_waits_for_a_person_is_counted_in_one_query(me, django_assert_num_queries):
    waits, closed = make_talk(me), make_talk(me, **{"from": [["phone", "+79990000001"]]})
    make_talk(make_user("manager"), **{"from": [["phone", "+79990000002"]]})
    close_conversation(closed.pk, by=Actor.user(me))
    late, gone = make_item(owner=me), make_item(owner=me)
    promise(me, item=late, ago=timedelta(hours=1))
    promise(me, item=late, ago=timedelta(hours=-1))
    promise(me, item=gone, ago=timedelta(hours=1))
    delete_item(gone.pk, by=Actor.system())
    with django_assert_num_queries(1):
        found = waiting(me)
    assert (found.talks, found.overdue) == (1, 1)
    assert waits.owner == me


def test_the_rail_and_the_bottom_bar_show_the_counters(client, me):
    make_talk(me)
    promise(me, item=make_item(owner=me), ago=timedelta(hours=1))
    client.force_login(me)
    page = client.get(reverse("account:profile")).content.decode()
    assert page.count("1 клиент ждёт вашего ответа") == 2
    assert page.count("Просрочено: 1 дело") == 2
    client.force_login(make_user("manager"))  # the same links, other figures
    other = client.get(reverse("account:profile")).content.decode()
    assert "ждёт вашего ответа" not in other
    assert "<!--" not in other.partition('<nav class="rail"')[2].partition("</nav>")[0]


def test_the_counters_are_drawn_again_for_their_places(client, me):
    make_talk(me)
    client.force_login(me)
    answer = client.get(reverse("counters")).content.decode()
    for place in ("rail-talks", "bottom-talks", "rail-overdue", "bottom-overdue"):
        assert f'id="{place}" hx-swap-oob="innerHTML"' in answer
    assert answer.count('class="counter"') == 2
