"""The bell and the page of notifications."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item
from tests.people.factories import make_user
from voronka.timeline.commands.notifications import forget_read, mark_read, notify
from voronka.timeline.models import Notification
from voronka.timeline.notices import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def me():
    return make_user("manager")


@pytest.fixture
def browser(client, me):
    client.force_login(me)
    return client


def tell(user, text="Look at this", *, item=None, kind="assigned", **extra):
    return notify(user.pk, kind, text, item_id=item.pk if item else None, **extra)


def test_every_page_shows_how_many_are_unread(browser, me):
    tell(me)
    tell(me)
    tell(make_user())
    page = browser.get(reverse("notifications:index")).content.decode()
    assert 'counter-red">2<' in page
    mark_read(me.pk)
    assert "counter-red" not in browser.get(reverse("notifications:bell")).content.decode()


def test_under_the_bell_stand_the_newest(browser, me):
    for number in range(10):
        tell(me, f"number {number}.")
    page = browser.get(reverse("notifications:latest")).content.decode()
    assert "number 9." in page
    assert "number 2." in page
    assert "number 1." not in page


def test_following_one_opens_its_card_and_marks_it_as_read(browser, me):
    item = make_item(owner=me)
    told = tell(me, item=item)
    answer = browser.post(reverse("notifications:follow", args=[told.pk]))
    asked = json.loads(answer["HX-Trigger"])
    assert asked["slider:open"]["url"] == reverse("card:show", args=[item.pk])
    assert "notifications:read" in asked
    assert Notification.objects.get(pk=told.pk).read_at is not None


def test_a_card_that_may_not_be_seen_any_more_is_neither_named_nor_opened(browser, me):
    hidden = make_item(owner=make_user(), title="Secret kitchen")
    told = tell(me, "You are responsible", item=hidden)
    assert "Secret kitchen" not in browser.get(reverse("notifications:index")).content.decode()
    answer = browser.post(reverse("notifications:follow", args=[told.pk]))
    assert "slider:open" not in answer["HX-Trigger"]


def test_the_end_of_a_long_job_leads_to_its_page(browser, me):
    told = tell(me, kind="job", url_name="imports:show", url_id=7)
    answer = browser.post(reverse("notifications:follow", args=[told.pk]))
    assert answer["HX-Redirect"] == reverse("imports:show", args=[7])


def test_what_was_told_to_others_is_not_found(browser, me):
    told = tell(make_user())
    for name in ("follow", "read"):
        assert browser.post(reverse(f"notifications:{name}", args=[told.pk])).status_code == 404
    browser.post(reverse("notifications:read_all"))
    assert Notification.objects.get(pk=told.pk).read_at is None


def test_one_or_all_are_marked_as_read(browser, me):
    first, second = tell(me), tell(me)
    browser.post(reverse("notifications:read", args=[first.pk]))
    unread = told.notifications(me, only_unread=True).rows
    assert [told.notification for told in unread] == [second]
    browser.post(reverse("notifications:read_all"))
    assert told.unread(me) == 0
    page = browser.get(f"{reverse('notifications:index')}?state=unread")
    assert page.context["rows"] == []


def test_the_list_goes_on_by_a_cursor_in_a_constant_number_of_queries(
    me, django_assert_max_num_queries
):
    for number in range(5):
        tell(me, f"number {number}", item=make_item(owner=me))
    with django_assert_max_num_queries(4):
        first = told.notifications(me, limit=3)
        assert all(told.item.title for told in first.rows)
    second = told.notifications(me, limit=3, after=first.after)
    assert ([t.notification.text for t in second.rows], second.after) == (
        ["number 1", "number 0"],
        "",
    )


def test_read_ones_are_forgotten_after_a_season_and_unread_ones_never(me):
    old = timezone.now() - timedelta(days=200)
    read, unread = tell(me), tell(me)
    Notification.objects.filter(pk=read.pk).update(at=old, read_at=old)
    Notification.objects.filter(pk=unread.pk).update(at=old)
    assert forget_read() == 1
    assert Notification.objects.get() == unread
