"""An empty company: from the terminal's link to funnels and people."""

import pytest
from django.conf import settings
from django.urls import reverse

from tests.people.factories import make_user
from voronka.kernel import first_run
from voronka.people.models import User
from voronka.people.queries import find_invitation
from voronka.pipelines.models import Pipeline

pytestmark = pytest.mark.django_db
OWNER = {
    "company_name": "Окна Юг",
    "name": "Пётр",
    "email": "petr@example.com",
    "password": "Longer-than-ten-7",
    "language": "ru",
    "time_zone": "Europe/Samara",
}


@pytest.fixture
def key():
    return first_run.key(settings.SECRET_KEY)


@pytest.fixture
def owner(client):
    user = make_user("owner")
    client.force_login(user)
    return client


def rows(*people):
    form = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "0"}
    for number in range(3):
        name, email, role = people[number] if number < len(people) else ("", "", "")
        form |= {f"form-{number}-name": name, f"form-{number}-email": email}
        form[f"form-{number}-role"] = role or make_user("manager").role_id
    return form


def test_the_link_of_the_terminal_leads_to_the_page(client, key):
    link = first_run.link("http://127.0.0.1:8000", settings.SECRET_KEY)
    assert link == f"http://127.0.0.1:8000{reverse('welcome:owner')}?key={key}"
    assert client.get(link).status_code == 200


@pytest.mark.parametrize("wrong", ["", "guess", "ключ"])
def test_without_the_key_nobody_becomes_the_owner(client, wrong):
    url = reverse("welcome:owner")
    assert client.get(f"{url}?key={wrong}").status_code == 403
    assert client.post(url, OWNER | {"key": wrong}).status_code == 403
    assert not User.objects.exists()
    assert client.get(reverse("account:login")).context["nobody"]


def test_the_owner_comes_in_at_once_and_is_led_to_the_funnels(client, key):
    answer = client.post(reverse("welcome:owner"), OWNER | {"key": key})
    assert answer["Location"] == reverse("welcome:company")
    assert User.objects.get().role.everything
    assert client.get("/")["Location"] == reverse("welcome:company")
    assert client.get(answer["Location"]).status_code == 200


def test_what_was_typed_stays_when_it_is_refused(client, key):
    answer = client.post(reverse("welcome:owner"), OWNER | {"key": key, "password": "short"})
    assert answer.status_code == 422
    assert "petr@example.com" in answer.content.decode()
    assert "short" not in answer.content.decode()
    assert not User.objects.exists()


def test_the_page_is_closed_once_somebody_works_here(client, key):
    make_user("manager")
    url = reverse("welcome:owner")
    assert client.get(f"{url}?key={key}")["Location"] == reverse("home")
    client.post(url, OWNER | {"key": key})
    assert not User.objects.filter(email="petr@example.com").exists()


def test_a_ready_company_is_applied_whole_and_leads_on_to_the_people(owner):
    answer = owner.post(reverse("welcome:company"), {"ready": "minimal"})
    assert answer["Location"] == reverse("welcome:people")
    assert Pipeline.objects.count() == 4
    assert owner.get("/")["Location"] == reverse("my_day:index")
    assert owner.get(reverse("welcome:company"))["Location"] == reverse("welcome:people")


def test_an_unknown_company_is_refused_in_words(owner):
    answer = owner.post(reverse("welcome:company"), {"ready": "nothing"})
    assert answer.status_code == 422
    assert not Pipeline.objects.exists()


def test_the_first_steps_can_be_left_for_later(owner):
    assert owner.get("/?begin=1")["Location"] == reverse("my_day:index")


def test_colleagues_are_invited_together_and_each_link_works(owner):
    head = make_user("head_of_sales").role_id
    form = rows(("Anna", "anna@example.com", None), ("Boris", "boris@example.com", head))
    answer = owner.post(reverse("welcome:people"), form)
    invited = answer.context["invited"]
    assert [person.email for person, _link in invited] == ["anna@example.com", "boris@example.com"]
    for person, link in invited:
        assert find_invitation(link.rstrip("/").rsplit("/", 1)[-1]).user == person


def test_when_one_row_is_refused_nobody_is_invited(owner):
    form = rows(("Anna", "anna@example.com", None), ("Me", User.objects.first().email, None))
    answer = owner.post(reverse("welcome:people"), form)
    assert answer.status_code == 422
    assert "anna@example.com" in answer.content.decode()
    assert not User.objects.filter(email="anna@example.com").exists()
    half = owner.post(reverse("welcome:people"), rows(("Anna", "", None)))
    assert half.status_code == 422


def test_the_steps_are_for_those_who_may_do_what_they_do(client):
    client.force_login(make_user("manager"))
    assert client.get(reverse("welcome:company")).status_code == 403
    assert client.post(reverse("welcome:people"), rows()).status_code == 403
    assert client.get("/")["Location"] == reverse("my_day:index")
