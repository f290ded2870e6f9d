"""Working calendars and absences."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.people.factories import make_user
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import OFFICE_HOURS
from voronka.people import commands, queries
from voronka.people.models import User, WorkingCalendar
from voronka.people.schedules import company_schedule, schedule_of

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
MONDAY = datetime(2025, 6, 16, 6, 30, tzinfo=UTC)  # 9:30 in Moscow


def make_calendar(code="office", **values):
    settings = {
        "name": LocalText("Офис", "Office"),
        "hours": OFFICE_HOURS,
        "country": "RU",
        "is_default": False,
    }
    return commands.save_calendar(code=code, by=SYSTEM, **{**settings, **values})


def test_own_hours_come_before_the_calendar_and_that_before_the_companys():
    user = make_user()
    assert schedule_of(user.pk).is_open(MONDAY)  # no calendar at all: office hours
    make_calendar(is_default=True, hours={"mon": [["12:00", "15:00"]]})
    assert not schedule_of(user.pk).is_open(MONDAY)
    own = make_calendar("early", hours={"mon": [["06:00", "10:00"]]})
    commands.change_user(user.pk, calendar=own, by=SYSTEM)
    assert schedule_of(user.pk).is_open(MONDAY)
    commands.change_user(user.pk, hours={"mon": [["20:00", "24:00"]]}, by=SYSTEM)
    assert not schedule_of(user.pk).is_open(MONDAY)
    assert not company_schedule().is_open(MONDAY)


def test_there_is_one_companys_calendar_and_it_steps_back_for_another_only():
    first = make_calendar("first", is_default=True)
    second = make_calendar("second", is_default=True)
    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)
    with pytest.raises(Conflict):
        commands.save_calendar(
            second.pk, code="second", name=second.name, hours=OFFICE_HOURS, by=SYSTEM
        )
    with pytest.raises(Conflict):
        commands.delete_calendar(second.pk, by=SYSTEM)
    commands.delete_calendar(first.pk, by=SYSTEM)
    assert WorkingCalendar.objects.get() == second


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("hours", {"hours": {"mon": [["10:00", "09:00"]]}}),
        ("hours", {"hours": {}}),
        ("country", {"country": "XX"}),
        ("name", {"name": LocalText()}),
        ("code", {"code": "Офис"}),
        ("days_on", {"days_off": [date(2025, 1, 3)], "days_on": [date(2025, 1, 3)]}),
    ],
)
def test_a_calendar_that_cannot_be_kept_is_refused_at_its_field(field, values):
    with pytest.raises(InvalidInput) as refusal:
        make_calendar(**values)
    assert field in refusal.value.fields


def test_an_absence_is_planned_by_oneself_and_shown_in_the_list():
    user, other = make_user(), make_user()
    now = datetime.now(UTC)
    span = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=7)}
    with pytest.raises(Forbidden):
        commands.plan_absence(user.pk, by=Actor.user(other), **span)
    absence = commands.plan_absence(
        user.pk, by=Actor.user(user), substitute=other, reason="Leave", **span
    )
    rows = {row.user.pk: row for row in queries.people()}
    assert rows[user.pk].away_until == span["ends_at"]
    assert rows[other.pk].away_until is None
    with pytest.raises(Conflict):
        commands.plan_absence(user.pk, by=SYSTEM, **span)
    with pytest.raises(InvalidInput):  # the substitute is away
        commands.plan_absence(other.pk, by=SYSTEM, substitute=user, **span)
    commands.cancel_absence(absence.pk, by=Actor.user(user))
    assert {row.away_until for row in queries.people()} == {None}


def test_the_list_of_people_filters_by_state_text_and_role_in_two_queries(
    django_assert_num_queries,
):
    active = make_user(name="Иван Петров")
    invited = make_user("observer", password=None)
    gone = make_user()
    commands.close_account(gone.pk, by=SYSTEM)

    def found(**filters):
        with django_assert_num_queries(2):
            return [row.user for row in queries.people(**filters)]

    assert found(state="active") == [active]
    assert found(state="invited") == [invited]
    assert found(state="dismissed") == [gone]
    assert found(text="петр") == [active]
    assert found(role="observer") == [invited]
    assert User.objects.count() == 3
