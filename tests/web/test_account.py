"""Log-in, invitation, profile, password, devices: by page."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.people.factories import PASSWORD, make_user
from voronka.demo.cast import DOMAIN
from voronka.journal.actors import Actor
from voronka.people import commands
from voronka.people.models import UserSession
from voronka.web import middleware

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def forget_devices():
    middleware._noted.clear()


def log_in(client, user, password=PASSWORD, **extra):
    return client.post(
        reverse("account:login"), {"email": user.email, "password": password, **extra}
    )


def test_a_person_logs_in_by_email_whatever_the_letter_case_and_is_led_on(client):
    user = make_user(email="anna@example.com")
    answer = client.post(
        reverse("account:login"),
        {"email": "Anna@Example.com", "password": PASSWORD, "next": "/account/profile/"},
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/account/profile/"
    assert UserSession.objects.get().user == user


def test_the_log_in_never_leads_to_another_site(client):
    answer = log_in(client, make_user(), next="https://evil.example/")
    assert answer["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_email(client):
    user = make_user()
    answer = log_in(client, user, "wrong")
    assert answer.status_code == 422
    assert user.email in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert "wrong" not in answer.content.decode().replace("is wrong", "")


def test_after_too_many_attempts_the_page_says_how_long_to_wait(client):
    user = make_user()
    for _attempt in range(6):
        log_in(client, user, "wrong")
    answer = log_in(client, user)
    assert answer.status_code == 429
    assert "15" in answer.content.decode()


def test_a_stranger_is_sent_to_the_log_in_and_a_fragment_is_told_401(client):
    page = reverse("account:profile")
    assert client.get(page)["Location"].startswith(reverse("account:login"))
    assert client.get(page, headers=HTMX).status_code == 401


def test_an_invited_person_sets_a_password_and_is_in(client):
    user = make_user(password=None)
    token = commands.invite_user(user.pk, by=Actor.system())
    page = reverse("account:invitation", args=[token])
    assert user.name in client.get(page).content.decode()

    weak = client.post(page, {"password": "12345"})
    assert weak.status_code == 422
    assert "field-error" in weak.content.decode()

    assert client.post(page, {"password": "Quite-a-long-one-8"}).status_code == 302
    assert client.get(reverse("account:profile")).status_code == 200
    assert client.get(page).status_code == 410


def test_the_profile_changes_language_zone_and_theme_and_speaks_the_new_language(client):
    user = make_user()
    client.force_login(user)
    answer = client.post(
        reverse("account:profile"),
        {
            "name": "Anna Berg",
            "phone": "",
            "language": "en",
            "time_zone": "Asia/Omsk",
            "theme": "dark",
        },
        follow=True,
    )
    page = answer.content.decode()
    assert 'lang="en" data-theme="dark"' in page
    assert "Profile saved" in page
    user.refresh_from_db()
    assert (user.name, user.time_zone) == ("Anna Berg", "Asia/Omsk")


def test_a_name_left_out_is_refused_at_its_field(client):
    user = make_user()
    client.force_login(user)
    data = {"name": "", "language": "ru", "time_zone": "Asia/Omsk", "theme": "dark"}
    answer = client.post(reverse("account:profile"), data)
    assert answer.status_code == 422
    assert "id_name_error" in answer.content.decode()


def test_the_theme_is_kept_and_an_unknown_one_refused(client):
    user = make_user()
    client.force_login(user)
    assert client.post(reverse("account:theme"), {"theme": "dark"}).status_code == 204
    assert client.post(reverse("account:theme"), {"theme": "pink"}).status_code == 422
    user.refresh_from_db()
    assert user.theme == "dark"


def test_a_new_password_needs_the_old_one_and_keeps_this_device(client):
    user = make_user()
    log_in(client, user)
    page = reverse("account:password")
    wrong = client.post(page, {"current": "no", "password": "Brand-new-word-9"}, headers=HTMX)
    assert wrong.status_code == 422
    right = client.post(page, {"current": PASSWORD, "password": "Brand-new-word-9"}, headers=HTMX)
    assert right.status_code == 200
    assert "toast" in right["HX-Trigger"]
    assert client.get(reverse("account:profile")).status_code == 200


def test_another_device_is_signed_out_and_this_one_stays(client):
    user = make_user()
    other = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) Safari/605"})
    log_in(other, user)
    log_in(client, user)
    page = client.get(reverse("account:profile")).content.decode()
    assert "Safari, iPhone" in page
    client.post(reverse("account:close_devices"), headers=HTMX)
    assert other.get(reverse("account:profile")).status_code == 302
    assert client.get(reverse("account:profile")).status_code == 200


def test_logging_out_ends_the_session_and_takes_the_device_off_the_list(client):
    user = make_user()
    log_in(client, user)
    client.post(reverse("account:logout"))
    assert not UserSession.objects.exists()
    assert client.get(reverse("account:profile")).status_code == 302


def test_a_dismissed_person_is_out_at_the_next_click(client):
    owner, user = make_user("owner"), make_user()
    client.force_login(user)
    commands.close_account(user.pk, by=Actor.user(owner))
    assert client.get(reverse("account:profile")).status_code == 302


def test_who_looks_as_somebody_else_sees_their_pages_and_changes_nothing(client):
    owner, manager = make_user("owner"), make_user(name="Pyotr Klimov")
    client.force_login(owner)
    commands.start_viewing_as(manager.pk, by=Actor.user(owner))
    session = client.session
    session[middleware.VIEWING_AS] = manager.pk
    session.save()

    assert "Pyotr Klimov" in client.get(reverse("account:profile")).content.decode()
    refused = client.post(reverse("account:theme"), {"theme": "dark"}, headers=HTMX)
    assert refused.status_code == 403
    assert refused["Voronka-Detail"]
    manager.refresh_from_db()
    assert manager.theme == "auto"

    client.post(reverse("account:stop_viewing"))
    assert owner.name in client.get(reverse("account:profile")).content.decode()


def test_the_demo_log_ins_are_shown_only_when_the_demo_company_is_there(client):
    make_user()
    assert "demo-rows" not in client.get(reverse("account:login")).content.decode()
    make_user("owner", email=f"owner@{DOMAIN}")
    assert "demo-rows" in client.get(reverse("account:login")).content.decode()
