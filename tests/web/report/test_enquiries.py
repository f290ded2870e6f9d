"""Reports of enquiries: what sources bring and cost, how fast they are answered; who may look."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands.answering import note_answer, start_clock
from voronka.items.models import Item, SourceCost
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Source

pytestmark = pytest.mark.django_db
COSTS = "/report/costs/"


@pytest.fixture
def direct():
    return Source.objects.create(code="direct", name=LocalText("Яндекс Директ", "Yandex Direct"))


@pytest.fixture
def browser(client):
    client.force_login(make_user("marketer"))
    return client


def test_costs_copied_from_a_spreadsheet_price_the_leads_of_their_source(browser, direct):
    leads = make_pipeline(make_item_type("lead"))
    make_item(leads, source=direct.pk)
    make_item(leads, source=direct.pk)
    day = timezone.localdate()
    pasted = f"Источник\tС\tПо\tСумма\nяндекс директ\t{day:%d.%m.%Y}\t{day:%d.%m.%Y}\t3 000,50"
    assert browser.post(COSTS, {"text": pasted}).status_code == 302
    assert SourceCost.objects.get().amount == Decimal("3000.50")
    browser.force_login(make_user("owner"))
    [row] = browser.get(reverse("report:sources")).context["rows"]
    assert (row.enquiries, row.per_lead) == (2, Decimal("1500.25"))


def test_a_csv_file_of_costs_names_campaigns(browser, direct):
    file = SimpleUploadedFile(
        "c.csv", "direct;2026-03-01;2026-03-31;100;весна\n".encode("cp1251"), "text/csv"
    )
    assert browser.post(COSTS, {"file": file}).status_code == 302
    cost = SourceCost.objects.get()
    assert (cost.campaign, cost.first_day) == ("весна", date(2026, 3, 1))
    browser.post(reverse("report:delete_cost", args=[cost.pk]))
    assert not SourceCost.objects.exists()


@pytest.mark.parametrize(
    "text",
    ["mars;01.03.2026;02.03.2026;5", "direct;32.03.2026;02.03.2026;5", "direct;5", "",
     "direct;03.03.2026;02.03.2026;5", "direct;01.03.2026;02.03.2026;NaN"],
)  # fmt: skip
def test_bad_rows_are_refused_by_their_number_and_nothing_is_saved(browser, direct, text):
    good = "direct;01.03.2026;02.03.2026;7\n" if text else ""
    answer = browser.post(COSTS, {"text": good + text})
    assert answer.status_code == 422
    assert not SourceCost.objects.exists()
    assert not text or "2" in answer.context["wrong"][0]


def test_a_file_of_which_only_a_part_would_be_read_is_refused(browser, direct, monkeypatch):
    monkeypatch.setattr("voronka.web.report.costs.LARGEST", 50)
    row = b"direct;2026-03-01;2026-03-31;100\n"
    answer = browser.post(COSTS, {"file": SimpleUploadedFile("c.csv", row * 2, "text/csv")})
    assert answer.status_code == 422
    assert "частями" in answer.content.decode()
    assert not SourceCost.objects.exists()


def test_the_same_days_again_replace_the_amount(browser, direct, django_assert_max_num_queries):
    row = "direct;01.03.2026;02.03.2026;"
    browser.post(COSTS, {"text": f"{row}7"})
    many = "".join(f"direct;01.03.2026;02.03.2026;{n}\n" for n in range(100))
    with django_assert_max_num_queries(20):
        browser.post(COSTS, {"text": many})
    assert SourceCost.objects.get().amount == 99


def test_answers_are_told_by_hour_person_and_source(client, direct):
    boss = make_user("owner")
    item = make_item(make_pipeline(make_item_type("lead")), owner=boss)
    now = timezone.now()
    start_clock(Item.objects.get(pk=item.pk), at=now - timedelta(minutes=1), source_id=direct.pk)
    note_answer(item.pk, by=SYSTEM, at=now)
    client.force_login(boss)
    for by, name in (("source", str(direct)), ("owner", str(boss)), ("hour", ":00")):
        page = client.get(reverse("report:answers"), {"by": by})
        [(told, row)] = page.context["rows"]
        assert name in told
        assert (row.answered, row.in_norm) == (1, 1.0)


def test_a_period_without_enquiries_says_so(client):
    client.force_login(make_user("owner"))
    for name in ("sources", "answers", "costs"):
        assert "empty" in client.get(reverse(f"report:{name}")).content.decode()


def test_without_the_right_the_reports_are_refused(client):
    client.force_login(make_user("manager"))
    for name in ("sources", "answers", "costs"):
        assert client.get(reverse(f"report:{name}")).status_code == 403
