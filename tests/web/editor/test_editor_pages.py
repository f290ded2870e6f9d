"""The funnel editor: the overview, the table of one funnel, passport, settings, publishing."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_field, make_item, make_item_type, make_pipeline, stage
from tests.people.factories import make_role, make_user
from voronka.automation.models import HighValue, Robot
from voronka.drafts import commands
from voronka.drafts.models import PipelineDraft
from voronka.drafts.queries import canvas
from voronka.items.models import StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.people.models import Role
from voronka.pipelines.models import ItemType, Pipeline, Stage
from voronka.web.editor.overview import blocks

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()


@pytest.fixture
def pipeline():
    return make_pipeline(make_item_type("deal", prefix="Д"))


@pytest.fixture
def boss(client):
    """A browser of the owner, in Russian."""
    client.force_login(make_user("owner"))
    return client


def url(name, *args):
    return reverse(f"editor:{name}", args=args)


def drawn(pipeline):
    row = Pipeline.objects.select_related("item_type", "calendar").get(pk=pipeline.pk)
    return canvas(row).wanted


def edit(client, pipeline, what, *args, **data):
    """Post a small edit as the table does; return the table."""
    answer = client.post(
        url(what, pipeline.pk, *args), data, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="funnel"
    )
    return answer


PASSPORT = {
    "name_ru": "Замер проведён",
    "name_en": "Measured",
    "color": "violet",
    "key": "on",
    "goal_ru": "Снять размеры",
    "goal_en": "",
    "deadline": "2",
    "deadline_unit": "d",
    "deadline_clock": "working",
    "responsible": "",
    "step_ru": ["Приехать", "", "Измерить"],
    "step_en": ["", "", "Measure"],
    "criterion_uid": ["u1", "u2", "u3"],
    "criterion_code": ["", "", ""],
    "criterion_ru": ["Размеры сняты", "", ""],
    "criterion_en": ["", "", ""],
    "criterion_check": ["manual", "field:budget", "manual"],
    "criterion_required": ["u1"],
    "objection_ru": ["Дорого"],
    "objection_en": [""],
    "answer_ru": ["Покажем рассрочку"],
    "answer_en": [""],
    "required": ["budget"],
    "sells_next_ru": "Увидите проект",
    "sells_next_en": "",
}


# -- the overview ---------------------------------------------------------------------------


def test_the_overview_shows_every_type_with_its_funnels_and_what_they_lack(boss, pipeline):
    page = boss.get(url("index")).content.decode()
    assert "Воронка" in page
    assert "Нет КЭВ" in page
    assert "4 стадии" in page


def test_the_overview_asks_few_queries_however_many_funnels_there_are(
    django_assert_num_queries,
):
    kind = make_item_type("deal")
    for _n in range(6):
        make_pipeline(kind, stages=8)
    with django_assert_num_queries(4):
        assert len(blocks()[0].rows) == 6


def test_a_stage_that_many_cards_jump_over_asks_whether_it_is_needed(boss, pipeline):
    first, second, third = (pipeline.stages.get(code=f"s{n}") for n in (1, 2, 3))
    cards = [make_item(pipeline) for _n in range(20)]
    now = timezone.now()
    for number, card in enumerate(cards):
        StageVisit.objects.create(
            item=card, stage=second, pipeline=pipeline, owner_id=card.owner_id, entered_at=now,
            left_at=now, jump=number < 8, how="user",
        )  # fmt: skip
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert "Через неё перескочили 40" in page
    StageVisit.objects.filter(jump=True).update(entered_at=now - timedelta(days=91))
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert "перескочили" not in page
    assert first.name.ru in page
    assert third.name.ru in page


def test_a_new_funnel_begins_as_a_copy_and_opens_in_the_editor(boss, pipeline):
    data = {
        "name_ru": "Опт",
        "item_type": pipeline.item_type.code,
        "purpose": "new_sales",
        "naming": "results",
        "copy_of": pipeline.code,
    }
    answer = boss.post(url("new"), data, HTTP_HX_REQUEST="true")
    made = Pipeline.objects.get(code="opt")
    assert answer["HX-Redirect"] == url("pipeline", made.pk)
    assert made.stages.count() == pipeline.stages.count()


def test_a_funnel_without_a_name_is_refused_and_what_was_typed_stays(boss, pipeline):
    data = {"item_type": pipeline.item_type.code, "purpose": "repeat", "naming": "activities"}
    answer = boss.post(url("new"), data, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    assert '<option value="repeat" selected>' in answer.content.decode()


def test_funnels_of_a_type_change_places_and_the_others_stay(boss, pipeline):
    second, third = make_pipeline(pipeline.item_type), make_pipeline(pipeline.item_type)
    boss.post(url("order"), {"codes": [third.code, pipeline.code, second.code]})
    codes = list(Pipeline.objects.values_list("code", flat=True))
    assert codes == [third.code, pipeline.code, second.code]


def test_a_funnel_goes_to_the_archive_and_comes_back(boss, pipeline):
    make_pipeline(pipeline.item_type)
    boss.post(url("archive", pipeline.pk))
    pipeline.refresh_from_db()
    assert pipeline.archived
    boss.post(url("restore", pipeline.pk))
    pipeline.refresh_from_db()
    assert not pipeline.archived


def test_a_funnel_with_open_cards_is_not_archived(boss, pipeline):
    make_pipeline(pipeline.item_type)
    make_item(pipeline)
    answer = boss.post(url("archive", pipeline.pk), HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    pipeline.refresh_from_db()
    assert not pipeline.archived


# -- card types -----------------------------------------------------------------------------


def test_a_custom_type_is_made_with_a_section_and_a_funnel(boss):
    data = {"name_ru": "Рекламация", "plural_ru": "Рекламации", "icon": "hammer", "letters": "Р"}
    answer = boss.post(url("type_new"), data, HTTP_HX_REQUEST="true")
    made = ItemType.objects.get(code="reklamatsiya")
    assert (made.kind, made.prefix, str(made.plural)) == ("custom", "Р", "Рекламации")
    assert made.sections.count() == 1
    assert answer["HX-Redirect"] == url("pipeline", made.pipelines.get().pk)


def test_a_type_is_changed_and_refused_in_words(boss, pipeline):
    kind = pipeline.item_type
    data = {"name_ru": "Сделка", "plural_ru": "Сделки", "icon": "cash", "has_lines": "on"}
    answer = boss.post(url("type", kind.pk), data, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422  # products want an amount
    boss.post(url("type", kind.pk), data | {"has_amount": "on", "in_slider": "1"})
    kind.refresh_from_db()
    assert (kind.icon, kind.has_client, kind.counts_in_revenue) == ("cash", False, True)


def test_a_type_that_never_had_a_card_goes_and_others_stay(boss, pipeline):
    custom = make_item_type("custom")
    boss.post(url("type_remove", custom.pk))
    assert not ItemType.objects.filter(pk=custom.pk).exists()
    answer = boss.post(url("type_remove", pipeline.item_type.pk), HTTP_HX_REQUEST="true")
    assert answer.status_code == 422


def test_types_change_places(boss, pipeline):
    other = make_item_type("custom", position=1)
    boss.post(url("type_move", other.pk), {"by": "-1"})
    assert list(ItemType.objects.all()) == [other, pipeline.item_type]


# -- the table ------------------------------------------------------------------------------


def test_the_table_shows_stages_passports_and_what_is_missing(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    Stage.objects.filter(pipeline=pipeline, code="s1").update(
        goal=LocalText("Понять задачу"), required=["budget"], deadline_minutes=960
    )
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert "Понять задачу" in page
    assert "2 рабочих дня" in page
    assert "Опубликовано" in page
    assert 'style="--share:0.38"' in page  # three parts of eight


def test_a_stage_is_added_renamed_coloured_and_marked_in_the_draft_only(boss, pipeline):
    page = edit(boss, pipeline, "add", name="Отправка КП", after="s1").content.decode()
    assert "КП отправлено" in page  # the better name is offered
    edit(boss, pipeline, "change", "otpravka_kp", name="КП отправлено")
    edit(boss, pipeline, "change", "otpravka_kp", color="teal")
    edit(boss, pipeline, "change", "otpravka_kp", key="1")
    edit(boss, pipeline, "change", "otpravka_kp", critical="1")
    part = drawn(pipeline).stages["otpravka_kp"]
    assert (part.name.ru, part.color, part.key, part.critical) == (
        "КП отправлено",
        "teal",
        True,
        True,
    )
    assert list(drawn(pipeline).stages)[:2] == ["s1", "otpravka_kp"]
    assert pipeline.stages.count() == 6


def test_a_renamed_stage_keeps_its_name_in_the_other_language(boss, pipeline):
    edit(boss, pipeline, "change", "s1", name="Контакт установлен")
    assert drawn(pipeline).stages["s1"].name.en == "Step 1"


def test_an_empty_name_is_refused_in_words_and_changes_nothing(boss, pipeline):
    answer = edit(boss, pipeline, "change", "s1", name="  ")
    assert answer.status_code == 422
    assert answer["Voronka-Detail"]
    assert not PipelineDraft.objects.exists()


def test_a_new_lost_stage_is_asked_for_in_a_dialog(boss, pipeline):
    dialog = boss.get(url("add", pipeline.pk) + "?after=lost&kind=lost").content.decode()
    assert "Новая стадия отказа" in dialog
    answer = edit(boss, pipeline, "add", name_ru="", name_en="", after="lost", kind="lost")
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#dialog")
    edit(boss, pipeline, "add", name_ru="Отложено", name_en="Later", after="lost", kind="lost")
    assert drawn(pipeline).stages["otlozheno"].kind == "lost"


def test_a_stage_is_moved_and_the_move_is_taken_back(boss, pipeline):
    edit(boss, pipeline, "move", "s1", after="s3")
    assert list(drawn(pipeline).stages)[:3] == ["s2", "s3", "s1"]
    edit(boss, pipeline, "undo")
    assert list(drawn(pipeline).stages)[:3] == ["s1", "s2", "s3"]


def test_dropping_asks_for_an_heir_and_says_what_stands_there(boss, pipeline):
    make_item(pipeline)
    dialog = boss.get(url("drop", pipeline.pk, "s1")).content.decode()
    assert "1 открытая карточка" in dialog
    assert '<option value="s2" selected>' in dialog
    assert '<option value="lost"' not in dialog
    page = edit(boss, pipeline, "drop", "s1", heir="s2").content.decode()
    assert 'id="gone-s1"' in page
    assert "Этап 2" in page
    edit(boss, pipeline, "return", "s1")
    assert "s1" in drawn(pipeline).stages


def test_a_wrong_heir_is_refused_in_the_dialog(boss, pipeline):
    answer = edit(boss, pipeline, "drop", "s1", heir="lost")
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#dialog")


def test_the_hint_speaks_while_a_name_is_typed(boss):
    answer = boss.get(url("hint") + "?name=Отправка КП&naming=results&language=ru")
    assert 'data-better="КП отправлено"' in answer.content.decode()
    answer = boss.get(url("hint") + "?name=КП отправлено&naming=results&language=ru")
    assert answer.content.decode().strip() == ""


# -- the passport ---------------------------------------------------------------------------


def test_a_passport_is_filled_in_and_saved_into_the_draft(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    form = boss.get(url("passport", pipeline.pk, "s1")).content.decode()
    assert 'name="criterion_check"' in form
    answer = boss.post(url("passport", pipeline.pk, "s1"), PASSPORT | {"in_slider": "1"})
    assert answer.status_code == 204
    part = drawn(pipeline).stages["s1"]
    assert (part.name.en, part.color, part.key, part.deadline) == ("Measured", "violet", True, "2d")
    assert [step.ru for step in part.steps] == ["Приехать", "Измерить"]
    assert [(c.check, c.required) for c in part.exit_criteria.values()] == [
        ("manual", True),
        ("field:budget", False),
    ]
    assert part.objections[0].answer.ru == "Покажем рассрочку"
    assert part.required == ["budget"]
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert 'style="--share:0.88"' in page  # only the responsible is missing


def test_a_criterion_may_ask_the_elements_of_the_card(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    works = make_pipeline(make_item_type("custom"))
    check = f"elements:{works.item_type.code}"
    form = boss.get(url("passport", pipeline.pk, "s1")).content.decode()
    assert f'value="{check}"' in form
    assert f'value="elements:{works.code}/s2"' in form
    sent = PASSPORT | {"in_slider": "1", "criterion_check": [check, "field:budget"]}
    assert boss.post(url("passport", pipeline.pk, "s1"), sent).status_code == 204
    part = drawn(pipeline).stages["s1"]
    assert [c.check for c in part.exit_criteria.values()] == [check, "field:budget"]
    gone = sent | {"criterion_check": ["elements:nowhere", "field:budget"]}
    answer = boss.post(url("passport", pipeline.pk, "s1"), gone)
    assert answer.status_code == 422
    assert "nowhere" in answer.content.decode()


def test_a_passport_on_a_page_of_its_own_goes_back_to_the_funnel(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    answer = boss.post(url("passport", pipeline.pk, "s1"), PASSPORT)
    assert answer["HX-Redirect"] == url("pipeline", pipeline.pk)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name_ru": "", "name_en": ""}, "Дайте"),
        ({"deadline": "скоро"}, "сохранить нельзя"),
        ({"answer_ru": [""]}, "возражени"),
    ],
)
def test_a_wrong_passport_keeps_what_was_typed_and_says_why(boss, pipeline, wrong, said):
    make_field(pipeline.item_type, "budget")
    answer = boss.post(url("passport", pipeline.pk, "s1"), PASSPORT | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "Снять размеры" in page
    assert not PipelineDraft.objects.exists()


def test_a_passport_over_somebody_elses_change_is_saved_at_the_second_try(boss, pipeline):
    form = boss.get(url("passport", pipeline.pk, "s1")).content.decode()
    seen = form.split('name="seen" value="')[1].split('"')[0]
    commands.change_stage(pipeline.pk, "s1", {"critical": True}, by=SYSTEM)
    typed = PASSPORT | {"required": [], "criterion_check": ["manual"] * 3, "seen": seen}
    answer = boss.post(url("passport", pipeline.pk, "s1"), typed)
    assert answer.status_code == 422
    again = answer.content.decode().split('name="seen" value="')[1].split('"')[0]
    answer = boss.post(url("passport", pipeline.pk, "s1"), typed | {"seen": again})
    assert answer.status_code == 204


def test_a_closed_stage_has_a_shorter_passport(boss, pipeline):
    page = boss.get(url("passport", pipeline.pk, "won")).content.decode()
    assert 'name="goal_ru"' in page
    assert 'name="deadline"' not in page


def test_a_stage_that_is_not_there_is_not_found(boss, pipeline):
    assert boss.get(url("passport", pipeline.pk, "nowhere")).status_code == 404


# -- settings, rights, preview --------------------------------------------------------------


def test_settings_are_saved_into_the_draft(boss, pipeline):
    data = {
        "name_ru": "Розница",
        "name_en": "Retail",
        "purpose": "repeat",
        "naming": "activities",
        "why_ru": "Другой отдел",
        "in_slider": "1",
    }
    assert boss.post(url("settings", pipeline.pk), data).status_code == 204
    wanted = drawn(pipeline)
    assert (wanted.name.en, wanted.purpose, wanted.naming, wanted.forward_only) == (
        "Retail",
        "repeat",
        "activities",
        False,
    )
    refused = boss.post(url("settings", pipeline.pk), data | {"name_ru": "", "name_en": ""})
    assert refused.status_code == 422


def test_who_may_give_rights_says_here_who_sees_and_moves(boss, pipeline):
    role = make_role("sellers", matrix={"*": {"see": "own"}})
    data = {f"role:{role.pk}:see": "all", f"role:{role.pk}:move": ""}
    boss.post(url("access", pipeline.pk), data)
    key = f"{pipeline.item_type.code}/{pipeline.code}"
    assert Role.objects.get(pk=role.pk).matrix == {"*": {"see": "own"}, key: {"see": "all"}}


def test_who_only_sets_up_reads_the_rights_and_can_not_give_them(client, pipeline):
    client.force_login(make_user(make_role("builder", rights=["setup"])))
    page = client.get(url("settings", pipeline.pk)).content.decode()
    assert 'name="role:' not in page
    role = make_role("sellers2", matrix={"*": {"see": "own"}})
    answer = client.post(url("access", pipeline.pk), {f"role:{role.pk}:see": "all"})
    assert answer.status_code == 403


def test_large_orders_are_put_under_control_and_let_go(boss, pipeline):
    data = {"measure": "amount", "size": "500 000", "passes": ["s2"]}
    assert boss.post(url("large", pipeline.pk), data).status_code == 200
    row = HighValue.objects.get(pipeline=pipeline)
    assert (row.amount, row.passes) == (500_000, ["s2"])
    for wrong in ({"size": "много"}, {"measure": "percent", "size": "150"}, {"size": ""}):
        assert boss.post(url("large", pipeline.pk), data | wrong).status_code == 422
    boss.post(url("large", pipeline.pk), {"measure": "", "size": ""})
    assert not HighValue.objects.exists()


def test_robots_of_a_stage_are_said_under_it(boss, pipeline):
    boss_robot = Robot.objects.create(
        code="tell",
        name={"ru": "Сказать"},
        item_type=pipeline.item_type,
        pipeline=pipeline,
        stage=stage(pipeline, "s1"),
        trigger="entered_stage",
        changed_at=timezone.now(),
    )
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    column = page.split('id="stage-s1"')[1].split('id="stage-s2"')[0]
    assert "stage-robots" in column
    boss_robot.delete()
    page = boss.get(url("pipeline", pipeline.pk)).content.decode()
    assert "stage-robots" not in page


def test_the_sample_card_shows_what_a_stage_of_the_draft_asks_for(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    commands.change_stage(pipeline.pk, "s2", {"required": ["budget"]}, by=SYSTEM)
    page = boss.get(url("preview", pipeline.pk) + "?stage=s1").content.decode()
    assert "budget" in page.split("item-section-now")[1].split("</section>")[0]
    assert "Д-1042" in page
    assert boss.get(url("preview", pipeline.pk) + "?stage=nowhere").status_code == 200


# -- publishing -----------------------------------------------------------------------------


def stamp(boss, pipeline):
    dialog = boss.get(url("publish", pipeline.pk)).content.decode()
    return dialog, dialog.split('name="seen" value="')[1].split('"')[0]


def test_publishing_shows_the_difference_with_its_effect_on_cards_and_then_does_it(boss, pipeline):
    item = make_item(pipeline)
    edit(boss, pipeline, "add", name="КП отправлено", after="s1")
    edit(boss, pipeline, "drop", "s1", heir="s2")
    dialog, seen = stamp(boss, pipeline)
    assert "КП отправлено" in dialog
    assert "1 карточка" in dialog
    assert "Порядок стадий" not in dialog  # where a new stage stands is no new order
    answer = edit(boss, pipeline, "publish", seen=seen)
    assert "Опубликовано" in answer.content.decode()
    item.refresh_from_db()
    assert item.stage == stage(pipeline, "s2")
    page = boss.get(url("versions", pipeline.pk)).content.decode()
    assert "КП отправлено" in page
    assert boss.post(url("redraw", pipeline.pk, 1)).status_code == 204
    assert "kp_otpravleno" not in drawn(pipeline).stages


def test_a_draft_that_moved_on_is_shown_again_before_it_is_published(boss, pipeline):
    edit(boss, pipeline, "change", "s1", color="red")
    _dialog, seen = stamp(boss, pipeline)
    edit(boss, pipeline, "change", "s2", color="blue")
    answer = edit(boss, pipeline, "publish", seen=seen)
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#dialog")
    assert stage(pipeline, "s1").color == "grey"


def test_the_difference_is_told_in_the_persons_words(boss, pipeline):
    make_field(pipeline.item_type, "budget")
    edit(boss, pipeline, "change", "s1", color="red")
    commands.change_stage(pipeline.pk, "s1", {"deadline": "3d calendar"}, by=SYSTEM)
    edit(boss, pipeline, "move", "s1", after="s2")
    dialog, _seen = stamp(boss, pipeline)
    assert "красный" in dialog
    assert "3 дня" in dialog
    assert "Этап 2 → Этап 1" in dialog


def test_a_draft_is_thrown_away(boss, pipeline):
    edit(boss, pipeline, "change", "s1", color="red")
    edit(boss, pipeline, "discard")
    assert not PipelineDraft.objects.exists()


# -- rights ---------------------------------------------------------------------------------


def test_whoever_may_not_set_up_is_refused_in_words(client, pipeline):
    client.force_login(make_user("manager"))
    pages = [
        url("index"),
        url("new"),
        url("type_new"),
        url("pipeline", pipeline.pk),
        url("passport", pipeline.pk, "s1"),
        url("settings", pipeline.pk),
        url("preview", pipeline.pk),
        url("publish", pipeline.pk),
        url("versions", pipeline.pk),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 403, page
        assert "Попросите" in answer.content.decode(), page
    for name, *args in (("add",), ("change", "s1"), ("drop", "s1"), ("undo",), ("discard",)):
        assert edit(client, pipeline, name, *args).status_code == 403


def test_a_stranger_is_asked_to_log_in(client, pipeline):
    assert client.get(url("pipeline", pipeline.pk)).status_code == 302
