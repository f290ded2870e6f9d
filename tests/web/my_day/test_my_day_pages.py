"""My day in the browser's eyes: rows and their buttons, whose day, all work, refusals."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item
from tests.people.factories import make_department, make_role, make_user
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.timeline import queries
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.timeline.models import Activity, Notification

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "day"}


@pytest.fixture
def me():
    return make_user("manager", name="Olga")


@pytest.fixture
def browser(client, me):
    client.force_login(me)
    return client


def call(me, item=None, *, title="Call back", due=None, owner=None):
    due = due or timezone.now() - timedelta(hours=1)
    by = Actor.system() if item else Actor.user(me)
    plan = Plan("call", title, due)
    return plan_activity(plan, by=by, item_id=item.pk if item else None, owner_id=(owner or me).pk)


def test_the_start_page_is_the_day_with_a_button_for_every_row(browser, me):
    item = make_item(owner=me, title="Kitchen")
    activity = call(me, item)
    assert browser.get("/")["Location"] == reverse("my_day:index")
    page = browser.get(reverse("my_day:index")).content.decode()
    assert reverse("my_day:finish", args=[activity.pk]) in page
    assert reverse("card:show", args=[item.pk]) in page


@pytest.mark.parametrize("when", ["today", "tomorrow", "week", "nonsense"])
def test_every_span_opens_as_a_page_and_as_a_fragment(browser, me, when):
    call(me, make_item(owner=me), due=timezone.now() + timedelta(days=1))
    url = f"{reverse('my_day:index')}?when={when}"
    assert "<body" in browser.get(url).content.decode()
    fragment = browser.get(url, headers=HTMX).content.decode()
    assert fragment.strip().startswith("<day-list") or "<day-list" in fragment
    assert "<body" not in fragment


@pytest.mark.parametrize("when", ["today", "week"])
def test_a_long_list_shows_a_page_and_the_way_to_the_rest(browser, me, when, monkeypatch):
    monkeypatch.setattr("voronka.web.my_day.views.PAGE", 2)
    for number in range(3):
        moment = timezone.now() + timedelta(days=2 if when == "week" else 0, minutes=-number - 1)
        call(me, title=f"call {number}", due=moment)
    url = f"{reverse('my_day:index')}?when={when}"
    page = browser.get(url)
    assert (len(page.context["rows"]), page.context["further"]) == (2, 4)
    assert len(browser.get(f"{url}&shown=4").context["rows"]) == 3


def test_finishing_asks_how_it_ended_and_plans_the_next_step(browser, me):
    item = make_item(owner=me)
    activity = call(me, item)
    url = reverse("my_day:finish", args=[activity.pk])
    assert 'name="due"' in browser.get(url).content.decode()
    answer = browser.post(
        url,
        {
            "outcome": "done", "result": "Wants oak",
            "kind": "meeting", "due": "2030-01-05T10:00", "title": "Show the project",
        },
    )  # fmt: skip
    assert answer.status_code == 204
    assert "card:read" in answer["HX-Trigger"]
    assert reverse("my_day:reopen", args=[activity.pk]) in answer["HX-Trigger"]
    item = Item.objects.get(pk=item.pk)
    assert item.next_activity_title == "Show the project"
    assert Activity.objects.get(pk=activity.pk).result == "Wants oak"
    browser.post(reverse("my_day:reopen", args=[activity.pk]))
    assert Activity.objects.get(pk=activity.pk).done_at is None


def test_a_refused_next_step_leaves_the_work_open_and_keeps_what_was_typed(browser, me):
    activity = call(me, make_item(owner=me))
    answer = browser.post(
        reverse("my_day:finish", args=[activity.pk]),
        {"outcome": "done", "result": "Wants oak", "kind": "meeting", "title": "Meet"},
    )
    assert answer.status_code == 422
    assert "Wants oak" in answer.content.decode()
    assert Activity.objects.get(pk=activity.pk).done_at is None


def test_a_task_of_ones_own_is_planned_finished_and_asks_for_no_next_step(browser, me):
    answer = browser.post(
        reverse("my_day:plan"), {"kind": "task", "title": "Order samples", "due": "", "text": ""}
    )
    assert answer.status_code == 204
    task = Activity.objects.get(title="Order samples")
    assert task.owner == me
    url = reverse("my_day:finish", args=[task.pk])
    assert 'name="due"' not in browser.get(url).content.decode()
    assert browser.post(url, {"outcome": "done"}).status_code == 204


def test_a_step_is_planned_for_a_card_and_an_empty_one_is_refused(browser, me):
    item = make_item(owner=me)
    url = f"{reverse('my_day:plan')}?item={item.pk}"
    answer = browser.post(url, {"kind": "task", "title": "", "text": "bring samples"})
    assert answer.status_code == 422
    assert "bring samples" in answer.content.decode()
    browser.post(url, {"kind": "call", "title": "", "due": "2030-01-05T10:00"})
    assert Item.objects.get(pk=item.pk).next_activity_kind == "call"


def test_putting_off_moves_the_time_and_offers_the_way_back(browser, me):
    activity = call(me, make_item(owner=me))
    before = activity.due_at
    answer = browser.post(reverse("my_day:move", args=[activity.pk]), {"due": "2030-01-05T10:00"})
    assert Activity.objects.get(pk=activity.pk).due_at.year == 2030
    undo = answer.headers["HX-Trigger"]
    assert reverse("my_day:move", args=[activity.pk]) in undo
    back = urlencode({"due": before.isoformat()})
    browser.post(f"{reverse('my_day:move', args=[activity.pk])}?{back}")
    assert Activity.objects.get(pk=activity.pk).due_at == before
    refused = browser.post(reverse("my_day:move", args=[activity.pk]), {"due": "soon"})
    assert refused.status_code == 422


def test_others_work_is_not_found_and_the_team_is_seen_by_its_head(client, me):
    department = make_department()
    seller = make_user("manager", department=department, name="Igor")
    head = make_user("head_of_sales", department=department)
    activity = call(seller, make_item(owner=seller), title="Ask Igor", owner=seller)
    client.force_login(me)
    day, work = reverse("my_day:index"), reverse("my_day:work")
    for url in (f"{day}?who={seller.pk}", f"{work}?who={seller.pk}", f"{day}?who=9{'9' * 20}"):
        assert client.get(url).status_code == 404
    assert client.get(reverse("my_day:finish", args=[activity.pk])).status_code == 404
    assert client.post(reverse("my_day:move", args=[activity.pk])).status_code == 404
    client.force_login(head)
    for url in (f"{day}?who={seller.pk}", f"{work}?who={seller.pk}"):
        assert "Ask Igor" in client.get(url).content.decode()


def test_anothers_work_on_cards_that_one_may_not_see_is_left_out_of_the_list(client, me):
    role = make_role(matrix={"*": {"see": "own"}, "client": {"see": "all"}}, rights=["control"])
    viewer = make_user(role)
    call(me, make_item(owner=me), title="on a hidden card")
    call(me, title="own task")
    client.force_login(viewer)
    page = client.get(f"{reverse('my_day:work')}?who={viewer.pk}")
    assert page.context["rows"] == []
    rows = queries.work(me, viewer, state="planned").rows
    assert [a.title for a in rows] == ["own task"]
    assert {a.title for a in queries.work(me, me, state="planned").rows} == {
        "on a hidden card",
        "own task",
    }


def test_what_somebody_else_plans_for_a_person_rings_the_bell(client, me):
    head = make_user("owner")
    client.force_login(head)
    client.post(reverse("my_day:plan"), {"kind": "task", "title": "Call Irina", "owner": me.pk})
    told = Notification.objects.get(user=me)
    assert (told.kind, "Call Irina" in told.text) == ("task", True)


@pytest.mark.parametrize(
    ("state", "title"),
    [("planned", "late"), ("overdue", "late"), ("undated", "some day"), ("done", "finished")],
)
def test_all_work_is_listed_by_state(browser, me, state, title):
    call(me, make_item(owner=me), title="late")
    plan_activity(Plan("task", "some day", None), by=Actor.user(me))
    done = call(me, title="finished")
    browser.post(reverse("my_day:finish", args=[done.pk]), {"outcome": "done"})
    page = browser.get(f"{reverse('my_day:work')}?state={state}")
    assert [a.title for a in page.context["rows"]] == [title]


def test_all_work_is_paged_by_a_cursor_and_filtered_by_kind(browser, me, monkeypatch):
    now = timezone.now()
    for number in range(3):
        call(me, title=f"call {number}", due=now + timedelta(hours=number))
    plan_activity(Plan("task", "task", now), by=Actor.user(me))
    monkeypatch.setattr(queries.work, "__kwdefaults__", {"kind": "", "after": "", "limit": 2})
    url = f"{reverse('my_day:work')}?kind=call"
    first = browser.get(url).context
    assert [a.title for a in first["rows"]] == ["call 0", "call 1"]
    second = browser.get(f"{url}&after={first['after']}").context
    assert ([a.title for a in second["rows"]], second["after"]) == (["call 2"], "")


@pytest.mark.parametrize("cards", [2, 10])
def test_the_pages_take_a_constant_number_of_queries(
    browser, me, cards, django_assert_max_num_queries
):
    for _number in range(cards):
        call(me, make_item(owner=me))
        make_item(owner=me)
    for url, limit in ((reverse("my_day:index"), 18), (reverse("my_day:work"), 8)):
        browser.get(url)
        with django_assert_max_num_queries(limit):
            browser.get(url)
