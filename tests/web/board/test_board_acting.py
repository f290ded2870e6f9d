"""Moving and adding from the board: the gate stands here too, and what was typed stays."""

import json

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils.html import escape

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.clients.commands import create_client
from voronka.clients.models import Client
from voronka.items.models import Item
from voronka.journal.actors import Actor

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def boss():
    return make_user("owner")


@pytest.fixture
def browser(boss):
    browser = Browser(headers=HTMX)
    browser.force_login(boss)
    return browser


def move(browser, item, code, **data):
    to = stage(item.pipeline, code)
    address = reverse("board:move", args=[item.pipeline_id, item.pk])
    return browser.post(address, {"stage": to.pk, "seen": item.stage_id, **data})


def add(browser, pipeline, **data):
    typed = {f"f-{name}": value for name, value in data.items()}
    address = reverse("board:add", args=[pipeline.pk])
    return browser.post(address, {"pipeline": pipeline.pk, **typed})


def events(answer):
    return json.loads(answer["HX-Trigger"])


def test_a_drop_moves_the_card_and_offers_the_way_back(browser):
    item = make_item()
    answer = move(browser, item, "s2")
    assert answer.status_code == 204
    said = events(answer)
    moved_to = stage(item.pipeline, "s2").pk
    assert said["item:moved"] == {"id": item.pk, "stage": moved_to, "left": item.stage_id}
    browser.post(said["toast"]["undo_url"])
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id


def test_a_drop_on_a_stage_with_a_required_field_asks_for_it_and_then_moves(browser):
    kind = make_item_type()
    make_field(kind, "budget", "number")
    pipeline = make_pipeline(kind)
    pipeline.stages.filter(code="s2").update(required=["budget"])
    item = make_item(pipeline)
    answer = move(browser, item, "s2")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#dialog"
    assert 'name="f-budget"' in answer.content.decode()
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id
    again = move(browser, item, "s2", asked=1, **{"f-budget": "500"})
    assert again.status_code == 204
    item.refresh_from_db()
    assert (item.stage.code, item.values["budget"]) == ("s2", 500)


def test_a_card_that_somebody_has_moved_first_is_not_moved_on(browser):
    item = make_item()
    move(browser, item, "s2")
    answer = move(browser, item, "s3")  # seen where it no longer is
    assert answer.status_code == 409
    assert Item.objects.get(pk=item.pk).stage.code == "s2"


def test_a_lead_dropped_on_success_is_converted(browser):
    pipeline = make_pipeline(make_item_type("lead"))
    make_pipeline()
    item = make_item(pipeline)
    answer = move(browser, item, "won")
    assert answer["HX-Retarget"] == "#dialog"
    assert reverse("card:convert", args=[item.pk]) in answer.content.decode()


def test_only_those_who_may_move_move():
    seller = make_user(make_role(matrix={"*": {"see": "all", "move": "own"}}))
    browser = Browser(headers=HTMX)
    browser.force_login(seller)
    item = make_item()
    assert move(browser, item, "s2").status_code == 403
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id


def test_a_stage_of_another_funnel_is_not_found(browser):
    item, other = make_item(), make_item()
    address = reverse("board:move", args=[item.pipeline_id, item.pk])
    assert browser.post(address, {"stage": other.stage_id}).status_code == 404
    wrong_board = reverse("board:move", args=[other.pipeline_id, item.pk])
    assert browser.post(wrong_board, {"stage": other.stage_id}).status_code == 404


def test_a_card_is_added_by_its_title_and_the_form_is_ready_for_the_next(browser, boss):
    pipeline = make_pipeline()
    answer = add(browser, pipeline, title="Kitchen")
    item = Item.objects.get(title="Kitchen")
    assert (item.owner, item.stage.code) == (boss, "s1")
    assert events(answer)["item:created"] == {"id": item.pk, "stage": item.stage_id}
    assert "Kitchen" not in answer.content.decode()


def test_a_phone_makes_a_client_or_finds_the_one_who_has_it(browser, boss):
    pipeline = make_pipeline()
    add(browser, pipeline, title="Kitchen", client="8 916 123-45-67")
    client = Item.objects.get(title="Kitchen").contact
    assert client.contact_points.get().value == "+79161234567"
    add(browser, pipeline, title="Wardrobe", client="89161234567")
    assert Item.objects.get(title="Wardrobe").contact == client
    company = create_client(
        "company", {"name": "Oak Ltd"}, phones=["+7 495 123-45-67"], by=Actor.user(boss)
    )
    add(browser, pipeline, title="", client="+7 495 123-45-67")
    assert Item.objects.get(company=company).title == "+7 495 123-45-67"
    assert Client.objects.count() == 2


def test_an_empty_title_is_refused_in_place(browser):
    pipeline = make_pipeline()
    answer = add(browser, pipeline, title=" ", client="")
    assert answer.status_code == 422
    assert "quick-form" in answer.content.decode()
    assert "field-error" in answer.content.decode()
    assert not Item.objects.exists()


def test_what_the_first_stage_asks_for_opens_the_dialog_with_what_was_typed(browser):
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s1").update(required=["amount"])
    answer = add(browser, pipeline, title="Kitchen")
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#dialog"
    assert 'value="Kitchen"' in answer.content.decode()
    assert 'name="f-amount"' in answer.content.decode()


def test_a_card_is_added_at_the_stage_of_its_column_or_at_the_first_one(browser):
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s3").update(required=["amount"])
    stages = {stage.code: stage.pk for stage in pipeline.stages.all()}
    page = browser.get(reverse("board:pipeline", args=[pipeline.pk])).content.decode()
    assert page.count('data-quick="open"') == 4
    address = reverse("board:add", args=[pipeline.pk])
    browser.post(address, {"f-title": "Second", "stage": stages["s2"]})
    assert Item.objects.get(title="Second").stage_id == stages["s2"]
    browser.post(address, {"f-title": "Third", "stage": stages["s3"]})
    assert Item.objects.get(title="Third").stage_id == stages["s1"]
    browser.post(address, {"f-title": "Won", "stage": stages["won"]})
    assert Item.objects.get(title="Won").stage_id == stages["s1"]


def test_an_empty_filtered_board_takes_off_the_filter_and_nothing_else(browser):
    pipeline = make_pipeline()
    page = browser.get(
        reverse("board:pipeline", args=[pipeline.pk]), {"q": "nothing", "sort": "-amount"}
    )
    assert "sort=-amount" in page.context["bar"].clear_url
    empty = page.content.decode().split('class="board-empty"')[1]
    assert escape(page.context["bar"].clear_url) in empty


def test_who_may_not_add_is_refused():
    watcher = make_user("observer")
    browser = Browser(headers=HTMX)
    browser.force_login(watcher)
    pipeline = make_pipeline()
    assert add(browser, pipeline, title="Kitchen").status_code == 403
    page = browser.get(reverse("board:pipeline", args=[pipeline.pk])).content.decode()
    assert "quick-add" not in page


def send(browser, item, to=None, **data):
    address = reverse("board:send", args=[item.pipeline_id, item.pk])
    if to is None:
        return browser.get(address)
    return browser.post(address, {"stage": to.pk, **data})


def test_a_card_is_sent_on_into_another_funnel_of_its_kind_and_comes_back(browser):
    item = make_item()
    near, far = make_pipeline(item.pipeline.item_type), make_pipeline()
    asked = send(browser, item).content.decode()
    entry = stage(near, "s2")
    assert f'value="{entry.pk}"' in asked
    assert f'value="{stage(far, "s1").pk}"' not in asked
    answer = send(browser, item, entry)
    moved = {"id": item.pk, "stage": entry.pk, "left": item.stage_id}
    assert events(answer)["item:moved"] == moved
    assert Item.objects.get(pk=item.pk).stage == entry
    browser.post(events(answer)["toast"]["undo_url"])
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id


def test_what_the_other_funnel_asks_for_is_asked_before_the_card_goes(browser):
    kind = make_item_type()
    make_field(kind, "budget", "number")
    item, other = make_item(make_pipeline(kind)), make_pipeline(kind)
    other.stages.filter(code="s1").update(required=["budget"])
    entry = stage(other, "s1")
    asked = send(browser, item, entry)
    assert asked.status_code == 422
    assert 'name="f-budget"' in asked.content.decode()
    wrong = send(browser, item, entry, **{"f-budget": "much"})
    assert wrong.status_code == 422
    assert "field-error" in wrong.content.decode()
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id
    assert send(browser, item, entry, **{"f-budget": "5"}).status_code == 204
    assert Item.objects.get(pk=item.pk).values["budget"] == 5


def test_nobody_is_offered_a_funnel_to_which_they_may_not_add():
    seller = make_user(make_role(matrix={"*": {"see": "all", "move": "all"}}))
    browser = Browser(headers=HTMX)
    browser.force_login(seller)
    item = make_item()
    other = make_pipeline(item.pipeline.item_type)
    entry = stage(other, "s1")
    assert f'value="{entry.pk}"' not in send(browser, item).content.decode()
    assert send(browser, item, entry).status_code == 422
    assert Item.objects.get(pk=item.pk).stage_id == item.stage_id


def test_without_another_funnel_of_its_kind_the_dialog_says_so(browser):
    assert "<select" not in send(browser, make_item()).content.decode()
