"""The filter bar, its dialog, and saved views on the pages that have it."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation

from tests.clients.factories import make_client
from tests.factories import make_field, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.items.commands.views import change_view, delete_view, order_views, save_view
from voronka.items.filters import CardFilter
from voronka.items.models import SavedView
from voronka.items.saved_views import views_of
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound
from voronka.web.filters import FilterBar

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield


@pytest.fixture
def pipeline():
    return make_pipeline(reasons=True)


def bar_of(user, pipeline, address="/cards/", **options):
    request = RequestFactory().get(address)
    request.user = user
    return FilterBar.of(request, pipeline.item_type, pipeline, **options)


def keep(user, pipeline, name="Hot", **options):
    options.setdefault("params", {"filters": {"mine": ["1"]}})
    return save_view(
        name, item_type=pipeline.item_type, pipeline=pipeline, by=Actor.user(user), **options
    )


def test_a_chip_puts_its_filter_on_and_takes_it_off(pipeline):
    boss = make_user("owner")
    off = bar_of(boss, pipeline, "/cards/?sort=amount&after=x")
    chip = next(chip for chip in off.chips if chip.title == "Stalled")
    assert chip.url == "/cards/?overdue=1&sort=amount"
    on = bar_of(boss, pipeline, chip.url)
    chip = next(chip for chip in on.chips if chip.title == "Stalled")
    assert (chip.pressed, chip.url) == (True, "/cards/?sort=amount")


def test_who_sees_only_own_cards_is_not_offered_mine(pipeline):
    def offered(role):
        return [chip.title for chip in bar_of(make_user(role), pipeline).chips]

    assert "Mine" in offered("owner")
    assert "Mine" not in offered("manager")


def test_the_bar_shows_what_is_set_and_the_way_to_take_it_off(pipeline):
    boss = make_user("owner", name="Anna")
    bar = bar_of(boss, pipeline, f"/cards/?owner={boss.pk}&grade=A&q=oak&amount.from=odd")
    html = render_to_string("filters/_bar.html", {"bar": bar})
    assert "Anna" in html
    assert 'href="/cards/?q=oak&amp;grade=A"' in html
    assert "odd" in html  # what can't be read is told
    assert [m.mark.title for m in bar.marks] == ["Owner", "Grade"]


def test_the_dialog_asks_everything_and_goes_to_the_page_with_the_answers(client, pipeline):
    for kind in ("text", "number", "date", "boolean", "list", "user", "client", "item", "file"):
        make_field(pipeline.item_type, f"f_{kind}", kind)
    client.force_login(make_user("owner"))
    place = {"path": "/cards/", "type": pipeline.item_type.code, "funnel": pipeline.pk, "stages": 1}
    asked = {**place, "keep": "sort=amount", "state": "won"}
    html = client.get("/filters/", asked).content.decode()
    for name in ("owner", "stage", "f-f_text", "f-f_number.from", "f-f_date.to", "f-f_file.is"):
        assert f'name="{name}"' in html
    assert '<option value="won" selected>' in html
    answer = client.post("/filters/", {**asked, "owner": ["", "7"]})
    assert answer["HX-Redirect"] == "/cards/?owner=7&state=won&sort=amount"


def test_the_dialog_does_not_name_what_the_person_may_not_see(client, pipeline):
    make_field(pipeline.item_type, "f_friend", "client")
    own_only = {"*": {"see": "own"}, "client": {"see": "own"}}
    boss, seller = make_user("owner"), make_user(make_role(matrix=own_only))
    hidden, own = make_client("Tretyakov", owner=boss), make_client("Repin", owner=seller)
    client.force_login(seller)
    place = {"path": "/cards/", "type": pipeline.item_type.code, "funnel": pipeline.pk}
    asked = {**place, "client": hidden.pk, "f-f_friend": [hidden.pk, own.pk]}
    html = client.get("/filters/", asked).content.decode()
    assert "Tretyakov" not in html
    assert "Repin" in html
    assert html.count(f'<option value="{hidden.pk}" selected>(скрыто от вас)') == 2


def test_the_dialog_keeps_what_cannot_be_read_and_says_why(client, pipeline):
    client.force_login(make_user("owner"))
    place = {"path": "/cards/", "type": pipeline.item_type.code}
    answer = client.post("/filters/", {**place, "amount.from": "plenty", "grade": "A"})
    assert answer.status_code == 422
    assert 'value="plenty"' in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "", "javascript:1"])
def test_the_dialog_leads_nowhere_else(client, pipeline, path):
    client.force_login(make_user("owner"))
    place = {"path": path, "type": pipeline.item_type.code}
    assert client.post("/filters/", place).status_code == 404


def test_a_private_view_is_seen_by_its_owner_and_a_shared_one_by_all(pipeline):
    boss, manager = make_user("owner"), make_user("manager")
    keep(boss, pipeline, "Mine alone")
    shared = keep(boss, pipeline, "For all", shared=True)
    assert views_of(manager, pipeline.item_type, pipeline) == [shared]
    assert len(views_of(boss, pipeline.item_type, pipeline)) == 2
    other = make_pipeline(pipeline.item_type)
    assert views_of(boss, pipeline.item_type, other) == []


def test_only_who_may_share_views_shares_and_changes_shared_ones(pipeline):
    boss, manager = make_user("owner"), make_user("manager")
    shared = keep(boss, pipeline, shared=True)
    by = Actor.user(manager)
    own = keep(manager, pipeline, "Own")
    for refused in (
        lambda: keep(manager, pipeline, "Other", shared=True),
        lambda: change_view(own.pk, shared=True, by=by),
        lambda: change_view(shared.pk, name="Else", by=by),
        lambda: delete_view(shared.pk, by=by),
    ):
        with pytest.raises(Forbidden):
            refused()
    with pytest.raises(NotFound):
        change_view(keep(boss, pipeline, "Secret").pk, name="Else", by=by)
    sharer = make_user(make_role(matrix={"*": {"see": "all"}}, rights=["share_views"]))
    assert change_view(shared.pk, name="Else", by=Actor.user(sharer)).name == "Else"


def test_a_view_wants_a_name_of_its_own(pipeline):
    boss = make_user("owner")
    keep(boss, pipeline, "Hot")
    for name in ("", "  ", "hot", "x" * 81):
        with pytest.raises(InvalidInput) as refusal:
            keep(boss, pipeline, name)
        assert "name" in refusal.value.fields


def test_a_view_opens_by_its_tab_and_the_default_one_by_itself(pipeline):
    boss = make_user("owner")
    view = keep(boss, pipeline)
    assert not bar_of(boss, pipeline).asked
    opened = bar_of(boss, pipeline, f"/cards/?view={view.pk}")
    assert opened.asked == CardFilter(mine=True)
    change_view(view.pk, is_default=True, by=Actor.user(boss))
    assert bar_of(boss, pipeline).asked == CardFilter(mine=True)
    assert not bar_of(boss, pipeline, "/cards/?view=all").asked
    cleared = bar_of(boss, pipeline, opened.clear_url)
    assert not cleared.asked
    second = keep(boss, pipeline, "Second")
    change_view(second.pk, is_default=True, by=Actor.user(boss))
    assert SavedView.objects.get(is_default=True) == second


def test_a_changed_view_can_be_kept(client, pipeline):
    boss = make_user("owner")
    client.force_login(boss)
    view = keep(boss, pipeline)
    bar = bar_of(boss, pipeline, f"/cards/?overdue=1&view={view.pk}&sort=-amount")
    assert bar.tab.changed
    posted = {**bar.place.hidden, **bar.asked.query()}
    answer = client.post(f"/filters/views/{view.pk}/keep", posted)
    assert answer["HX-Redirect"] == f"/cards/?view={view.pk}"
    view.refresh_from_db()
    assert view.params["filters"] == {"overdue": ["1"]}
    assert view.params["sort"] == "-amount"
    assert not bar_of(boss, pipeline, f"/cards/?view={view.pk}").tab.changed


def test_views_are_made_renamed_ordered_and_deleted_on_their_pages(client, pipeline):
    boss = make_user("owner")
    client.force_login(boss)
    place = bar_of(boss, pipeline, "/cards/").place.hidden
    asked = {**place, "grade": "A"}
    assert 'name="shared"' in client.get("/filters/views/new", asked).content.decode()
    assert client.post("/filters/views/new", {**asked, "name": ""}).status_code == 422
    client.post("/filters/views/new", {**asked, "name": "A deals", "shared": "1"})
    view = SavedView.objects.get()
    assert (view.name, view.shared, view.pipeline) == ("A deals", True, pipeline)
    edited = {**place, "name": "Best", "shared": "1", "default": "1"}
    client.post(f"/filters/views/{view.pk}", edited)
    view.refresh_from_db()
    assert (view.name, view.is_default) == ("Best", True)
    other = keep(boss, pipeline, "Other")
    client.post(f"/filters/views/{other.pk}/move", {**place, "step": "-1"})
    assert views_of(boss, pipeline.item_type, pipeline) == [other, view]
    client.post(f"/filters/views/{view.pk}/delete", place)
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_who_may_not_change_a_view_does_not_move_it(pipeline):
    boss, manager = make_user("owner"), make_user("manager")
    shared, own = keep(boss, pipeline, "All", shared=True), keep(manager, pipeline, "Own")
    order_views([own.pk, shared.pk], by=Actor.user(manager))
    shared.refresh_from_db()
    assert shared.position == 0
