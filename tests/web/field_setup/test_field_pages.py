"""The page of fields: sections, fields, kinds, limits, answers, who asks for them, the archive."""

import pytest
from django.urls import reverse

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_user
from voronka.pipelines.models import Field, Section

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind():
    return make_pipeline(make_item_type("deal")).item_type


@pytest.fixture
def boss(client):
    client.force_login(make_user("owner"))
    return client


def url(name, *args):
    return reverse(f"field_setup:{name}", args=args)


def typed(**data):
    """What the form of a field sends."""
    return {"name_ru": "Площадь", "name_en": "", "kind": "number", "section": "main"} | data


def test_the_page_shows_sections_fields_and_the_card_that_comes_of_them(boss, kind):
    field = make_field(kind, "area", "number", help="Сколько метров?")
    pipeline = kind.pipelines.get()
    pipeline.stages.filter(code="s2").update(required=["area"])
    page = boss.get(url("index") + f"?type={kind.code}").content.decode()
    assert f'id="field-{field.pk}"' in page
    assert "обязательно в 1 воронке" in page
    assert 'name="sample-area"' in page
    assert '<span class="required"' not in page
    page = boss.get(url("index") + f"?type={kind.code}&stage=s2").content.decode()
    assert '<span class="required"' in page


def test_a_field_of_each_kind_can_be_made(boss, kind):
    Section.objects.create(item_type=kind, code="main", name={"ru": "Данные"})
    for code in Field.Kind.values:
        data = typed(name_ru=f"Поле {code}", kind=code)
        data |= {"option_code": [""], "option_ru": ["Да"], "option_en": [""]}
        data |= {"option_points": ["3"], "type": kind.code, "in_slider": "1"}
        answer = boss.post(url("new") + f"?type={kind.code}", data)
        assert answer.status_code == 204, (code, answer.content.decode())
    assert kind.fields.count() == len(Field.Kind.values)


def test_limits_are_kept_for_the_kinds_that_know_them(boss, kind):
    make_field(kind, "other")
    data = typed(min="1 000,5", max="2000", pattern="x", type=kind.code)
    assert boss.post(url("new"), data).status_code == 204
    assert kind.fields.get(code="ploschad").rules == {"min": 1000.5, "max": 2000}
    data = typed(name_ru="ИНН", kind="text", pattern=r"\d{10}", max_length="12", min="5")
    boss.post(url("new"), data | {"type": kind.code})
    assert kind.fields.get(code="inn").rules == {"pattern": r"\d{10}", "max_length": 12}


@pytest.mark.parametrize(
    "wrong",
    [
        {"min": "много"},
        {"min": "5", "max": "1"},
        {"kind": "text", "pattern": "("},
        {"kind": "list"},
        {"name_ru": ""},
        {"code": "Площадь"},
        {"code": "amount"},
    ],
)
def test_a_wrong_field_keeps_what_was_typed_and_says_why(boss, kind, wrong):
    make_field(kind, "other")
    answer = boss.post(url("new"), typed(help_ru="Сколько метров?", type=kind.code) | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "Сколько метров?" in page
    assert kind.fields.count() == 1


def test_answers_keep_their_codes_when_words_change_and_points_count(boss, kind):
    options = [{"code": "low", "name": {"ru": "Мало"}, "points": 1}]
    field = make_field(kind, "budget", "list", options=options)
    data = typed(name_ru="Бюджет", kind="list", option_code=["low", ""])
    data |= {"option_ru": ["Немного", "Много"], "option_en": ["", ""], "option_points": ["2", "−5"]}
    assert boss.post(url("field", field.pk), data).status_code == 204
    field.refresh_from_db()
    assert [(o["code"], o["points"]) for o in field.options] == [("low", 2), ("mnogo", -5)]


def test_an_answer_that_cards_hold_is_not_taken_away(boss, kind):
    options = [{"code": "low", "name": {"ru": "Мало"}, "points": 1}]
    field = make_field(kind, "budget", "list", options=options)
    make_item(kind.pipelines.get(), budget="low")
    data = typed(name_ru="Бюджет", kind="list", option_code=[""], option_ru=["Много"])
    answer = boss.post(url("field", field.pk), data | {"option_en": [""], "option_points": [""]})
    assert answer.status_code == 422
    assert "1 карточк" in answer.content.decode()


def test_a_field_is_asked_for_from_a_stage_on(boss, kind):
    field = make_field(kind, "area", "number")
    pipeline = kind.pipelines.get()
    asked = {f"asked:{pipeline.code}": "s3"}
    assert boss.post(url("field", field.pk), typed() | asked).status_code == 204
    assert stage(pipeline, "s3").required == ["area"]
    boss.post(url("field", field.pk), typed() | {f"asked:{pipeline.code}": ""})
    assert stage(pipeline, "s3").required == []


def test_fields_change_places_and_sections(boss, kind):
    for code in ("a", "b", "c"):
        make_field(kind, code)
    other = Section.objects.create(item_type=kind, code="other", name={"ru": "Иное"}, position=1)
    boss.post(url("order"), {"type": kind.code, "section": "other", "codes": ["c"], "moved": "c"})
    boss.post(url("order"), {"type": kind.code, "section": "main", "codes": ["b", "a"]})
    assert list(kind.fields.filter(section=other).values_list("code", flat=True)) == ["c"]
    main = kind.fields.filter(section__code="main").order_by("position")
    assert list(main.values_list("code", flat=True)) == ["b", "a"]
    boss.post(url("order_sections"), {"type": kind.code, "codes": ["other", "main"]})
    assert list(kind.sections.values_list("code", flat=True)) == ["other", "main"]


def test_sections_are_made_changed_and_deleted_when_empty(boss, kind):
    data = {"type": kind.code, "name_ru": "Оплата"}
    assert boss.post(url("section_new"), data).status_code == 200
    row = kind.sections.get(code="oplata")
    boss.post(url("section", row.pk), data | {"name_ru": "Оплата и сроки"})
    row.refresh_from_db()
    assert str(row.name) == "Оплата и сроки"
    assert boss.post(url("section_new"), {"type": kind.code}).status_code == 422
    boss.post(url("section_remove", row.pk), {"type": kind.code})
    assert not kind.sections.exists()


def test_an_archived_field_keeps_its_values_and_comes_back(boss, kind):
    field = make_field(kind, "area", "number")
    item = make_item(kind.pipelines.get(), area="12")
    boss.post(url("archive", field.pk))
    page = boss.get(url("index") + f"?type={kind.code}").content.decode()
    assert 'name="sample-area"' not in page
    boss.post(url("restore", field.pk))
    item.refresh_from_db()
    assert item.values == {"area": 12}


def test_a_field_that_a_stage_asks_for_is_not_archived(boss, kind):
    field = make_field(kind, "area", "number")
    kind.pipelines.get().stages.filter(code="s2").update(required=["area"])
    answer = boss.post(url("archive", field.pk), HTTP_HX_REQUEST="true")
    assert answer.status_code == 422


def test_deleting_for_good_says_what_is_lost_and_wants_it_said(boss, kind):
    field = make_field(kind, "area", "number")
    item = make_item(kind.pipelines.get(), area="12")
    boss.post(url("archive", field.pk))
    assert "1 карточке" in boss.get(url("remove", field.pk)).content.decode()
    answer = boss.post(url("remove", field.pk), HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    boss.post(url("remove", field.pk), {"erase": "on"})
    item.refresh_from_db()
    assert item.values == {}
    assert not Field.objects.filter(pk=field.pk).exists()


def test_the_ready_block_of_bant_brings_lists_and_a_grade(boss, kind):
    boss.post(url("bant"), {"type": kind.code})
    kind.refresh_from_db()
    assert set(kind.grade_rule["fields"]) == {"budget", "authority", "need", "urgency"}
    item = make_item(kind.pipelines.get(), budget="enough", need="sharp", urgency="now")
    assert item.grade == "A"


def test_a_grade_rule_is_explained_saved_and_refused(boss, kind):
    boss.post(url("bant"), {"type": kind.code})
    page = boss.get(url("grade") + f"?type={kind.code}").content.decode()
    assert "12" in page
    data = {"type": kind.code, "fields": ["budget", "need"], "a": "5", "b": "2", "in_slider": "1"}
    assert boss.post(url("grade"), data).status_code == 204
    kind.refresh_from_db()
    assert kind.grade_rule == {"fields": ["budget", "need"], "a": 5, "b": 2}
    answer = boss.post(url("grade"), data | {"a": "1"})
    assert answer.status_code == 422


def test_the_sample_is_drawn_while_the_field_is_written(boss, kind):
    data = typed(kind="list", option_code=[""], option_ru=["Мало"], option_en=[""])
    answer = boss.post(url("sample"), data | {"option_points": ["x"], "type": kind.code})
    assert "Мало" in answer.content.decode()
    answer = boss.post(url("sample"), {"kind": "'];alert(1)//", "name_ru": "<b>"})
    assert "&lt;b&gt;" in answer.content.decode()


def test_fields_of_clients_have_a_page_too(boss):
    data = {"type": "client", "name_ru": "Данные"}
    boss.post(url("section_new"), data)
    boss.post(url("new"), typed(type="client", section="dannye"))
    assert Field.objects.get(item_type=None).code == "ploschad"
    assert boss.get(url("index") + "?type=client").status_code == 200


def test_whoever_may_not_set_up_is_refused_in_words(client, kind):
    field = make_field(kind, "area", "number")
    client.force_login(make_user("manager"))
    pages = [url("index"), url("new"), url("field", field.pk), url("grade"), url("section_new")]
    for page in pages:
        assert client.get(page).status_code == 403, page
    assert client.post(url("archive", field.pk)).status_code == 403


def test_a_formula_is_tried_on_cards_one_may_see_before_it_is_saved(boss, kind):
    make_field(kind, "cost", "money")
    pipeline = kind.pipelines.get()
    make_item(pipeline, title="Кухня", amount=1000, cost="400")
    data = typed(type=kind.code, kind="money", formula="=amount - cost")
    page = boss.post(url("formula"), data).content.decode()
    assert "Кухня" in page
    assert "600" in page
    page = boss.post(url("formula"), data | {"formula": "amount - kost"}).content.decode()
    assert "Знак 10. Нет поля «kost». Может быть, «cost»" in page
    assert boss.post(url("formula"), data | {"formula": " "}).content == b""


def test_a_counted_field_is_made_changed_and_drawn_without_an_input(boss, kind):
    make_field(kind, "cost", "money")
    data = typed(type=kind.code, kind="money", formula=" = amount - cost ", min="5")
    answer = boss.post(url("new") + f"?type={kind.code}", data)
    assert answer.status_code != 422
    field = Field.objects.exclude(formula="").get(item_type=kind)
    assert (field.formula, field.rules) == ("amount - cost", {})
    page = boss.get(url("index") + f"?type={kind.code}").content.decode()
    assert f'name="sample-{field.code}"' not in page
    assert "amount - cost" in page
    refused = boss.post(url("field", field.pk), data | {"formula": "amount - kost"})
    assert refused.status_code == 422
    assert 'value="amount - kost"' in refused.content.decode()
    field.refresh_from_db()
    assert field.formula == "amount - cost"
    answer = boss.post(url("field", field.pk), data | {"formula": ""})
    field.refresh_from_db()
    assert field.formula == ""


def test_only_who_sets_up_tries_formulas(client, kind):
    client.force_login(make_user("manager"))
    assert client.post(url("formula"), {"type": kind.code}).status_code == 403
