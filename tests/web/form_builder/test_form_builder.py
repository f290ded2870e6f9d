"""The builder of site forms: what is typed becomes the form that visitors see (IN-4)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.channels.forms.factories import consent, make_form
from tests.people.factories import make_user
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.queries import form_rows
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.sources import save_source
from voronka.pipelines.specs import SourceSpec

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(make_user("owner"))
    return client


CONTROLS = re.compile(
    r"<(input)([^>]*)>|<(select|textarea)([^>]*)>(.*?)</(?:select|textarea)>", re.DOTALL
)


def inputs(html):
    """What a browser would post from a page of the builder, in its order."""
    sent = {}
    for box, box_says, kind, says, inside in CONTROLS.findall(html):
        about = box_says or says
        name = re.search(r' name="([^"]*)"', about)
        value = re.search(r' value="([^"]*)"', about)
        ticks = box and ('type="checkbox"' in about or 'type="radio"' in about)
        if not name or (ticks and " checked" not in about):
            continue
        if kind == "select":
            value = re.search(r' value="([^"]*)"[^>]* selected', inside)
        text = inside.removeprefix("\n") if kind == "textarea" else value[1] if value else ""
        sent.setdefault(name[1], []).append("on" if ticks and not value else text)
    return sent


def opened(browser, form=None, start="qualify"):
    url = reverse("forms:edit", args=[form.pk]) if form else reverse("forms:create")
    url += "" if form else f"?start={start}"
    return url, inputs(browser.get(url).content.decode())


def test_a_beginning_is_saved_as_it_is_shown_and_asks_what_gives_the_grade(browser):
    make_form()
    url, sent = opened(browser)
    answer = browser.post(url, sent)
    form = Form.objects.latest("pk")
    assert answer["HX-Redirect"] == reverse("forms:site", args=[form.pk])
    assert [f["target"] for f in form.fields] == ["name", "phone", "text", "item:budget"]
    assert [c["value"] for c in form.fields[3]["choices"]] == ["big", "small"]
    assert form.consent_needed
    assert form.consents.get().version == 1


def test_an_answer_may_be_said_in_the_visitor_s_words_and_left_out(browser):
    form = make_form()
    url, sent = opened(browser)
    place = next(n for n, key in enumerate(sent["a_key"]) if key.endswith(":big"))
    sent["a_ru"][place] = "Больше 300 тысяч"
    sent["a_on"] = [sent["a_key"][place]]
    browser.post(url, sent)
    form = Form.objects.latest("pk")
    assert form.fields[3]["choices"] == [{"value": "big", "label": {"ru": "Больше 300 тысяч"}}]
    again = inputs(browser.get(reverse("forms:edit", args=[form.pk])).content.decode())
    assert again["a_ru"] == ["Больше 300 тысяч", ""]
    assert [key.partition(":")[2] for key in again["a_on"]] == ["big"]


def test_saving_what_was_opened_changes_nothing(browser):
    fields = [
        {"name": "tel", "kind": "phone", "target": "phone", "label": {"ru": "Тел"}},
        {"name": "size", "kind": "select", "label": {"ru": "Размер", "en": "Size"},
         "choices": [{"value": "S", "label": {"ru": "S", "en": "Small"}}, {"value": "L"}]},
        {"name": "page_kind", "kind": "hidden", "default": "landing", "label": {"ru": "Страница"}},
    ]  # fmt: skip
    form = make_form(fields, hosts=["a.ru"], consent=consent(), title=LocalText("Замер", "Visit"))
    before = form_picture(form)
    url, sent = opened(browser, form)
    assert browser.post(url, sent).status_code == 200
    form.refresh_from_db()
    after = form_picture(form)
    assert after[1:] == before[1:]
    assert [f["name"] for f in after[0]] == ["tel", "size", "page_kind"]
    assert form.fields[1]["choices"][0] == {"value": "S", "label": {"ru": "S", "en": "Small"}}
    assert form.fields[2]["default"] == "landing"


def form_picture(form):
    return form.fields, form.title, form.hosts, form.consents.count(), form.channel.owner_id


def test_refusals_stand_at_their_fields_and_everything_typed_stays(browser):
    make_form()
    url, sent = opened(browser)
    sent["f_label_ru"][0] = sent["f_label_en"][0] = ""
    sent["f_name"][1] = "кириллица"
    sent |= {"hosts": ["не сайт"], "redirect": ["nowhere"], "intro_ru": ["Слово <b>до</b>"]}
    answer = browser.post(url, sent)
    assert answer.status_code == 422
    draft = answer.context["draft"]
    assert "label" in draft.rows[0].errors
    sent["f_label_ru"][0] = "Имя"
    page = browser.post(url, sent)
    draft = page.context["draft"]
    assert "name" in draft.rows[1].errors
    assert set(draft.channel.errors) >= {"hosts", "redirect"}
    assert "Слово &lt;b&gt;до&lt;/b&gt;" in page.content.decode()
    assert Form.objects.count() == 1


def test_a_changed_consent_is_the_next_version(browser):
    form = make_form(consent=consent(), consent_needed=True)
    url, sent = opened(browser, form)
    browser.post(url, sent)
    assert form.consents.count() == 1
    sent["consent_ru"] = ["Согласен и на звонки"]
    browser.post(url, sent)
    assert [c.version for c in form.consents.all()] == [2, 1]


def test_a_foreign_form_gets_an_address_that_takes_its_post(browser, client):
    make_form()
    url, sent = opened(browser, start="foreign")
    sent["name"] = ["Тильда"]
    browser.post(url, sent)
    form = Form.objects.latest("pk")
    assert form.fields == []
    page = browser.get(reverse("forms:site", args=[form.pk])).content.decode()
    assert f"/f/{form.channel.key}" in page
    assert "embed.js" not in page  # there is nothing to draw
    client.post(f"/f/{form.channel.key}", {"Name": "Анна", "Phone": "+79161234567"})
    assert Item.objects.get().contact.name == "Анна"


def test_a_form_of_our_own_without_fields_is_refused(browser):
    make_form()
    url, sent = opened(browser)
    rows = [k for k in sent if k.startswith(("f_", "a_")) or k == "uid"]
    answer = browser.post(url, {k: v for k, v in sent.items() if k not in rows})
    assert answer.status_code == 422
    assert "rows" in answer.context["draft"].errors


def test_the_preview_is_the_public_page_of_what_is_typed(browser):
    make_form()
    _url, sent = opened(browser)
    sent |= {"title_ru": ["Кухня <i>"], "preview_language": ["ru"]}
    page = browser.post(reverse("forms:preview"), sent).content.decode()
    assert "Кухня &lt;i&gt;" in page
    assert 'name="budget" value="big"' in page
    english = browser.post(reverse("forms:preview"), sent | {"preview_language": ["en"]})
    assert '<html lang="en"' in english.content.decode()
    thanks = browser.post(reverse("forms:preview"), sent | {"preview_state": ["thanks"]})
    assert "data-sent" in thanks.content.decode()
    assert Form.objects.count() == 1


def test_a_row_is_drawn_for_its_target_and_keeps_what_was_typed(browser):
    form = make_form()
    pipeline = form.channel.pipeline_id
    fresh = browser.post(reverse("forms:row") + "?add=|item:budget", {"pipeline": pipeline})
    sent = inputs(fresh.content.decode()) | {"pipeline": [pipeline], "f_label_ru": ["Сколько"]}
    sent["f_target"] = ["source"]
    save_source(SourceSpec("site", LocalText("Сайт", "Site")), by=Actor.system())
    row = browser.post(reverse("forms:row"), sent).context["row"]
    assert (row.target.code, row.label.ru, row.kind) == ("source", "Сколько", "radio")
    assert [one.value for one in row.answers] == ["site"]


def test_a_test_enquiry_goes_the_whole_way_and_is_cleared_away(browser):
    form = make_form()
    page = browser.post(reverse("forms:test", args=[form.pk])).content.decode()
    assert "alert-success" in page
    row = Enquiry.objects.get()
    assert row.test
    result = re.search(r'<a href="([^"]*)"', page)[1]
    assert browser.get(result).context["enquiry"] == row
    assert not Item.objects.alive().exists()


def test_the_list_counts_what_came_in_thirty_days(browser, client, django_assert_num_queries):
    form, _other = make_form([]), make_form([], name="Other")
    client.post(f"/f/{form.channel.key}", {"phone": "+79161234567"})
    client.post(f"/f/{form.channel.key}", {"phone": "+79161234568"})
    Enquiry.objects.filter(pk=Enquiry.objects.latest("pk").pk).update(
        received_at=timezone.now() - timedelta(days=31)
    )
    browser.post(reverse("forms:test", args=[form.pk]))
    with django_assert_num_queries(2):
        rows = form_rows(at=timezone.now())
    assert [row.enquiries for row in rows] == [1, 0]
    assert browser.get(reverse("forms:index")).status_code == 200


def test_a_form_put_away_answers_no_more(browser, client):
    form = make_form()
    browser.post(reverse("forms:archive", args=[form.pk]))
    assert client.get(f"/f/{form.channel.key}").status_code == 404
    assert browser.get(reverse("forms:edit", args=[form.pk])).status_code == 404


def test_a_form_comes_back_from_the_archive_at_its_old_address(browser, client):
    form = make_form()
    browser.post(reverse("forms:archive", args=[form.pk]))
    shown = browser.get(reverse("forms:index"))
    assert [one.pk for one in shown.context["archived"]] == [form.pk]
    assert reverse("forms:restore", args=[form.pk]) in shown.content.decode()
    answer = browser.post(reverse("forms:restore", args=[form.pk]))
    assert answer["HX-Redirect"] == reverse("forms:edit", args=[form.pk])
    assert client.get(f"/f/{form.channel.key}").status_code == 200
    assert browser.get(reverse("forms:index")).context["archived"] == []


def test_the_pages_need_the_right_to_set_up(client):
    form = make_form()
    client.force_login(make_user("manager"))
    for url in (reverse("forms:index"), reverse("forms:edit", args=[form.pk])):
        assert client.get(url).status_code == 403
    for name in ("forms:test", "forms:archive", "forms:restore"):
        assert client.post(reverse(name, args=[form.pk])).status_code == 403
    assert client.post(reverse("forms:preview"), {}).status_code == 403
