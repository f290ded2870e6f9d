"""The board's pages: what they show, to whom, and how few queries they take."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_department, make_role, make_user
from voronka.items import commands
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.people import commands as people
from voronka.timeline.commands.activities import Plan, plan_activity

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


def browser_of(user):
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def boss():
    return make_user("owner")


@pytest.fixture
def browser(boss):
    return browser_of(boss)


def url(pipeline, name="pipeline", *args):
    return reverse(f"board:{name}", args=[pipeline.pk, *args])


def shown(answer):
    """Ids of the cards that an answer draws, in order."""
    return [int(pk) for pk in re.findall(r'id="item-(\d+)"', answer.content.decode())]


def head(answer, stage_):
    """The text of a column's head."""
    found = re.search(
        rf'id="head-{stage_.pk}"[^>]*>(.*?)</(?:header|button)>', answer.content.decode(), re.S
    )
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", found[1]))


def test_the_board_shows_open_cards_in_their_columns_with_figures(browser):
    pipeline = make_pipeline()
    first, second, won = (make_item(pipeline, amount=n) for n in (1000, 2000, 700_000))
    commands.move_item(second.pk, to=stage(pipeline, "s2"), by=SYSTEM)
    commands.move_item(won.pk, to=stage(pipeline, "won"), by=SYSTEM)
    answer = browser.get(url(pipeline))
    assert shown(answer) == [first.pk, second.pk]
    assert "1\u202f000" in head(answer, stage(pipeline, "s1"))
    assert "700" in head(answer, stage(pipeline, "won"))


def test_people_see_only_the_cards_and_sums_of_their_reach():
    department = make_department()
    seller, colleague, stranger = (
        make_user(department=place) for place in (department, department, None)
    )
    pipeline = make_pipeline()
    own, near, far = (
        make_item(pipeline, owner=owner, amount=amount)
        for owner, amount in ((seller, 1), (colleague, 20), (stranger, 300))
    )
    for scope, cards, total in (
        ("own", {own.pk}, "1"),
        ("department", {own.pk, near.pk}, "21"),
        ("all", {own.pk, near.pk, far.pk}, "321"),
    ):
        people.change_user(seller.pk, role=make_role(matrix={"*": {"see": scope}}), by=SYSTEM)
        answer = browser_of(seller).get(url(pipeline))
        assert set(shown(answer)) == cards
        assert f" {total}\u00a0₽" in head(answer, stage(pipeline, "s1"))


def test_a_board_whose_cards_one_may_not_see_is_not_found():
    pipeline = make_pipeline()
    item = make_item(pipeline)
    user = make_user(make_role(matrix={"*": {"see": "none"}}))
    browser = browser_of(user)
    s1 = stage(pipeline, "s1")
    for address in (
        url(pipeline),
        url(pipeline, "column", s1.pk),
        url(pipeline, "changes") + f"?id={item.pk}",
    ):
        assert browser.get(address).status_code == 404
    assert browser.post(url(pipeline, "move", item.pk), {"stage": s1.pk}).status_code == 404
    assert browser.post(url(pipeline, "add"), {"f-title": "x"}).status_code == 404


def test_boards_leads_to_the_last_one_and_else_to_the_first(browser):
    first, second = make_pipeline(), make_pipeline()
    assert browser.get("/board/").url == url(first)
    browser.get(url(second))
    assert browser.get("/board/").url == url(second)
    second.archived = True
    second.save()
    assert browser.get("/board/").url == url(first)


def test_without_a_funnel_the_page_says_so(browser):
    assert browser.get("/board/").status_code == 200


def test_the_board_takes_at_most_twelve_queries(django_assert_max_num_queries):
    head_of = make_user("head_of_sales", department=make_department())
    pipeline = make_pipeline(stages=8)
    for n in range(9):
        at = timezone.now() - timedelta(days=40)
        item = make_item(pipeline, owner=head_of if n % 2 else None, at=at)
        commands.watch_item(item.pk, user=head_of, by=SYSTEM)
        moved = at + timedelta(days=30)
        commands.move_item(item.pk, to=stage(pipeline, f"s{n % 7 + 1}"), by=SYSTEM, at=moved)
    browser = browser_of(head_of)
    browser.get(url(pipeline))  # what a process remembers for ten minutes
    with django_assert_max_num_queries(12):
        answer = browser.get(url(pipeline))
    assert len(shown(answer)) == 9


def test_a_long_column_comes_by_pages(browser):
    pipeline = make_pipeline()
    s1 = stage(pipeline, "s1")
    now = timezone.now()
    cards = [make_item(pipeline, at=now - timedelta(minutes=n)).pk for n in range(28)]
    answer = browser.get(url(pipeline))
    assert shown(answer) == cards[:25]
    more = re.search(r'hx-get="([^"]+column[^"]+after[^"]+)"', answer.content.decode())[1]
    rest = browser.get(more.replace("&amp;", "&"))
    assert shown(rest) == cards[25:]
    assert "column-more" not in rest.content.decode()
    whole = browser.get(url(pipeline, "column", s1.pk) + "?size=100")
    assert shown(whole) == cards
    assert browser.get(url(pipeline, "column", make_item().stage_id)).status_code == 404


def test_the_filter_narrows_cards_figures_pages_and_changes(browser, boss):
    pipeline = make_pipeline()
    mine, other = make_item(pipeline, owner=boss, amount=5), make_item(pipeline, amount=70)
    for address in (
        url(pipeline) + "?mine=1",
        url(pipeline, "column", mine.stage_id) + "?mine=1",
        url(pipeline, "changes") + f"?mine=1&id={mine.pk}&id={other.pk}",
    ):
        assert shown(browser.get(address)) == [mine.pk]
    assert " 5\u00a0₽" in head(browser.get(url(pipeline) + "?mine=1"), mine.stage)


def test_changes_bring_cards_as_they_are_now_and_all_heads(browser):
    pipeline = make_pipeline()
    moved, gone = make_item(pipeline, title="Moved"), make_item(pipeline)
    elsewhere = make_item()
    commands.move_item(moved.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    commands.delete_item(gone.pk, by=SYSTEM)
    ids = "&".join(f"id={i.pk}" for i in (moved, gone, elsewhere))
    answer = browser.get(f"{url(pipeline, 'changes')}?{ids}&id=x")
    assert shown(answer) == [moved.pk]
    assert f'data-at="{stage(pipeline, "s3").pk}/' in answer.content.decode()
    assert answer.content.decode().count('id="head-') == 6
    assert "<html" not in answer.content.decode()


def test_the_board_is_read_anew_inside_its_page(browser):
    pipeline = make_pipeline()
    item = make_item(pipeline)
    answer = browser.get(url(pipeline), headers={"HX-Request": "true", "HX-Target": "board"})
    assert shown(answer) == [item.pk]
    assert "<html" not in answer.content.decode()


def test_a_card_tells_its_next_step_its_clock_and_its_grade(browser, boss):
    kind = make_item_type(grade_rule={"fields": ["heat"], "a": 9, "b": 5})
    options = [{"code": "hot", "name": {"ru": "hot"}, "points": 9}]
    make_field(kind, "heat", "list", options=options)
    pipeline = make_pipeline(kind)
    pipeline.stages.filter(code="s1").update(deadline_minutes=60, deadline_working=False)
    late = make_item(pipeline, heat="hot", at=timezone.now() - timedelta(hours=3))
    planned = make_item(pipeline, owner=boss)
    due = timezone.now() + timedelta(days=3)
    plan_activity(Plan("call", "Ask about the <oven>", due), by=SYSTEM, item_id=planned.pk)
    page = browser.get(url(pipeline)).content.decode()
    first, second = re.findall(r"<article.*?</article>", page, re.S)
    assert f"item-{late.pk}" in first
    assert "clock-late" in first
    assert "grade-a" in first
    assert "next-step none" in first
    assert "Ask about the &lt;oven&gt;" in second
    assert "clock-late" not in second


def test_a_card_whose_client_waits_for_the_first_answer_shows_that_clock(browser):
    pipeline = make_pipeline()
    item = make_item(pipeline)
    due = timezone.now() + timedelta(minutes=3, seconds=30)
    Item.objects.filter(pk=item.pk).update(
        clock_started_at=due - timedelta(minutes=5), clock_due_at=due
    )
    page = browser.get(url(pipeline)).content.decode()
    assert f'data-due="{int(due.timestamp() * 1000)}"' in page
    assert re.search(r'class="next-step answer"[^>]*>на ответ 3:\d\d<', page)
    Item.objects.filter(pk=item.pk).update(clock_due_at=timezone.now() - timedelta(seconds=70))
    page = browser.get(url(pipeline)).content.decode()
    assert re.search(r'class="clock clock-late"', page)
    assert re.search(r"ответ просрочен на 1:1\d<", page)
    Item.objects.filter(pk=item.pk).update(clock_due_at=timezone.now() + timedelta(days=3))
    page = browser.get(url(pipeline)).content.decode()  # by working time: the day and the hour
    assert re.search(r"ответить: \d+\s\w+\s(\d{4}\s)?\d\d:\d\d<", page)


def test_what_people_wrote_stays_text(browser):
    item = make_item(title='<script>alert("x")</script>')
    page = browser.get(url(item.pipeline)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in page


def test_cards_that_one_may_not_move_are_fixed():
    seller = make_user(make_role(matrix={"*": {"see": "all", "move": "own"}}))
    pipeline = make_pipeline()
    make_item(pipeline, owner=seller, title="own")
    make_item(pipeline, title="other")
    page = browser_of(seller).get(url(pipeline)).content.decode()
    cards = {
        re.search(r"data-slider>([^<]+)", a)[1]: a
        for a in re.findall(r"<article.*?</article>", page, re.S)
    }
    assert "card-move" in cards["own"]
    assert 'class="board-card fixed"' in cards["other"]


def test_a_pile_up_is_marked_with_its_days_to_clear(browser):
    cache.clear()
    pipeline = make_pipeline()
    pipeline.stages.filter(code="s1").update(deadline_minutes=480)
    now = timezone.now()
    for n in range(8):
        item = make_item(pipeline, at=now - timedelta(days=40))
        if n < 2:
            commands.move_item(
                item.pk, to=stage(pipeline, "s2"), by=SYSTEM, at=now - timedelta(days=10)
            )
    text = head(browser.get(url(pipeline)), stage(pipeline, "s1"))
    assert "84" in text  # six cards, two left in 28 days
    assert "84" not in head(browser.get(url(pipeline) + "?mine=1"), stage(pipeline, "s1"))


def test_critical_stages_are_added_up(browser):
    pipeline = make_pipeline()
    pipeline.stages.filter(code__in=["s1", "s2"]).update(
        critical=True, deadline_minutes=60, deadline_working=False
    )
    make_item(pipeline, at=timezone.now() - timedelta(hours=49, minutes=1))
    other = make_item(pipeline)
    commands.move_item(other.pk, to=stage(pipeline, "s3"), by=SYSTEM)
    page = browser.get(url(pipeline)).content.decode()
    badge = re.search(r'<span[^>]*id="board-critical".*?</span>.*?</span>', page, re.S)[0]
    assert "1 · 50" in badge
    assert "badge-red" in badge
