"""The web front in a real browser: the first page, its assets, and the live stream."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user

pytestmark = pytest.mark.browser


def test_a_stranger_is_led_to_the_log_in_and_every_asset_arrives(page):
    failed = []
    page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
    page.goto("/")
    expect(page.locator("input[type=password]")).to_be_visible()
    assert not failed


def test_a_log_in_works_on_a_phone_without_sideways_scrolling(phone, login, live_url):
    user = make_user()
    login(phone, user)
    phone.goto("/")
    expect(phone.locator("body")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_change_by_somebody_else_reaches_an_open_page(page, login):
    user, pipeline = make_user(), make_pipeline()
    login(page, user)
    page.goto("/")
    page.evaluate(
        """() => new Promise((done, failed) => {
            window.heard = []
            const stream = new EventSource("/live")
            stream.addEventListener("change", e => heard.push(JSON.parse(e.data)))
            stream.onopen = done
            stream.onerror = failed
        })"""
    )
    card = make_item(pipeline, owner=user)
    page.wait_for_function("id => heard.some(m => m.s === 'item' && m.i === id)", arg=card.pk)
