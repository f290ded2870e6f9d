"""A region in a working calendar: chosen on its page, shown, refused where it does not belong."""

import pytest
from django.urls import reverse

from tests.people.factories import make_user
from voronka.people.models import WorkingCalendar
from voronka.people.schedules import schedule_of

pytestmark = pytest.mark.django_db
FORM = {
    "name_ru": "Казань", "name_en": "", "mon": "9:00-18:00", "country": "RU",
    "region": "RU-TA", "days_off": "", "days_on": "", "is_default": "on",
}  # fmt: skip


@pytest.fixture
def boss(client):
    client.force_login(make_user("owner"))
    return client


def test_the_page_lists_the_days_of_the_region_and_people_are_free_then(boss):
    answer = boss.post(reverse("people:calendar_new"), FORM, follow=True)
    calendar = WorkingCalendar.objects.get()
    assert calendar.region == "RU-TA"
    page = boss.get(reverse("people:calendar", args=[calendar.pk]), {"year": "2026"})
    assert "День Республики Татарстан" in page.content.decode()
    assert "Татарстан</option>" in answer.content.decode()
    assert schedule_of(make_user().pk).region == "RU-TA"


def test_a_region_of_another_country_is_refused_at_its_field(boss):
    answer = boss.post(reverse("people:calendar_new"), {**FORM, "country": "KZ"})
    assert answer.status_code == 422
    assert "Выберите регион той страны" in answer.content.decode()
    assert not WorkingCalendar.objects.exists()
