"""The company's page and the state of the system."""

import pytest
from django.urls import reverse

from tests.people.factories import make_user
from voronka.people import queries
from voronka.web.health import state

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


def test_the_company_is_named_on_its_page_and_on_the_log_in(browser):
    form = {"name": "Окна Юг", "language": "en", "time_zone": "Asia/Omsk"}
    form |= {"reading_limit": 300, "deletion_limit": 50}
    assert browser.post(reverse("company:index"), form).status_code == 302
    company = queries.company()
    assert (company.name, company.language, company.time_zone) == ("Окна Юг", "en", "Asia/Omsk")
    assert (company.reading_limit, company.deletion_limit) == (300, 50)
    assert "Окна Юг" in browser.get(reverse("company:index")).content.decode()
    browser.logout()
    assert "Окна Юг" in browser.get(reverse("account:login")).content.decode()


def test_a_refused_company_stays_typed(browser):
    form = {"name": "x" * 130, "language": "en", "time_zone": "Asia/Omsk"}
    answer = browser.post(reverse("company:index"), form)
    assert answer.status_code == 422
    assert "x" * 130 in answer.content.decode()


def test_an_alarm_that_would_always_ring_is_refused_where_it_was_typed(browser):
    form = {"name": "Окна", "language": "en", "time_zone": "Asia/Omsk"}
    form |= {"reading_limit": 3, "deletion_limit": 0}
    answer = browser.post(reverse("company:index"), form)
    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {"reading_limit", "deletion_limit"}
    assert queries.company().reading_limit == 500


def test_the_page_shows_what_the_environment_says(browser, settings):
    settings.CURRENCY, settings.PUBLIC_URL = "EUR", "https://crm.example.com"
    page = browser.get(reverse("company:index")).content.decode()
    assert "EUR" in page
    assert "https://crm.example.com" in page


def test_the_state_tells_of_a_missing_worker_the_database_and_the_files(browser, settings):
    answer = browser.get(reverse("company:state"))
    assert answer.context["work"].heartbeat is None
    assert answer.context["database"].size > 0
    page = answer.content.decode()
    assert str(settings.HOME) in page
    assert "voronka worker" in page


def test_counting_files_stops_in_time(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"12345")
    assert state.folder(tmp_path) == state.Folder(5, 1, True)
    monkeypatch.setattr(state, "_LONGEST_WALK", -1.0)
    assert not state.folder(tmp_path).whole
    assert state.folder(tmp_path / "none") == state.Folder(0, 0, True)


def test_the_page_needs_the_right_to_set_up(client):
    client.force_login(make_user("manager"))
    assert client.get(reverse("company:index")).status_code == 403
    assert client.get(reverse("company:state")).status_code == 403
    assert client.post(reverse("company:index"), {"name": "Mine"}).status_code == 403
