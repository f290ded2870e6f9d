"""The people pages: who may open them, and what each of their forms does."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_item, make_pipeline
from tests.people.factories import PASSWORD, make_department, make_role, make_user
from voronka.items.commands.linking import watch_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.people import commands
from voronka.people.models import ApiToken, Department, Role, User, WorkingCalendar

pytestmark = pytest.mark.django_db
OWNER = "The Owner"


@pytest.fixture
def owner():
    return make_user("owner", name=OWNER)


@pytest.fixture
def boss(client, owner):
    """A browser of the owner."""
    client.force_login(owner)
    return client


def listed():
    person, role = make_user(), make_role("manager")
    department = make_department()
    calendar = commands.save_calendar(
        code="office",
        name=role.name,
        hours={"mon": [["09:00", "18:00"]]},
        country="RU",
        by=Actor.system(),
    )
    make_pipeline()
    return [
        reverse("people:index"),
        reverse("people:invite"),
        reverse("people:person", args=[person.pk]),
        reverse("people:dismiss", args=[person.pk]),
        reverse("people:why", args=[person.pk]) + "?card=1",
        reverse("people:roles"),
        reverse("people:role", args=[role.pk]),
        reverse("people:role_new"),
        reverse("people:departments"),
        reverse("people:department", args=[department.pk]),
        reverse("people:department_new"),
        reverse("people:calendars"),
        reverse("people:calendar", args=[calendar.pk]),
        reverse("people:calendar_new"),
    ]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_page_opens_for_the_owner_in_both_languages(boss, owner, language):
    commands.change_profile(owner.pk, by=Actor.user(owner), language=language)
    for url in listed():
        assert boss.get(url).status_code == 200, url


@pytest.mark.parametrize("code", ["manager", "head_of_sales", "observer", "controller"])
def test_the_pages_are_refused_without_the_right(client, code):
    client.force_login(make_user(code))
    for url in listed():
        assert client.get(url).status_code == 403, url


def test_strangers_are_sent_to_the_log_in(client):
    for url in listed():
        assert reverse("account:login") in client.get(url)["Location"]


def test_an_invitation_shows_a_link_that_lets_the_person_in(boss):
    answer = boss.post(
        reverse("people:invite"),
        {
            "name": "New Person",
            "email": "new@example.com",
            "role": make_role("manager").pk,
            "language": "ru",
        },
    )
    link = answer.context["link"]
    assert link in answer.content.decode()
    boss.logout()
    answer = boss.post(link, {"password": "Another-long-1"})
    assert answer.status_code == 302
    assert commands.log_in("new@example.com", "Another-long-1", address=None)


def test_a_refused_invitation_keeps_what_was_typed(boss, owner):
    answer = boss.post(
        reverse("people:invite"),
        {"name": "Typed name", "email": owner.email, "role": owner.role_id, "language": "ru"},
    )
    assert answer.status_code == 422
    assert "Typed name" in answer.content.decode()
    assert "email" in answer.context["form"].errors


def test_details_hours_and_absences_are_saved(boss):
    person = make_user()
    department = make_department()
    page = reverse("people:person", args=[person.pk])
    form = {
        "name": "Renamed", "email": person.email, "phone": "8 916 123-45-67",
        "role": make_role("marketer").pk, "department": department.pk,
        "language": "en", "time_zone": "Asia/Omsk",
    }  # fmt: skip
    assert boss.post(page, form).status_code == 302
    hours = {"own": "on", "mon": "9-13, 14-18:30", "sat": "10.00–12.00"}
    assert boss.post(reverse("people:hours", args=[person.pk]), hours).status_code == 302
    today = timezone.localdate()
    away = {"first_day": today, "last_day": today + timedelta(days=6), "reason": "Leave"}
    assert boss.post(reverse("people:absences", args=[person.pk]), away).status_code == 302
    person = User.objects.get(pk=person.pk)
    assert (person.name, person.department, person.role.code) == ("Renamed", department, "marketer")
    assert person.hours == {
        "mon": [["09:00", "13:00"], ["14:00", "18:30"]],
        "sat": [["10:00", "12:00"]],
    }
    absence = person.absences.get()
    assert absence.ends_at - absence.starts_at == timedelta(days=7)
    assert "Leave" in boss.get(page).content.decode()
    boss.post(reverse("people:cancel_absence", args=[person.pk, absence.pk]))
    assert not person.absences.exists()


@pytest.mark.parametrize("typed", ["nine to five", "18-9", "9-13, 12-18", "9-25"])
def test_hours_that_make_no_sense_stay_typed_with_a_sentence(boss, typed):
    person = make_user()
    answer = boss.post(reverse("people:hours", args=[person.pk]), {"own": "on", "mon": typed})
    assert answer.status_code == 422
    assert typed in answer.content.decode()
    assert User.objects.get(pk=person.pk).hours is None


def test_the_matrix_of_a_role_is_read_from_the_page_and_drawn_again(boss):
    pipeline = make_pipeline()
    kind, key = pipeline.item_type.code, f"{pipeline.item_type.code}/{pipeline.code}"
    answer = boss.post(
        reverse("people:role_new"),
        {
            "name_ru": "Стажёр",
            "*:see": "own",
            f"{kind}:see": "department",
            f"{key}:see": "all",
            f"{key}:delete": "",
            "rights": ["reports"],
            "contacts": "masked",
        },
    )
    role = Role.objects.get(code="stazher")
    assert answer["Location"] == reverse("people:role", args=[role.pk])
    assert role.matrix == {
        "*": {"see": "own"}, kind: {"see": "department"}, key: {"see": "all"},
    }  # fmt: skip
    page = boss.get(answer["Location"]).content.decode()
    assert f'name="{key}:see"' in page
    assert role.hides_contacts
    assert 'value="masked" checked' in page
    assert "eye-off" in boss.get(reverse("people:roles")).content.decode()
    assert boss.post(reverse("people:role_delete", args=[role.pk])).status_code == 302


def test_departments_are_made_moved_and_removed_in_the_dialog(boss):
    new = reverse("people:department_new")
    assert boss.post(new, {"name_ru": "Розница"}).headers["HX-Redirect"]
    top = Department.objects.get()
    boss.post(new, {"name_ru": "Офис", "parent": top.pk})
    below = Department.objects.exclude(pk=top.pk).get()
    assert below.parent == top
    answer = boss.post(
        reverse("people:department", args=[top.pk]), {"name_ru": "Розница", "parent": below.pk}
    )
    assert answer.status_code == 422
    refused = boss.post(
        reverse("people:department_delete", args=[top.pk]), headers={"HX-Request": "true"}
    )
    assert refused.status_code == 409
    boss.post(reverse("people:department_delete", args=[below.pk]))
    assert Department.objects.get() == top


def test_a_calendar_is_made_with_its_days_and_shows_the_public_holidays(boss):
    form = {
        "name_ru": "Офис", "mon": "9-18", "country": "RU", "is_default": "on",
        "days_off": "31.12.2026, 2026-12-30", "days_on": "",
    }  # fmt: skip
    answer = boss.post(reverse("people:calendar_new"), form)
    calendar = WorkingCalendar.objects.get()
    assert calendar.days_off == ["2026-12-30", "2026-12-31"]
    assert "День России" in boss.get(answer["Location"] + "?year=2026").content.decode()
    assert "31.12.2026" in boss.get(answer["Location"]).content.decode()
    form["days_off"] = "31.02.2026"
    assert boss.post(answer["Location"], form).status_code == 422


def test_the_reasons_are_given_for_a_card(boss):
    item = make_item()
    stranger = make_user("manager")
    url = reverse("people:why", args=[stranger.pk])
    answer = boss.get(url, {"card": item.pk, "action": "see"})
    assert answer.context["allowed"] is False
    watch_item(item.pk, user=stranger, by=Actor.system())
    assert boss.get(url, {"card": item.pk, "action": "see"}).context["allowed"] is True
    assert boss.get(url, {"card": item.pk, "action": "move"}).context["allowed"] is False
    assert boss.get(url, {"card": "999999", "action": "see"}).status_code == 200


def test_a_dismissal_hands_everything_over_and_shows_what_went_where(boss):
    leaver, heir = make_user(), make_user()
    item = make_item(owner=leaver)
    url = reverse("people:dismiss", args=[leaver.pk])
    assert boss.post(url).status_code == 422
    answer = boss.post(url, {"heirs": [heir.pk]})
    assert answer.context["lines"][0][:2] == (heir, 1)
    assert Item.objects.get(pk=item.pk).owner == heir
    assert not User.objects.get(pk=leaver.pk).is_active
    boss.post(reverse("people:take_back", args=[leaver.pk]))
    assert User.objects.get(pk=leaver.pk).is_active


def test_whoever_looks_as_somebody_sees_their_rights_and_changes_nothing(boss, owner):
    seller = make_user(name="The Seller")
    boss.post(reverse("people:view_as", args=[seller.pk]))
    profile = boss.get(reverse("account:profile")).content.decode()
    assert "The Seller" in profile
    assert reverse("account:stop_viewing") in profile
    assert boss.get(reverse("people:index")).status_code == 403
    for url in (reverse("account:theme"), reverse("account:profile"), reverse("tokens:index")):
        assert boss.post(url, {"theme": "dark", "name": "X"}).status_code == 403
    assert not Event.objects.filter(verb="user.changed", actor_user_id=owner.pk).exists()
    boss.post(reverse("account:stop_viewing"))
    assert boss.get(reverse("people:index")).status_code == 200
    verbs = Event.objects.filter(actor_user_id=owner.pk).values_list("verb", flat=True)
    assert {"user.viewed_as", "user.viewing_ended"} <= set(verbs)


def test_looking_ends_when_the_right_is_taken_away_or_the_person_leaves(boss, owner):
    seller = make_user()
    boss.post(reverse("people:view_as", args=[seller.pk]))
    commands.close_account(seller.pk, by=Actor.system())
    assert boss.get(reverse("people:index")).status_code == 200
    assert "viewing_as" not in boss.session


def test_nobody_looks_as_somebody_who_may_more(client, owner):
    clerk = make_user(make_role(matrix={"*": {"see": "all"}}, rights=["people"]))
    client.force_login(clerk)
    assert client.post(reverse("people:view_as", args=[owner.pk])).status_code == 403
    assert "viewing_as" not in client.session


def test_an_own_key_is_shown_once_and_revoked(client):
    user = make_user()
    client.force_login(user)
    url = reverse("tokens:index")
    answer = client.post(url, {"name": "Site", "scopes": ["items:read"], "days": "30"})
    plain = answer.context["made"][1]
    assert plain in answer.content.decode()
    assert plain not in client.get(url).content.decode()
    assert commands.use_token(plain).user == user
    client.post(reverse("tokens:revoke", args=[ApiToken.objects.get().pk]))
    assert commands.use_token(plain) is None
    assert client.post(url, {"name": "Site", "days": "30"}).status_code == 422


def test_nobody_revokes_the_key_of_somebody_else(client):
    other = make_user()
    key, _plain = commands.create_token(
        other.pk, name="Site", scopes=["items:read"], by=Actor.system()
    )
    client.force_login(make_user())
    assert client.post(reverse("tokens:revoke", args=[key.pk])).status_code == 403


def test_the_password_stays_good_after_the_page_changes_details(boss):
    person = make_user()
    page = reverse("people:person", args=[person.pk])
    form = {"name": "N", "email": person.email, "role": person.role_id,
            "language": "ru", "time_zone": "Europe/Moscow"}  # fmt: skip
    boss.post(page, form)
    assert commands.log_in(person.email, PASSWORD, address=None) == person
