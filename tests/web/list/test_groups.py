"""The list in groups: heads with counts and sums, folding, pages, views, rights."""

from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone, translation

from tests.factories import SYSTEM, make_field, make_item, make_pipeline, stage
from tests.people.factories import make_user
from voronka.items import grouping
from voronka.items.commands import move_item
from voronka.items.commands.views import save_view
from voronka.items.models import Item, SavedView
from voronka.journal.actors import Actor
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


def english(user):
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def boss():
    return english(make_user("owner", name="Anna"))


@pytest.fixture
def page(client, boss):
    client.force_login(boss)
    return client


def make_at(place, pipeline, **facts):
    return move_item(make_item(pipeline, **facts).pk, to=place, by=SYSTEM)


def read(page, url, **headers):
    """Return what the rows say, heads as "# value: text", in order."""
    response = page.get(url, **headers)
    assert response.status_code == 200
    html = response.content.decode()
    told = []
    for row in html.split("<tr ")[1:]:
        if row.startswith('class="group-head"'):
            value = row.split('data-group="')[1].split('"')[0]
            text = unescape(" ".join(_words(row.split("</svg>", 1)[1])))
            told.append(f"# {value}: {text}")
        elif row.startswith('id="row-'):
            told.append(" ".join(_words(row.split('data-code="title"')[1].split("</td>")[0])))
    return told, html


def _words(html):
    out, inside = [], False
    for char in html.split("</tr>")[0]:
        inside = (char == "<") or (inside and char != ">")
        out.append(" " if inside or char == ">" else char)
    return "".join(out).split()


def link(html, value):
    """Return where the head of a group leads."""
    head = next(p for p in html.split("<tr ") if f'data-group="{value}"' in p)
    return unescape(head.split('href="')[1].split('"')[0])


def test_cards_stand_under_their_stages_with_count_and_sum(page, pipeline, boss):
    first, second = stage(pipeline, "s1"), stage(pipeline, "s2")
    make_at(second, pipeline, owner=boss, title="B", amount=200)
    make_item(pipeline, owner=boss, title="A", amount=1000)
    make_at(second, pipeline, owner=boss, title="C", amount=500)
    told, _html = read(page, f"/list/{pipeline.pk}/?group=stage&sort=title")
    assert [line.split(":")[0] for line in told] == [
        f"# {first.pk}",
        "A",
        f"# {second.pk}",
        "B",
        "C",
    ]
    assert "1 card" in told[0]
    assert "2 cards" in told[2]
    assert "700" in told[2]


def test_a_folded_group_keeps_its_head_and_shows_no_cards(page, pipeline, boss):
    second = stage(pipeline, "s2")
    make_item(pipeline, owner=boss, title="A")
    make_at(second, pipeline, owner=boss, title="B")
    url = f"/list/{pipeline.pk}/?group=stage&sort=title"
    first = str(stage(pipeline, "s1").pk)
    _told, html = read(page, url)
    fold = link(html, first)
    assert parse_qs(urlsplit(fold).query)["fold"] == [first]
    told, html = read(page, fold)
    assert [t.split(":")[0] for t in told] == [f"# {first}", f"# {second.pk}", "B"]
    assert 'aria-expanded="false"' in html
    told, html = read(page, link(html, str(second.pk)))
    assert [t.split(":")[0] for t in told] == [f"# {first}", f"# {second.pk}"]
    assert (
        "fold" not in parse_qs(urlsplit(link(html, first)).query)
        or first not in parse_qs(urlsplit(link(html, first)).query)["fold"]
    )


def test_the_next_page_goes_on_inside_its_group(page, pipeline, boss):
    second = stage(pipeline, "s2")
    for n in range(30):
        make_item(pipeline, owner=boss, title=f"A{n:02}")
        make_at(second, pipeline, owner=boss, title=f"B{n:02}")
    told, html = read(page, f"/list/{pipeline.pk}/?group=stage&sort=title")
    assert len([t for t in told if not t.startswith("#")]) == 50
    more = unescape(html.split('id="list-more" hx-get="')[1].split('"')[0])
    rest, html = read(page, more, **HX, HTTP_HX_TARGET="list-more")
    assert rest == [f"B{n:02}" for n in range(20, 30)]
    assert "list-more" not in html
    everything = [t for t in told + rest if not t.startswith("#")]
    assert len(set(everything)) == 60


def test_people_answers_grades_and_months_are_groups_too(page, pipeline, boss):
    made = make_field(
        pipeline.item_type,
        "size",
        "list",
        options=[{"code": "big", "name": "Big"}, {"code": "small", "name": "Small"}],
    )
    other = make_user("manager", name="Zoe")
    big = make_item(pipeline, owner=other, title="A", size="big")
    make_item(pipeline, owner=boss, title="B", size="small")
    make_item(pipeline, owner=boss, title="C")
    told, _html = read(page, f"/list/{pipeline.pk}/?group=size&sort=title")
    assert [t.split()[1] for t in told if t.startswith("#")] == ["big:", "small:", ":"]
    assert "not filled in" in told[-2]
    told, _html = read(page, f"/list/{pipeline.pk}/?group=owner&sort=title")
    assert [t for t in told if not t.startswith("#")] == ["B", "C", "A"]
    assert "Anna" in told[0]
    Item.objects.filter(pk=big.pk).update(created_at=timezone.now() - timedelta(days=70))
    told, _html = read(page, f"/list/{pipeline.pk}/?group=created_at&sort=title")
    assert [t for t in told if not t.startswith("#")] == ["B", "C", "A"]
    for code in ("grade", "source", "repeat", "loss_reason", "closed_at", "pipeline"):
        told, _html = read(page, f"/list/{pipeline.pk}/?state=all&group={code}&sort=title")
        assert [t for t in told if not t.startswith("#")] == ["A", "B", "C"]
    assert made.code == "size"


def test_all_funnels_of_a_type_name_the_funnel_of_a_stage(page, pipeline, boss):
    second = make_pipeline(pipeline.item_type)
    second.name = LocalText("Опт", "Wholesale")
    second.save()
    make_item(pipeline, owner=boss, title="A")
    make_item(second, owner=boss, title="B")
    kind = pipeline.item_type.code
    told, _html = read(page, f"/list/type/{kind}/?group=stage&sort=title")
    assert [t for t in told if not t.startswith("#")] == ["A", "B"]
    assert "· Wholesale" in told[2]
    told, _html = read(page, f"/list/type/{kind}/?group=pipeline")
    assert "Wholesale" in told[2]


def test_a_manager_counts_own_cards_only(client, pipeline, boss):
    manager = english(make_user("manager"))
    make_item(pipeline, owner=boss, title="Hidden", amount=900)
    make_item(pipeline, owner=manager, title="Own", amount=100)
    client.force_login(manager)
    told, html = read(client, f"/list/{pipeline.pk}/?group=stage")
    assert told[1] == "Own"
    assert "1 card" in told[0]
    assert "100" in told[0]
    assert "900" not in html


def test_too_many_cards_are_listed_without_groups_and_say_so(page, pipeline, boss, monkeypatch):
    monkeypatch.setattr(grouping, "MOST_GROUPED", 1)
    make_item(pipeline, owner=boss, title="A")
    make_item(pipeline, owner=boss, title="B")
    told, html = read(page, f"/list/{pipeline.pk}/?group=stage&sort=title")
    assert told == ["A", "B"]
    assert "narrow the filter" in html


@pytest.mark.parametrize("code", ["title", "nonsense", "amount", "'; drop", "-"])
def test_what_cannot_be_grouped_by_is_no_group(page, pipeline, boss, code):
    make_item(pipeline, owner=boss, title="A")
    told, _html = read(page, f"/list/{pipeline.pk}/", **{"QUERY_STRING": f"group={code}&fold=x"})
    assert told == ["A"]


def test_a_view_keeps_its_groups_until_another_choice(page, pipeline, boss):
    make_item(pipeline, owner=boss, title="A")
    hidden = {
        "path": f"/list/{pipeline.pk}/",
        "type": pipeline.item_type.code,
        "funnel": pipeline.pk,
        "keep": "group=stage",
        "name": "By stage",
    }
    assert page.post("/filters/views/new", hidden).status_code in (200, 302)
    view = SavedView.objects.get()
    assert view.params["group"] == "stage"
    told, html = read(page, f"/list/{pipeline.pk}/?view={view.pk}")
    assert told[0].startswith("# ")
    told, html = read(page, f"/list/{pipeline.pk}/?view={view.pk}&group=-")
    assert told == ["A"]
    assert "hx-post" in html
    menu = page.get(f"/list/{pipeline.pk}/groups?view={view.pk}").content.decode()
    assert 'group=stage"' in menu.replace("&amp;", "&") or "group=stage&" in menu
    assert "aria-current" in menu


def test_groups_cost_few_queries(page, pipeline, boss, django_assert_max_num_queries):
    for n in range(4):
        make_item(pipeline, owner=make_user("manager", name=f"M{n}"), title=f"{n}")
    url = f"/list/{pipeline.pk}/?group=owner"
    page.get(url)
    with django_assert_max_num_queries(12):
        page.get(url)


def test_an_old_view_without_groups_still_opens(page, pipeline, boss):
    view = save_view(
        "Old", item_type=pipeline.item_type, params={}, by=Actor.user(boss), pipeline=pipeline
    )
    view.params.pop("group", None)
    view.save()
    make_item(pipeline, owner=boss, title="A")
    told, _html = read(page, f"/list/{pipeline.pk}/?view={view.pk}")
    assert told == ["A"]
