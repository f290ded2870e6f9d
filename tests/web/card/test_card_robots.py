"""Robots on the card: buttons, the story, calling off, passes; mini-boards of elements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.automation.factories import TELL, make_robot
from tests.factories import SYSTEM, make_item, make_pipeline, stage
from tests.people.factories import make_department, make_user
from voronka.automation.commands import stop_engine
from voronka.automation.commands.control import HighValueSpec, save_high_value
from voronka.automation.models import RobotRun, StagePass
from voronka.automation.worker import drain
from voronka.items.commands import link_items, move_item
from voronka.items.models import Item
from voronka.journal.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def head():
    return make_user("head_of_sales", name="Olga")


@pytest.fixture
def seller(head):
    return make_user("manager", name="Anna", department=make_department(head=head))


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def item(pipeline, seller):
    return make_item(pipeline, owner=seller, title="Kitchen", amount=500)


def side(client, item):
    return client.get(reverse("card:side", args=[item.pk])).content.decode()


def test_a_button_is_pressed_and_the_page_is_told_what_came_of_it(client, pipeline, item, head):
    make_robot(pipeline, "button", ("notify", {"who": ["head"], "text": "Help"}), code="call")
    client.force_login(item.owner)
    url = reverse("card:press", args=[item.pk, "call"])
    assert url in side(client, item)
    waiting = client.post(url)
    look = reverse("card:pressed", args=[item.pk, "call"])
    assert f"{look}?after=0&amp;looks=0" in waiting.content.decode()
    assert "looks=1" in client.get(look, {"after": 0, "looks": 0}).content.decode()
    drain()
    told = client.get(look, {"after": 0, "looks": 1})
    assert "Olga" in told["HX-Trigger"]
    assert "hx-get" not in told.content.decode()


def test_a_button_whose_conditions_fail_says_which(client, pipeline, item):
    dear = {"fact": "amount", "op": "greater", "value": 1000}
    make_robot(pipeline, "button", TELL, conditions=dear, code="press-me")
    client.force_login(item.owner)
    client.post(reverse("card:press", args=[item.pk, "press-me"]))
    drain()
    url = reverse("card:pressed", args=[item.pk, "press-me"])
    assert "1 000" in client.get(url, {"after": 0}).headers["HX-Trigger"].replace("\\u00a0", " ")


def test_while_all_robots_stand_still_a_button_says_so(client, pipeline, item):
    make_robot(pipeline, "button", TELL, code="press-me")
    stop_engine(why="holidays", by=SYSTEM)
    client.force_login(item.owner)
    url = reverse("card:pressed", args=[item.pk, "press-me"])
    assert '"kind": "warning"' in client.get(url, {"after": 0, "looks": 99})["HX-Trigger"]


def test_only_robots_that_do_more_than_tell_are_asked_about(client, pipeline, item):
    other = make_pipeline(pipeline.item_type)
    make_robot(pipeline, "button", TELL, code="calm")
    make_robot(pipeline, "button", ("tunnel", {"to": f"{other.code}/s1"}), code="far")
    client.force_login(item.owner)
    page = side(client, item)
    assert page.count("hx-confirm") == 1
    client.force_login(make_user("observer"))
    assert reverse("card:press", args=[item.pk, "calm"]) not in side(client, item)


def test_the_story_is_told_and_a_head_calls_off_what_is_due(client, pipeline, item, head):
    make_robot(pipeline, "stage_entered", TELL, delay="2d calendar", code="later")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    run = RobotRun.objects.get(robot__code="later")
    story, off = reverse("card:robots", args=[item.pk]), reverse("card:call_off", args=[run.pk])
    client.force_login(item.owner)
    assert off not in client.get(story).content.decode()
    assert client.post(off).status_code == 403
    client.force_login(head)
    assert off in client.get(story).content.decode()
    answer = client.post(off)
    assert off not in answer.content.decode()
    run.refresh_from_db()
    assert (run.state, run.explanation["why"]) == ("cancelled", "by_hand")
    assert Event.objects.filter(verb="item.robot_called_off").exists()
    again = client.post(off)
    assert '"kind": "warning"' in again["HX-Trigger"]


def test_what_a_run_has_done_stays_told_when_the_rest_is_called_off(client, pipeline, item, head):
    wait = ("wait", {"at_most": "2d calendar"})
    make_robot(pipeline, "stage_entered", TELL, wait, TELL, code="steps")
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    drain()
    run = RobotRun.objects.get(robot__code="steps")
    client.force_login(head)
    client.post(reverse("card:call_off", args=[run.pk]))
    run.refresh_from_db()
    assert run.explanation["why"] == "by_hand"
    assert len(run.explanation["actions"]) >= 1


def test_a_large_order_shows_the_passes_it_needs_and_a_head_gives_one(client, item, head):
    save_high_value(item.pipeline, HighValueSpec(amount=Decimal(400), passes=("s3",)), by=SYSTEM)
    url = reverse("card:let_pass", args=[item.pk, stage(item.pipeline, "s3").pk])
    client.force_login(item.owner)
    page = side(client, item)
    assert "pass-row" in page
    assert url not in page
    assert client.post(url).status_code == 403
    client.force_login(head)
    assert url in side(client, item)
    assert client.post(url).status_code == 204
    assert StagePass.objects.get(item=item).amount == 500
    assert url not in side(client, item)
    Item.objects.filter(pk=item.pk).update(amount=900)
    assert url in side(client, item)


def test_elements_of_a_deal_stand_on_a_mini_board_with_the_late_ones_marked(
    client, item, django_assert_max_num_queries
):
    works = make_pipeline()
    made = [make_item(works, owner=item.owner, title=f"Element {n}") for n in range(3)]
    for element in made:
        link_items(item.pk, element.pk, kind="part", by=SYSTEM)
    move_item(made[0].pk, to=stage(works, "s2"), by=SYSTEM)
    long_ago = timezone.now() - timedelta(days=2)
    Item.objects.filter(pk=made[1].pk).update(stalls_at=long_ago)
    client.force_login(make_user("owner"))
    page = client.get(reverse("card:side", args=[item.pk]))
    (board,) = page.context["card"].boards
    assert [len(cell.rows) for cell in board.cells][:2] == [2, 1]
    assert (board.late, board.ready) == (1, 0)
    assert not page.context["card"].others
    with django_assert_max_num_queries(18):
        client.get(reverse("card:side", args=[item.pk]))
