"""The map of funnels: ways with numbers, dead ends, counts, what became of refusals."""

import pytest
from django.urls import reverse

from tests.automation.factories import make_robot
from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.automation.worker import drain
from voronka.items.commands import lose_item, win_item
from voronka.pipelines.models import Pipeline
from voronka.web.funnel_map.drawing import BOX_HEIGHT, BOX_WIDTH, draw

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


@pytest.fixture
def sales():
    pipeline = make_pipeline(reasons=True)
    Pipeline.objects.filter(pk=pipeline.pk).update(purpose="new_sales")
    return pipeline


def refusals_of(pipeline):
    refusals = make_pipeline(pipeline.item_type)
    Pipeline.objects.filter(pk=refusals.pk).update(purpose="lost_reactivation")
    make_robot(pipeline, "lost", ("tunnel", {"to": f"{refusals.code}/s1"}), code="refused")
    return refusals


def lose(pipeline, owner):
    item = make_item(pipeline, owner=owner)
    lose_item(item.pk, by=SYSTEM, reason=pipeline.loss_reasons.get())
    drain()
    return item


def page(browser, **query):
    return browser.get(reverse("funnel_map:index"), query)


def test_a_lost_stage_without_a_way_on_is_a_dead_end_until_a_robot_leads_on(browser, sales):
    dead = page(browser).context["dead"]
    assert [funnel.pipeline for funnel, _stage in dead] == [sales]
    refusals_of(sales)
    assert not page(browser).context["dead"]


def test_a_way_carries_how_many_went_and_which_robot_sends_them(browser, sales):
    refusals_of(sales)
    for _time in range(2):
        lose(sales, make_user())
    (way,) = page(browser).context["ways"]
    assert way.cards == 2
    assert [name for name, _url in way.robots] == ["Робот refused"]
    (way,) = page(browser, period="last_month").context["ways"]
    assert way.cards == 0


def test_boxes_tell_open_cards_and_those_that_came_from_outside(browser, sales):
    refusals = refusals_of(sales)
    make_item(sales, owner=make_user())
    lose(sales, make_user())
    found = {f.pipeline.pk: (f.open, f.new) for f in page(browser).context["funnels"]}
    assert found[sales.pk] == (1, 2)
    assert found[refusals.pk] == (1, 0)


def test_revival_is_counted_by_reason_and_by_person(browser, sales):
    refusals = refusals_of(sales)
    seller = make_user(name="Anna")
    lose(sales, seller)
    lose(sales, seller)
    again = refusals.items.order_by("pk").first()
    win_item(again.pk, by=SYSTEM)
    (row,) = page(browser).context["rows"]
    assert (row.refused, row.taken, row.revived, row.share) == (2, 2, 1, 0.5)
    (row,) = page(browser, by="owner").context["rows"]
    assert row.title == "Anna"


def test_only_who_may_set_up_sees_the_map_and_it_asks_little(
    browser, sales, django_assert_max_num_queries
):
    refusals_of(sales)
    page(browser)
    with django_assert_max_num_queries(18):
        page(browser)
    browser.force_login(make_user("manager"))
    assert page(browser).status_code == 403


def test_arrows_to_the_right_leave_on_the_right_and_those_back_on_the_left():
    drawing = draw([["a", "b"], ["c"]], [("a", "c"), ("c", "b"), ("a", "lost")])
    a, c = drawing.boxes["a"], drawing.boxes["c"]
    assert drawing.paths["a", "c"].d.startswith(f"M{a.x + BOX_WIDTH} ")
    assert drawing.paths["c", "b"].d.startswith(f"M{c.x} ")
    assert drawing.paths["c", "b"].back
    assert set(drawing.paths) == {("a", "c"), ("c", "b")}


def test_numbers_lie_beside_each_other_and_on_no_funnel():
    sales, second = ["office", "shop", "trade"], ["nurturing", "refusals"]
    pairs = [("leads", one) for one in sales]
    pairs += [pair for one in sales for two in second for pair in ((one, two), (two, one))]
    pairs += [("works", "claims"), ("nurturing", "leads"), ("leads", "nurturing")]
    drawing = draw([["leads"], sales, second, ["works", "claims"]], pairs)
    spots = [(path.label_x, path.label_y) for path in drawing.paths.values()]
    assert len(spots) == len(pairs)
    for n, (x, y) in enumerate(spots):
        assert all(abs(x - a) >= 36 or abs(y - b) >= 18 for a, b in spots[:n])
        assert not any(
            b.x - 18 < x < b.x + BOX_WIDTH + 18 and b.y - 9 < y < b.y + BOX_HEIGHT + 9
            for b in drawing.boxes.values()
        )
        assert 18 <= x <= drawing.width - 18
