"""The page of loss reasons: two groups, a tree, how many cards, the archive."""

import pytest
from django.urls import reverse

from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import lose_item
from voronka.kernel.texts import LocalText
from voronka.pipelines.commands.reasons import save_loss_reason
from voronka.pipelines.specs import LossReasonSpec

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def boss(client):
    client.force_login(make_user("owner"))
    return client


def url(name, *args):
    return reverse(f"loss_reasons:{name}", args=args)


def make(pipeline, code, **extra):
    spec = LossReasonSpec(pipeline.code, code, LocalText(code.title()), **extra)
    return save_loss_reason(spec, by=SYSTEM)


def codes(pipeline, parent=None):
    rows = pipeline.loss_reasons.filter(parent=parent, archived=False)
    return list(rows.values_list("code", flat=True))


def test_reasons_stand_in_two_groups_with_how_many_cards_each_took(boss, pipeline):
    dear, spam = make(pipeline, "dear"), make(pipeline, "spam", target=False)
    make(pipeline, "rival", parent="dear")
    item = make_item(pipeline)
    lose_item(item.pk, reason=dear, by=SYSTEM)
    page = boss.get(url("index") + f"?pipeline={pipeline.pk}").content.decode()
    target, stray = page.split('id="reasons-0-top"')
    assert f'id="reason-{dear.pk}"' in target
    assert f'id="reason-{spam.pk}"' in stray
    assert ">1</span>" in target
    assert 'id="reasons-1-dear"' in page


def test_a_reason_is_made_changed_and_refused_without_a_name(boss, pipeline):
    data = {"pipeline": pipeline.pk, "name_ru": "Дорого", "target": "1", "needs_comment": "on"}
    boss.post(url("new"), data)
    row = pipeline.loss_reasons.get()
    assert (row.code, row.target, row.needs_comment) == ("dorogo", True, True)
    boss.post(url("edit", row.pk), data | {"name_ru": "Очень дорого", "target": "0"})
    row.refresh_from_db()
    assert (str(row.name), row.target) == ("Очень дорого", False)
    answer = boss.post(url("new"), {"pipeline": pipeline.pk, "target": "1"})
    assert (answer.status_code, answer["HX-Retarget"]) == (422, "#dialog")


def test_a_reason_is_dragged_among_its_siblings_into_another_and_across(boss, pipeline):
    for code in ("a", "b", "c"):
        make(pipeline, code)
    place = {"pipeline": pipeline.pk, "parent": "", "target": "1"}
    boss.post(url("place"), place | {"moved": "c", "codes": ["c", "a", "b"]})
    assert codes(pipeline) == ["c", "a", "b"]
    boss.post(url("place"), place | {"moved": "b", "parent": "a", "codes": ["b"]})
    assert codes(pipeline, pipeline.loss_reasons.get(code="a")) == ["b"]
    boss.post(url("place"), place | {"moved": "a", "target": "0", "codes": ["a"]})
    assert not pipeline.loss_reasons.get(code="a").target
    assert not pipeline.loss_reasons.get(code="b").target  # follows the outer one


def test_a_tree_does_not_grow_too_deep(boss, pipeline):
    make(pipeline, "a")
    make(pipeline, "b", parent="a")
    make(pipeline, "c", parent="b")
    make(pipeline, "d")
    data = {"pipeline": pipeline.pk, "moved": "d", "parent": "c", "codes": ["d"]}
    answer = boss.post(url("place"), data, HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    assert codes(pipeline) == ["a", "d"]


def test_a_reason_goes_to_the_archive_comes_back_and_is_deleted_unused(boss, pipeline):
    used, unused = make(pipeline, "used"), make(pipeline, "unused")
    lose_item(make_item(pipeline).pk, reason=used, by=SYSTEM)
    for row in (used, unused):
        boss.post(url("archive", row.pk))
    assert codes(pipeline) == []
    boss.post(url("restore", used.pk))
    assert codes(pipeline) == ["used"]
    boss.post(url("remove", unused.pk))
    answer = boss.post(url("remove", used.pk), HTTP_HX_REQUEST="true")
    assert answer.status_code == 422
    assert list(pipeline.loss_reasons.values_list("code", flat=True)) == ["used"]


def test_reasons_of_another_funnel_are_taken_over_once(boss, pipeline):
    other = make_pipeline(pipeline.item_type)
    make(other, "dear")
    make(other, "rival", parent="dear")
    for _n in range(2):
        boss.post(url("copy"), {"pipeline": pipeline.pk, "source": other.pk})
    assert codes(pipeline) == ["dear"]
    assert codes(pipeline, pipeline.loss_reasons.get(code="dear")) == ["rival"]


def test_without_a_funnel_the_page_says_where_to_begin(boss):
    assert "Воронок ещё нет" in boss.get(url("index")).content.decode()


def test_whoever_may_not_set_up_is_refused_in_words(client, pipeline):
    row = make(pipeline, "dear")
    client.force_login(make_user("manager"))
    for page in (url("index"), url("new"), url("edit", row.pk)):
        assert client.get(page).status_code == 403
    assert client.post(url("archive", row.pk)).status_code == 403
