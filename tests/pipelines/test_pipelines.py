"""Item types, pipelines, loss reasons, sources, products: made, changed, put away."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.people.factories import make_role, make_user
from tests.pipelines.factories import (
    SYSTEM,
    make_field,
    make_pipeline,
    make_stage,
    make_type,
    text,
)
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden
from voronka.pipelines.codes import code_from, is_code
from voronka.pipelines.commands.pipelines import (
    archive_pipeline,
    reorder_pipelines,
    restore_pipeline,
    save_pipeline,
    start_pipeline,
)
from voronka.pipelines.commands.reasons import (
    archive_loss_reason,
    reorder_loss_reasons,
    save_loss_reason,
)
from voronka.pipelines.commands.sources import archive_source, reorder_sources, save_source
from voronka.pipelines.commands.stages import save_stage
from voronka.pipelines.commands.types import remove_item_type, save_item_type
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart
from voronka.pipelines.models import ItemType, Pipeline, Source
from voronka.pipelines.queries import loss_tree
from voronka.pipelines.specs import (
    Criterion,
    ItemTypeSpec,
    LossReasonSpec,
    PipelineSpec,
    SourceSpec,
    StageSpec,
)
from voronka.products.commands import ProductSpec, archive_product, save_product
from voronka.products.queries import products

pytestmark = pytest.mark.django_db


def test_without_the_right_to_set_up_nothing_changes():
    make_pipeline()
    manager = Actor.user(make_user("manager"))
    for change in (
        lambda: make_type_by(manager),
        lambda: save_pipeline(PipelineSpec("x", "deal", text("X")), by=manager),
        lambda: save_stage(StageSpec("retail", "x", text("X")), by=manager),
        lambda: save_source(SourceSpec("x", text("X")), by=manager),
        lambda: save_product(ProductSpec("x", text("X")), by=manager),
    ):
        before = Event.objects.count()
        with pytest.raises(Forbidden):
            change()
        assert Event.objects.count() == before


def make_type_by(actor):
    return save_item_type(ItemTypeSpec("x", text("X"), text("X")), by=actor)


def test_a_role_with_the_right_may_set_up():
    person = make_user(make_role(rights=["setup"]))
    assert make_type_by(Actor.user(person)).code == "x"


def test_only_deals_count_as_revenue():
    with pytest.raises(InvalidSetup):
        make_type("production", kind="custom", counts_in_revenue=True)
    assert make_type("deal", counts_in_revenue=True).counts_in_revenue


def test_a_custom_type_that_never_had_a_card_can_go_with_all_that_is_its_own():
    make_pipeline("staff", "hiring", ["talk"])
    make_field("salary", item_type="hiring")
    remove_item_type("hiring", by=SYSTEM)
    assert not ItemType.objects.filter(code="hiring").exists()
    make_pipeline()
    with pytest.raises(InvalidSetup):
        remove_item_type("deal", by=SYSTEM)


def test_a_copied_funnel_has_the_stages_passports_and_reasons_of_the_first():
    model = make_pipeline(stages=["offer"])
    make_field("budget")
    make_stage(model, "offer", required=("budget",), deadline_minutes=60, goal=text("Согласовать"))
    save_loss_reason(LossReasonSpec("retail", "price", text("Дорого")), by=SYSTEM)
    save_loss_reason(LossReasonSpec("retail", "rival", text("У других"), "price"), by=SYSTEM)
    copy = start_pipeline(PipelineSpec("shop", "deal", text("Салон")), copy_of="retail", by=SYSTEM)
    stage = copy.stages.get(code="offer")
    assert (stage.required, stage.deadline_minutes) == (["budget"], 60)
    assert [s.code for s in copy.stages.all()] == [s.code for s in model.stages.all()]
    (price,) = loss_tree(copy)
    assert [child.reason.code for child in price.children] == ["rival"]


def test_a_copy_for_another_type_leaves_out_what_names_fields():
    model = make_pipeline(stages=["offer"])
    make_field("budget")
    criteria = (Criterion("a", text("Да")), Criterion("b", text("Да"), check="field:budget"))
    make_stage(model, "offer", required=("budget",), exit_criteria=criteria)
    make_type("claim", kind="custom")
    copy = start_pipeline(PipelineSpec("c", "claim", text("Р")), copy_of="retail", by=SYSTEM)
    stage = copy.stages.get(code="offer")
    assert stage.required == []
    assert [c["code"] for c in stage.exit_criteria] == ["a"]


def test_a_taken_code_is_refused_for_a_new_funnel():
    make_pipeline()
    with pytest.raises(InvalidSetup) as refusal:
        start_pipeline(PipelineSpec("retail", "deal", text("Ещё")), by=SYSTEM)
    assert "code" in refusal.value.fields


def test_a_funnel_with_stages_keeps_its_type():
    make_pipeline()
    make_type("lead", kind="lead")
    with pytest.raises(InUse):
        save_pipeline(PipelineSpec("retail", "lead", text("Розница")), by=SYSTEM)


def test_an_unknown_calendar_or_type_is_named():
    make_type()
    with pytest.raises(NoSuchPart, match="night"):
        save_pipeline(PipelineSpec("x", "deal", text("X"), calendar="night"), by=SYSTEM)
    with pytest.raises(NoSuchPart, match="dream"):
        save_pipeline(PipelineSpec("x", "dream", text("X")), by=SYSTEM)


def test_funnels_stand_in_the_order_that_was_asked_for():
    for code in ("a", "b", "c"):
        make_pipeline(code)
    reorder_pipelines(["c", "a"], by=SYSTEM)
    assert list(Pipeline.objects.values_list("code", flat=True)) == ["c", "a", "b"]


def test_the_last_funnel_of_deals_is_not_archived_and_an_archived_one_comes_back():
    make_pipeline("a")
    with pytest.raises(InUse):
        archive_pipeline("a", by=SYSTEM)
    make_pipeline("b")
    assert archive_pipeline("a", by=SYSTEM).archived
    assert not restore_pipeline("a", by=SYSTEM).archived


def reason(code, parent=None, **changes):
    spec = LossReasonSpec("retail", code, text(code), parent)
    return save_loss_reason(replace(spec, **changes), by=SYSTEM)


def tree(nodes):
    return {node.reason.code: tree(node.children) for node in nodes}


def test_reasons_form_a_tree_and_inherit_whether_they_are_target():
    pipeline = make_pipeline()
    reason("rubbish", target=False)
    assert not reason("spam", "rubbish").target
    reason("price")
    assert tree(loss_tree(pipeline)) == {"rubbish": {"spam": {}}, "price": {}}
    reason("rubbish", target=True)
    assert pipeline.loss_reasons.get(code="spam").target


def test_the_tree_has_no_rings_and_at_most_three_levels():
    make_pipeline()
    reason("a")
    reason("b", "a")
    reason("c", "b")
    for code, parent in (("d", "c"), ("a", "c"), ("a", "a")):
        with pytest.raises(InvalidSetup) as refusal:
            reason(code, parent)
        assert "parent" in refusal.value.fields


def test_a_branch_that_is_too_high_does_not_fit_under_another():
    make_pipeline()
    reason("top")
    reason("under", "top")
    reason("a")
    reason("b", "a")
    with pytest.raises(InvalidSetup):
        reason("a", "under")


def test_reasons_are_archived_with_what_is_inside_them_and_put_in_order():
    pipeline = make_pipeline()
    for code, parent in (("a", None), ("b", None), ("a1", "a")):
        reason(code, parent)
    reorder_loss_reasons("retail", ["b", "a"], by=SYSTEM)
    assert list(tree(loss_tree(pipeline))) == ["b", "a"]
    archive_loss_reason("retail", "a", by=SYSTEM)
    assert tree(loss_tree(pipeline)) == {"b": {}}
    assert tree(loss_tree(pipeline, archived=True)) == {"b": {}, "a": {"a1": {}}}


def test_sources_are_saved_ordered_and_archived():
    for code in ("site", "ads"):
        save_source(SourceSpec(code, text(code)), by=SYSTEM)
    reorder_sources(["ads", "site"], by=SYSTEM)
    archive_source("site", by=SYSTEM)
    assert list(Source.objects.values_list("code", "archived")) == [("ads", False), ("site", True)]
    with pytest.raises(NoSuchPart):
        archive_source("radio", by=SYSTEM)


def test_products_are_found_by_any_part_of_article_name_or_group():
    save_product(ProductSpec("K-1", text("Кухня", "Kitchen"), "Мебель"), by=SYSTEM)
    save_product(ProductSpec("F-7", text("Фасад", "Front"), "Фасады"), by=SYSTEM)
    assert [p.code for p in products("кух")] == ["K-1"]
    assert [p.code for p in products("front")] == ["F-7"]
    assert [p.code for p in products("k- мебель")] == ["K-1"]
    archive_product("K-1", by=SYSTEM)
    assert [p.code for p in products()] == ["F-7"]
    assert [p.code for p in products(archived=True)] == ["K-1"]


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("code", {"code": ""}),
        ("name", {"name": text("")}),
        ("unit", {"unit": ""}),
        ("price", {"price": Decimal("-1")}),
        ("price", {"price": Decimal("NaN")}),
        ("price", {"price": Decimal("1e15")}),
    ],
)
def test_a_wrong_part_of_a_product_is_named(part, changes):
    with pytest.raises(InvalidSetup) as refusal:
        save_product(replace(ProductSpec("K-1", text("Кухня")), **changes), by=SYSTEM)
    assert list(refusal.value.fields) == [part]


def test_codes_are_made_from_russian_names_and_differ_from_those_taken():
    assert code_from("КП отправлено") == "kp_otpravleno"
    assert code_from("КП отправлено", taken={"kp_otpravleno"}) == "kp_otpravleno_2"
    assert code_from("3 визита", fallback="stage") == "stage_3_vizita"
    assert code_from("***", fallback="stage") == "stage"
    assert is_code(code_from("Щ" * 100))
