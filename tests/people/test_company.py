"""The company: named once, the defaults of new people, and its first owner."""

import pytest

from tests.people.factories import PASSWORD, make_role, make_user
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput
from voronka.people import commands, queries
from voronka.people.models import Company, Role, User
from voronka.people.schedules import company_schedule

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
FIRST = {
    "name": "Ada", "company_name": "Windows", "language": "en", "time_zone": "Asia/Omsk",
}  # fmt: skip


def test_an_unnamed_company_has_the_defaults_of_the_installation(settings):
    company = queries.company()
    assert (company.name, company.language, company.time_zone) == ("", "ru", settings.TIME_ZONE)


def test_new_people_start_with_the_companys_language_and_time_zone():
    commands.save_company(by=SYSTEM, name="Windows", language="en", time_zone="Asia/Omsk")
    user = make_user()
    assert (user.language, user.time_zone) == ("en", "Asia/Omsk")
    assert str(company_schedule().zone) == "Asia/Omsk"


def test_only_what_differs_is_written_and_journalled():
    commands.save_company(by=SYSTEM, name="Windows")
    commands.save_company(by=SYSTEM, name="Windows")
    (event,) = Event.objects.filter(verb="company.changed")
    assert event.diff["changes"] == {"name": ["", "Windows"]}
    assert Company.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"language": "de"}, {"time_zone": "Moon/Base"}, {"name": "x" * 121}]
)
def test_what_cannot_be_used_is_refused_at_its_field(wrong):
    with pytest.raises(InvalidInput) as refused:
        commands.save_company(by=SYSTEM, **wrong)
    assert set(refused.value.fields) == set(wrong)


def test_the_company_is_changed_by_those_who_set_up_only():
    with pytest.raises(Forbidden):
        commands.save_company(by=Actor.user(make_user("manager")), name="Mine")


def test_the_first_owner_gets_every_right_and_the_ready_roles_stand_by():
    owner = commands.found_company("ada@example.com", PASSWORD, **FIRST)
    assert owner.role.everything
    assert (owner.language, owner.time_zone) == ("en", "Asia/Omsk")
    assert Role.objects.filter(code="manager").exists()
    assert queries.company().name == "Windows"


def test_there_is_no_second_first_owner():
    make_user(make_role("manager"))
    with pytest.raises(Conflict):
        commands.found_company("ada@example.com", PASSWORD, **FIRST)


def test_a_weak_password_founds_nothing():
    with pytest.raises(InvalidInput):
        commands.found_company("ada@example.com", "123", **FIRST)
    assert not User.objects.exists()
    assert not Company.objects.exists()
