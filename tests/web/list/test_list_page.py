"""The list: what it shows to whom, its columns, cells edited in place, the file."""

import csv
import io
import json
from datetime import timedelta

import openpyxl
import pytest
from django.utils import timezone, translation

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_field, make_item, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.items.commands import edit_item, win_item
from voronka.items.commands.views import save_view
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.texts import LocalText

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield


@pytest.fixture
def pipeline():
    return make_pipeline(reasons=True)


@pytest.fixture
def boss():
    return make_user("owner", name="Anna")


@pytest.fixture
def page(client, boss):
    boss.language = "en"
    boss.save()
    client.force_login(boss)
    return client


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_shows_cards_with_all_the_usual_columns(page, pipeline, boss):
    contact = make_client("Petrov")
    late = timezone.now() - timedelta(days=1)
    title = "Oak <b>kitchen</b>"
    item = make_item(pipeline, owner=boss, title=title, amount=1500, contact=contact.pk)
    Item.objects.filter(pk=item.pk).update(stalls_at=late)
    html = text_of(page.get(f"/list/{pipeline.pk}/"))
    assert "Oak &lt;b&gt;kitchen&lt;/b&gt;" in html
    assert "Petrov" in html
    assert "no step" in html
    assert 'class="late"' in html
    assert f'/cards/{item.pk}/" data-slider' in html


def test_a_list_costs_a_steady_number_of_queries(
    page, pipeline, boss, django_assert_max_num_queries
):
    def fill(count):
        for n in range(count):
            make_item(pipeline, title=f"{n}", contact=make_client().pk)

    fill(2)
    page.get(f"/list/{pipeline.pk}/")
    with django_assert_max_num_queries(12):
        page.get(f"/list/{pipeline.pk}/")
    fill(6)
    with django_assert_max_num_queries(12):
        page.get(f"/list/{pipeline.pk}/?mine=1&sort=-amount")


def test_a_manager_sees_own_cards_only_and_no_way_to_export(client, pipeline):
    manager = make_user("manager")
    make_item(pipeline, title="Stranger's")
    make_item(pipeline, owner=manager, title="Own card")
    client.force_login(manager)
    html = text_of(client.get(f"/list/{pipeline.pk}/?state=all"))
    assert "Own card" in html
    assert "Stranger" not in html
    assert "export" not in html
    for kind in ("csv", "xlsx"):
        refused = client.get(f"/list/{pipeline.pk}/export?format={kind}")
        assert refused.status_code == 403
    assert not Event.objects.filter(verb="pipeline.exported").exists()


def test_who_sees_no_card_of_a_funnel_finds_no_list(client, pipeline):
    kind = pipeline.item_type.code
    role = make_role(matrix={"*": {"see": "all"}, f"{kind}/{pipeline.code}": {"see": "none"}})
    client.force_login(make_user(role))
    assert client.get(f"/list/{pipeline.pk}/").status_code == 404
    assert client.get(f"/list/type/{kind}/").status_code == 404
    assert client.get("/list/999999/").status_code == 404


def test_the_list_of_a_type_holds_all_its_funnels(page, pipeline):
    second = make_pipeline(pipeline.item_type)
    second.name = LocalText("Опт", "Wholesale")
    second.save()
    make_item(pipeline, title="Retail card")
    make_item(second, title="Wholesale card")
    make_item(title="Of another type")
    html = text_of(page.get(f"/list/type/{pipeline.item_type.code}/"))
    assert "Retail card" in html
    assert "Wholesale card" in html
    assert "Of another type" not in html
    assert 'data-label="Funnel">Wholesale' in html


def test_the_next_page_brings_the_rest(page, pipeline, boss):
    for n in range(53):
        make_item(pipeline, owner=boss, title=f"Card-{n:02}")
    html = text_of(page.get(f"/list/{pipeline.pk}/?sort=title"))
    assert "Card-49" in html
    assert "Card-50" not in html
    more = html.split('id="list-more" hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = text_of(page.get(more, **HX, HTTP_HX_TARGET="list-more"))
    assert "<html" not in rest
    assert "Card-50" in rest
    assert "Card-49" not in rest
    assert "list-more" not in rest


def test_one_row_is_read_again_and_goes_away_when_it_no_longer_fits(page, pipeline):
    item = make_item(pipeline, title="Alone")
    url = f"/list/{pipeline.pk}/?row={item.pk}"
    assert f'id="row-{item.pk}"' in text_of(page.get(url, **HX))
    win_item(item.pk, by=SYSTEM)
    assert text_of(page.get(url, **HX)).strip().count("<tr") == 0


def test_the_list_of_a_funnel_in_the_archive_still_opens(page, pipeline, boss):
    card = make_item(pipeline, owner=boss, title="Old one")
    pipeline.archived = True
    pipeline.save()
    assert card.title in text_of(page.get(f"/list/{pipeline.pk}/"))


def test_columns_are_chosen_put_in_order_and_remembered(page, pipeline, boss):
    make_field(pipeline.item_type, "material", "list", options=[{"code": "oak", "name": "Дуб"}])
    make_item(pipeline, title="Kitchen", material="oak", amount=10)
    dialog = text_of(page.get(f"/list/{pipeline.pk}/columns"))
    assert 'value="material"' in dialog
    asked = {"column": ["title", "material", "amount", "x"]}
    answer = page.post(f"/list/{pipeline.pk}/columns", asked)
    assert answer["HX-Redirect"] == f"/list/{pipeline.pk}/?columns=title%2Cmaterial%2Camount"
    html = text_of(page.get(f"/list/{pipeline.pk}/"))  # without the address: as last time
    heads = [part.split('"')[0] for part in html.split('<th data-code="')[1:]]
    assert heads == ["title", "material", "amount"]
    assert "Дуб" in html
    params = {"columns": ["title", "owner"], "sort": "-amount"}
    view = save_view(
        "V", item_type=pipeline.item_type, pipeline=pipeline, params=params, by=Actor.user(boss)
    )
    html = text_of(page.get(f"/list/{pipeline.pk}/?view={view.pk}"))
    heads = [part.split('"')[0] for part in html.split('<th data-code="')[1:]]
    assert heads == ["title", "owner"]


def test_sorting_by_a_custom_column_works_on_the_page(page, pipeline):
    make_field(pipeline.item_type, "area", "number")
    for n, area in enumerate(["9", "10"]):
        make_item(pipeline, title=f"Card-{n}", area=area)
    html = text_of(page.get(f"/list/{pipeline.pk}/?columns=title,area&sort=-area"))
    assert html.index("Card-1") < html.index("Card-0")
    assert 'aria-sort="descending"' in html


def test_an_empty_list_says_what_to_do(page, pipeline):
    assert "Create the first one" in text_of(page.get(f"/list/{pipeline.pk}/"))
    assert "Clear the filter" in text_of(page.get(f"/list/{pipeline.pk}/?overdue=1"))


def test_a_cell_is_edited_where_it_stands(page, pipeline):
    item = make_item(pipeline, title="Kitchen", amount=100)
    url = f"/list/cell/{item.pk}/amount"
    form = text_of(page.get(url))
    assert 'name="f-amount"' in form
    cell = text_of(page.post(url, {"f-amount": "2 500", "seen": json.dumps({"amount": "100.00"})}))
    assert "2\u202f500" in cell
    assert Item.objects.get(pk=item.pk).amount == 2500


def test_a_refused_cell_keeps_what_was_typed_and_says_why(page, pipeline):
    make_field(pipeline.item_type, "budget", "number")
    first = stage(pipeline, "s1")
    item = make_item(pipeline, title="Kitchen", budget="5")
    first.required = ["budget"]
    first.save()
    url = f"/list/cell/{item.pk}/budget"
    unread = page.post(url, {"f-budget": "much"})
    assert unread.status_code == 422
    assert 'value="much"' in unread.content.decode()
    required = page.post(url, {"f-budget": ""})  # the gate: this stage asks for it
    assert required.status_code == 422
    assert "This stage requires it." in required.content.decode()
    assert Item.objects.get(pk=item.pk).values == {"budget": 5}


def test_a_cell_that_somebody_else_has_changed_meanwhile_asks_again(page, pipeline):
    item = make_item(pipeline, title="Kitchen", amount=100)
    edit_item(item.pk, {"amount": 300}, by=SYSTEM)
    seen = json.dumps({"amount": "100.00"})
    answer = page.post(f"/list/cell/{item.pk}/amount", {"f-amount": "200", "seen": seen})
    assert answer.status_code == 422
    assert "meanwhile" in answer.content.decode()
    assert Item.objects.get(pk=item.pk).amount == 300


def test_the_owner_and_the_stage_are_cells_with_commands_of_their_own(page, pipeline, boss):
    reason = pipeline.loss_reasons.get()
    item = make_item(pipeline, title="Kitchen")
    assert boss.name in text_of(page.get(f"/list/cell/{item.pk}/owner"))
    text_of(page.post(f"/list/cell/{item.pk}/owner", {"owner": boss.pk}))
    assert Item.objects.get(pk=item.pk).owner == boss
    assert "Step 2" in text_of(page.get(f"/list/cell/{item.pk}/stage"))
    moved = page.post(f"/list/move/{item.pk}", {"stage": stage(pipeline, "s2").pk})
    assert "item:moved" in moved["HX-Trigger"]
    lost = page.post(f"/list/move/{item.pk}", {"stage": stage(pipeline, "lost").pk})
    assert lost.status_code == 422  # the gate's own dialog asks why
    assert str(reason) in lost.content.decode()
    assert Item.objects.get(pk=item.pk).stage.code == "s2"


def test_a_manager_edits_no_strangers_cell(client, pipeline):
    manager = make_user("manager")
    stranger = make_item(pipeline)
    client.force_login(manager)
    assert client.get(f"/list/cell/{stranger.pk}/amount").status_code == 404
    assert client.post(f"/list/move/{stranger.pk}", {"stage": 1}).status_code == 404
    observer = make_user("observer")
    client.force_login(observer)
    html = text_of(client.get(f"/list/{pipeline.pk}/"))
    assert stranger.title in html
    assert "cell-edit" not in html
    assert client.post(f"/list/cell/{stranger.pk}/amount", {"f-amount": "1"}).status_code == 403
    assert client.get(f"/list/cell/{stranger.pk}/created_at").status_code == 404


def test_a_card_given_away_leaves_the_list_of_who_no_longer_sees_it(client, pipeline):
    manager, other = make_user("manager"), make_user("manager")
    item = make_item(pipeline, owner=manager)
    client.force_login(manager)
    answer = client.post(f"/list/cell/{item.pk}/owner", {"owner": other.pk})
    assert answer["HX-Retarget"] == f"#row-{item.pk}"
    assert answer["HX-Reswap"] == "delete"


def test_the_csv_holds_the_chosen_columns_and_no_formula(page, pipeline, boss):
    make_field(pipeline.item_type, "area", "number")
    make_field(pipeline.item_type, "phone", "phone")
    more = {"area": "2,5", "phone": "89161234567"}
    make_item(pipeline, owner=boss, title="=HYPERLINK(1)", amount=1500, **more)
    make_item(pipeline, owner=boss, title="Шкаф")
    columns = "title,amount,area,phone,owner,stage"
    url = f"/list/{pipeline.pk}/export?format=csv&sort=title&columns={columns}"
    answer = page.get(url)
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["Title", "Amount", "area", "phone", "Owner", "Stage"]
    assert rows[1] == ["'=HYPERLINK(1)", "1500.00", "2.5", "'+7 916 123-45-67", "Anna", "Step 1"]
    assert rows[2] == ["Шкаф", "0.00", "", "", "Anna", "Step 1"]
    event = Event.objects.get(verb="pipeline.exported")
    assert event.actor_user_id == boss.pk
    assert event.diff["cards"] == 2


def test_the_workbook_holds_numbers_as_numbers_and_text_as_text(page, pipeline):
    make_item(pipeline, title="=1+1", amount=1500)
    url = f"/list/{pipeline.pk}/export?format=xlsx&columns=title,amount,created_at"
    sheet = openpyxl.load_workbook(io.BytesIO(page.get(url).getvalue())).active
    title, amount, created = sheet[2]
    assert (title.value, title.data_type) == ("=1+1", "s")
    assert amount.value == 1500
    assert created.is_date


def test_only_cards_that_may_be_exported_are_in_the_file(client, pipeline):
    kind = pipeline.item_type.code
    role = make_role(matrix={kind: {"see": "all", "export": "own"}})
    user = make_user(role)
    client.force_login(user)
    make_item(pipeline, owner=user, title="Own")
    make_item(pipeline, title="Stranger's")
    body = client.get(f"/list/{pipeline.pk}/export?format=csv").getvalue().decode()
    assert "Own" in body
    assert "Stranger" not in body


def test_a_big_file_is_read_in_batches_without_gaps(page, pipeline, boss, monkeypatch):
    from voronka.web.list import exporting

    monkeypatch.setattr(exporting, "_BATCH", 2)
    for n in range(5):
        make_item(pipeline, owner=boss, title=f"Card-{n}")
    body = page.get(f"/list/{pipeline.pk}/export?format=csv&columns=title&sort=title").getvalue()
    titles = [row[0] for row in csv.reader(io.StringIO(body.decode("utf-8-sig")))][1:]
    assert titles == [f"Card-{n}" for n in range(5)]
