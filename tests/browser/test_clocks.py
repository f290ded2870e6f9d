"""The five-minute clock runs by the second on every page, by the server's time (IN-14, Q1)."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import make_item
from tests.people.factories import make_user
from voronka.items.models import Item

pytestmark = pytest.mark.browser
LEFT = timedelta(minutes=3, seconds=40)
LONG_AGO = "2020-02-02T12:00:00Z"


@pytest.fixture
def waiting(live_url):
    """A card whose client has been waiting for 1 min 20 s, and its seller."""
    seller = make_user("manager")
    item = make_item(owner=seller, title="Кухня в Мытищи")
    due = timezone.now() + LEFT
    Item.objects.filter(pk=item.pk).update(
        clock_started_at=due - timedelta(minutes=5), clock_due_at=due
    )
    return item


@pytest.mark.parametrize(
    ("address", "words", "ring"),
    [
        ("/board/{pipeline}/", ".board-card .next-step", ".board-card .clock"),
        ("/cards/{item}/", ".stage-goal .talk-wait > :last-child", ".stage-goal .talk-wait .clock"),
        ("/my-day/", ".day-row .why [data-due]", None),
    ],
)
def test_the_clock_runs_out_before_ones_eyes_although_the_computers_own_is_wrong(
    page, login, waiting, address, words, ring
):
    login(page, waiting.owner)
    page.clock.install(time=LONG_AGO)
    page.goto(address.format(pipeline=waiting.pipeline_id, item=waiting.pk))
    left, circle = page.locator(words).first, page.locator(ring or words).first
    expect(left).to_have_text(re.compile(r"на ответ 3:\d\d"))
    page.clock.run_for(2_000)
    expect(left).to_have_text(re.compile(r"на ответ 3:[0-3]\d"))
    page.clock.run_for(60_000)
    expect(left).to_have_text(re.compile(r"на ответ 2:\d\d"))
    expect(circle).not_to_have_class(re.compile("clock-soon|clock-late|text-amber"))
    page.clock.run_for(100_000)
    expect(circle).to_have_class(re.compile("clock-soon" if ring else "text-amber"))
    expect(left).to_have_class(re.compile("text-amber"))
    page.clock.run_for(100_000)
    expect(left).to_have_text(re.compile(r"просрочен на 0:\d\d"))
    expect(circle).to_have_class(re.compile("clock-late" if ring else "text-red"))
