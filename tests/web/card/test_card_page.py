"""The card's page: what it shows, to whom, and how few queries it takes."""

import pytest
from django.test import Client as Browser

from tests.factories import make_item
from tests.people.factories import make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "slider"}


@pytest.fixture
def boss():
    return make_user("owner")


@pytest.fixture
def browser(boss):
    browser = Browser()
    browser.force_login(boss)
    return browser


def test_the_card_is_a_page_of_its_own_and_a_fragment_in_the_slider(browser, boss):
    item = make_item(owner=boss, title="Kitchen")
    page = browser.get(f"/cards/{item.pk}/").content.decode()
    fragment = browser.get(f"/cards/{item.pk}/", headers=HTMX).content.decode()
    assert "Kitchen" in page
    assert "<body" in page
    assert "Kitchen" in fragment
    assert "<body" not in fragment
