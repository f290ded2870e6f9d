"""The frame: language, time zone, rail, refusals, error pages, icons, the weight of a page."""

import gzip
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse

from tests.factories import make_item, make_pipeline
from tests.people.factories import make_user
from voronka.kernel.errors import Conflict
from voronka.web.frame import navigation
from voronka.web.middleware import PersonMiddleware

WEB = Path(settings.BASE_DIR) / "voronka/web"
WIRE = 250_000  # bytes, issue 1: the first opening of the board, assets included
DECODED = 1_000_000


def draw(source: str, **context) -> str:
    return Template("{% load voronka %}" + source).render(Context(context))


@pytest.mark.django_db
def test_a_stranger_is_spoken_to_in_the_browsers_language_russian_when_it_says_nothing(client):
    page = reverse("account:login")
    assert client.get(page)["Content-Language"] == "ru"
    english = client.get(page, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert english["Content-Language"] == "en"
    assert "Log in" in english.content.decode()


@pytest.mark.django_db
def test_a_person_is_spoken_to_in_their_own_language_whatever_the_browser_says(client):
    user = make_user()
    client.force_login(user)
    answer = client.get(reverse("account:profile"), headers={"Accept-Language": "en"})
    assert 'lang="ru"' in answer.content.decode()


@pytest.mark.django_db
def test_a_page_costs_few_queries_for_its_frame(client, django_assert_max_num_queries):
    client.force_login(make_user("owner"))
    page = reverse("account:profile")
    client.get(page)
    # session, person, calendar × 2, devices, pipelines, bell
    with django_assert_max_num_queries(7):
        client.get(page)


@pytest.mark.django_db
def test_a_page_inside_the_slider_has_no_frame(client):
    client.force_login(make_user())
    page = reverse("account:profile")
    inside = client.get(page, headers={"HX-Request": "true", "HX-Target": "slider"})
    assert "<html" not in inside.content.decode()
    assert "slider-head" in inside.content.decode()
    assert "<html" in client.get(page).content.decode()


@pytest.mark.django_db
def test_the_rail_never_shows_what_does_not_exist_or_is_not_allowed(client):
    make_pipeline()
    for role in ("owner", "manager", "observer"):
        user = make_user(role)
        client.force_login(user)
        for link in navigation.rail(user, "/"):
            for url in [link.url, *(child.url for child in link.children)]:
                assert client.get(url, follow=True).status_code == 200, (role, url)


@pytest.mark.django_db
def test_a_manager_is_not_offered_the_set_up():
    entries = navigation.rail(make_user(), "/")
    assert not any(
        child.url == navigation.address("people:index") != ""
        for e in entries
        for child in e.children
    )


def test_a_refusal_that_no_view_caught_is_a_sentence_for_the_toast():
    request = RequestFactory().post("/", headers={"HX-Request": "true"})
    sentence = "Пётр уже перенёс карточку."
    answer = PersonMiddleware(lambda r: None).process_exception(request, Conflict(sentence))
    assert answer.status_code == 409
    assert answer["Voronka-Detail"].startswith("%D0%9F")


@pytest.mark.django_db
def test_an_unknown_address_is_answered_in_style(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "plain-main" in answer.content.decode()


def test_the_answer_to_our_own_failure_needs_no_database():
    from voronka.web.frame.views import broken

    answer = broken(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "plain-main" in answer.content.decode()


def test_names_and_icons_are_escaped():
    drawn = draw("{% avatar name %}{% icon name %}", name='<b a="1">')
    assert "<b" not in drawn


def test_page_links_keep_the_filters():
    request = RequestFactory().get("/", {"mine": "1", "page": "2"})
    drawn = draw("{% url_with page=3 %} {% url_with mine=None %}", request=request)
    assert drawn == "?mine=1&amp;page=3 /"


def test_an_empty_state_offers_one_button():
    drawn = draw('{% empty "inbox" "Nothing yet" "Begin here." action="Add" url="/add" %}')
    assert drawn.count("btn") == 2  # .btn and .btn-primary of the one button
    assert 'href="/add"' in drawn


def test_a_form_field_shows_its_error_and_what_was_typed():
    from django import forms

    class Form(forms.Form):
        amount = forms.DecimalField(help_text="In roubles")

    drawn = str(Form({"amount": "много"}))
    assert "много" in drawn
    assert 'class="field invalid"' in drawn
    assert "In roubles" in drawn
    assert 'aria-invalid="true"' in drawn


def test_every_named_icon_is_in_the_sprite():
    sprite = Path(finders.find("vendor/icons.svg")).read_text()
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = set()
    for file in WEB.rglob("*.html"):
        named |= set(re.findall(r"\{%\s*icon\s+[\"']([\w-]+)[\"']", file.read_text()))
    assert named <= known, f"run npm run build: {named - known}"


def test_every_module_that_a_script_imports_is_in_the_import_map():
    named = (WEB / "templates/frame/_scripts.html").read_text()
    imported = set()
    for file in (WEB / "static/voronka/js").glob("*.js"):
        imported |= set(re.findall(r'(?:from|import|import\()\s*"([\w/-]+)"', file.read_text()))
    assert {name for name in imported if f'"{name}":' not in named} == set()


@pytest.mark.django_db
def test_the_first_opening_of_a_full_board_stays_light(client):
    owner = make_user("owner", name="Константин Константинопольский")
    client.force_login(owner)
    pipeline = make_pipeline(stages=10)
    title = "Кухня с островом, семья Константинопольских"
    for _ in range(4):
        make_item(pipeline, owner=owner, title=title, amount="1234567.89")
    page = client.get(reverse("board:pipeline", args=[pipeline.pk])).content.decode()
    cards = re.findall(r"<article.*?</article>", page, re.S)
    page += "".join(  # ten columns of twenty-five, each card a little different
        cards[n % 4].replace(str(pipeline.pk), str(n)) for n in range(250)
    )
    files = set(re.findall(r'(?:href|src)="/static/([^"#?]+)', page))
    names = json.loads(re.search(r'type="importmap">(.*?)</script>', page, re.S)[1])["imports"]
    imported = modules_of("main", "board")
    files |= {url.removeprefix("/static/") for n, url in names.items() if n in imported}
    files |= {"vendor/icons.svg"}
    files |= {f"vendor/fonts/inter-{part}.woff2" for part in ("latin", "cyrillic", "signs")}
    assert not any("echarts" in name for name in files)
    decoded, wire = len(page.encode()), len(gzip.compress(page.encode()))
    for name in files:
        content = Path(finders.find(name)).read_bytes()
        decoded += len(content)
        wire += len(content if name.endswith("woff2") else gzip.compress(content))
    assert wire < WIRE, wire
    assert decoded < DECODED, decoded


def modules_of(*names: str) -> set[str]:
    """Everything that these scripts of ours import when they load, and what that imports."""
    found: set[str] = set()
    waiting = [f"app/{name}" for name in names]
    while waiting:
        file = WEB / "static/voronka/js" / f"{waiting.pop().removeprefix('app/')}.js"
        source = file.read_text() if file.exists() else ""
        new = set(re.findall(r'(?:from|import)\s*"([\w/-]+)"', source)) - found
        found |= new
        waiting += new
    return found
