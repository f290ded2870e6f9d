"""Custom fields and their sections."""

from dataclasses import replace

import pytest

from tests.people.factories import make_user
from tests.pipelines.factories import SYSTEM, make_field, make_pipeline, make_section, text
from voronka.clients.models import Client
from voronka.journal.models import Event
from voronka.pipelines.commands.fields import (
    archive_field,
    reorder_fields,
    restore_field,
    save_field,
)
from voronka.pipelines.commands.sections import remove_section, save_section
from voronka.pipelines.commands.stages import require_from
from voronka.pipelines.commands.types import save_grade_rule
from voronka.pipelines.errors import InUse, InvalidSetup, NoSuchPart
from voronka.pipelines.models import Field
from voronka.pipelines.queries import field_codes, field_titles, sections_of
from voronka.pipelines.specs import FieldSpec, GradeRule, Option, SectionSpec

pytestmark = pytest.mark.django_db


def make_client(**values):
    from django.utils import timezone

    now = timezone.now()
    return Client.objects.create(
        kind="person", name="Анна", owner=make_user(), values=values, created_at=now, changed_at=now
    )


@pytest.fixture
def deal():
    return make_pipeline(stages=["contact", "offer"]).item_type


@pytest.mark.parametrize("kind", [kind for kind in Field.Kind.values if "list" not in kind])
def test_every_kind_of_field_can_be_made(deal, kind):
    assert make_field("some", kind).kind == kind


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("code", {"code": "Бюджет"}),
        ("code", {"code": "amount"}),
        ("name", {"name": text("")}),
        ("kind", {"kind": "colour"}),
        ("options", {"kind": "list", "options": ()}),
        ("options", {"kind": "text", "options": (Option("a", text("А")),)}),
        ("options", {"kind": "list", "options": (Option("Да", text("Да")),)}),
        ("options", {"kind": "list", "options": (Option("a", text("")),)}),
        ("options", {"kind": "list", "options": (Option("a", text("А"), 5000),)}),
        ("options", {"kind": "list", "options": (Option("a", text("А")), Option("a", text("Б")))}),
        ("rules", {"kind": "boolean", "rules": {"min": 1}}),
        ("rules", {"kind": "number", "rules": {"min": "много"}}),
        ("rules", {"kind": "number", "rules": {"min": 5, "max": 1}}),
        ("rules", {"kind": "date", "rules": {"min": "31.12.2026"}}),
        ("rules", {"kind": "text", "rules": {"pattern": "("}}),
        ("rules", {"kind": "text", "rules": {"pattern": "(a+)+$"}}),
        ("rules", {"kind": "text", "rules": {"max_length": 0}}),
    ],
)
def test_a_wrong_part_of_a_field_is_named_in_the_refusal(deal, part, changes):
    with pytest.raises(InvalidSetup) as refusal:
        make_field(**changes)
    assert list(refusal.value.fields) == [part]
    assert not Field.objects.exists()


def test_rules_that_make_sense_are_kept(deal):
    assert make_field("n", "number", rules={"min": 0, "max": 10}).rules == {"min": 0, "max": 10}
    assert make_field("d", "date", rules={"min": "2026-01-01"}).rules == {"min": "2026-01-01"}
    assert make_field("t", "text", rules={"pattern": r"\d{10}"}).rules == {"pattern": r"\d{10}"}


def test_a_field_of_clients_has_no_item_type_and_may_be_called_as_it_likes(db):
    field = make_field("amount", item_type=None)
    assert field.item_type is None
    assert [row.section.code for row in sections_of(None)] == ["data"]


def test_the_kind_changes_freely_while_nobody_has_filled_the_field_in(db):
    make_field("size", item_type=None)
    assert make_field("size", "number", item_type=None).kind == "number"


def test_the_kind_stays_once_values_exist_unless_they_stay_readable(db):
    make_field("size", item_type=None)
    make_client(size="XL")
    with pytest.raises(InUse, match="1"):
        make_field("size", "number", item_type=None)
    assert make_field("size", "long_text", item_type=None).kind == "long_text"


def test_an_emptied_value_does_not_count_as_filled_in(db):
    make_field("size", item_type=None)
    make_client(size=None)
    assert make_field("size", "number", item_type=None).kind == "number"


@pytest.mark.parametrize(("kind", "value"), [("list", "low"), ("multi_list", ["low", "high"])])
def test_a_choice_that_is_in_use_can_be_renamed_but_not_dropped(db, kind, value):
    field = make_field("budget", kind, item_type=None)
    make_client(budget=value)
    spec = FieldSpec.of(field)
    renamed = (replace(spec.options[0], name=text("Скромно")), spec.options[1])
    save_field(replace(spec, options=renamed), by=SYSTEM)
    with pytest.raises(InUse, match="low"):
        save_field(replace(spec, options=spec.options[1:]), by=SYSTEM)


def test_fields_go_into_another_section_in_the_order_of_the_list(deal):
    for code in ("a", "b"):
        make_field(code)
    make_field("c", section="dates")
    reorder_fields("deal", "dates", ["b", "c"], by=SYSTEM)
    rows = {row.section.code: [f.code for f in row.fields] for row in sections_of(deal)}
    assert rows == {"data": ["a"], "dates": ["b", "c"]}


def test_an_archived_field_leaves_the_card_and_comes_back(deal):
    make_field("budget")
    archive_field("deal", "budget", by=SYSTEM)
    assert "budget" not in field_codes(deal)
    assert [f.code for f in sections_of(deal)[0].fields] == []
    assert [f.code for f in sections_of(deal, archived=True)[0].fields] == ["budget"]
    restore_field("deal", "budget", by=SYSTEM)
    assert field_titles(deal)["budget"] == "budget"


def test_a_field_that_a_stage_asks_for_is_not_archived(deal):
    make_field("budget")
    require_from("deal", "budget", {"retail": "offer"}, by=SYSTEM)
    with pytest.raises(InUse, match="Offer"):
        archive_field("deal", "budget", by=SYSTEM)


def test_a_section_goes_only_when_it_is_empty(deal):
    make_field("budget")
    make_section("deal", "empty")
    with pytest.raises(InUse):
        remove_section("deal", "data", by=SYSTEM)
    remove_section("deal", "empty", by=SYSTEM)
    assert [row.section.code for row in sections_of(deal)] == ["data"]


def test_a_section_is_shown_only_in_funnels_of_its_own_type(deal):
    spec = SectionSpec("deal", "data", text("Данные"), pipelines=("retail",))
    assert save_section(spec, by=SYSTEM).pipelines == ["retail"]
    with pytest.raises(InvalidSetup, match="elsewhere"):
        save_section(replace(spec, pipelines=("elsewhere",)), by=SYSTEM)


def test_an_unknown_section_is_named(deal):
    spec = FieldSpec("deal", "nowhere", "budget", text("Бюджет"), "text")
    with pytest.raises(NoSuchPart, match="nowhere"):
        save_field(spec, by=SYSTEM)


def test_the_grade_counts_lists_and_knows_its_bounds(deal):
    make_field("budget", "list")
    make_field("note")
    rule = GradeRule(("budget",), a=5, b=2)
    assert save_grade_rule("deal", rule, by=SYSTEM).grade_rule == {
        "fields": ["budget"],
        "a": 5,
        "b": 2,
    }
    for wrong in (GradeRule(("note",), 5, 2), GradeRule(("budget",), 2, 5), GradeRule(("x",), 5)):
        with pytest.raises(InvalidSetup):
            save_grade_rule("deal", wrong, by=SYSTEM)
    with pytest.raises(InUse):
        archive_field("deal", "budget", by=SYSTEM)
    assert save_grade_rule("deal", GradeRule(), by=SYSTEM).grade_rule == {}


def test_saving_the_same_field_twice_records_nothing(deal):
    make_field("budget", "list")
    before = Event.objects.count()
    make_field("budget", "list")
    assert Event.objects.count() == before
