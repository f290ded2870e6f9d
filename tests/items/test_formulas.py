"""Fields that count themselves: right after every way a card can change (RB-12)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.http import QueryDict
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.automation.factories import make_robot
from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item, make_item_type, make_pipeline, stage
from tests.factories import make_field as bare_field
from tests.people.factories import make_role, make_user
from voronka.automation.worker import drain
from voronka.imports import commands as imports
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping
from voronka.imports.targets import targets
from voronka.items.commands import (
    Tunnel,
    convert_lead,
    delete_item,
    edit_item,
    move_item,
    set_lines,
    tunnel_item,
)
from voronka.items.commands.bulk import BulkAction, run_bulk, undo_bulk
from voronka.items.commands.lines import Line
from voronka.items.commands.loading import Loader, LoadRow
from voronka.items.commands.recounting import recount_all
from voronka.items.filters import CardFilter
from voronka.items.listing import Sort, listing
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.kernel.texts import LocalText
from voronka.kernel.worktime import OFFICE_HOURS
from voronka.people.commands import save_calendar
from voronka.pipelines.commands.fields import (
    archive_field,
    restore_field,
    save_field,
)
from voronka.pipelines.errors import InUse, InvalidSetup
from voronka.pipelines.models import Field, ItemType, Pipeline
from voronka.pipelines.specs import FieldSpec

pytestmark = pytest.mark.django_db


def count_field(pipeline, code, kind, formula):
    """A field with a formula, saved through its door."""
    spec = FieldSpec(pipeline.item_type.code, "main", code, LocalText(code), kind, formula=formula)
    return save_field(spec, by=SYSTEM)


@pytest.fixture
def pipeline():
    """A funnel whose deals count margin, share of the margin, and whether it is thin."""
    pipeline = make_pipeline(make_item_type("deal", has_lines=True))
    bare_field(pipeline.item_type, "cost", "money")
    bare_field(pipeline.item_type, "ready", "date")
    count_field(pipeline, "margin", "money", "amount - cost")
    count_field(pipeline, "share", "number", "round(margin / amount * 100, 1)")
    count_field(pipeline, "thin", "boolean", "share < 20")
    count_field(pipeline, "label", "text", 'title & ": " & margin')
    count_field(pipeline, "term", "number", "days_between(created_at, ready)")
    return Pipeline.objects.select_related("item_type").get(pk=pipeline.pk)


def fresh(item):
    return Item.objects.get(pk=getattr(item, "pk", item)).values


def test_a_new_card_is_counted_and_an_edit_counts_anew(pipeline):
    item = make_item(
        pipeline,
        title="Кухня",
        amount=1000,
        cost="900",
        ready="2026-03-14",
        at=datetime(2026, 3, 4, 9, tzinfo=UTC),
    )
    assert fresh(item) == {
        "cost": "900.00",
        "ready": "2026-03-14",
        "margin": "100.00",
        "share": 10,
        "thin": True,
        "label": "Кухня: 100",
        "term": 10,
    }
    edit_item(item.pk, {"cost": "500"}, by=SYSTEM)
    values = fresh(item)
    assert (values["margin"], values["share"], values["thin"]) == ("500.00", 50, False)
    told = Event.objects.filter(verb="item.changed", subject_id=item.pk).latest("pk")
    assert told.diff["changes"]["margin"] == ["100.00", "500.00"]
    edit_item(item.pk, {"title": "Шкаф", "amount": "600"}, by=SYSTEM)
    assert fresh(item)["label"] == "Шкаф: 100"


def test_a_loss_is_counted_below_zero_and_nothing_is_left_where_nothing_is_counted(pipeline):
    item = make_item(pipeline, amount=100, cost="150")
    assert fresh(item)["margin"] == "-50.00"
    edit_item(item.pk, {"cost": ""}, by=SYSTEM)
    assert "margin" not in fresh(item)
    assert "share" not in fresh(item)


def test_products_count_too_and_tell_of_it(pipeline):
    item = make_item(pipeline, cost="30")
    set_lines(item.pk, [Line("Стол", Decimal(50), Decimal(2))], by=SYSTEM)
    assert fresh(item)["margin"] == "70.00"
    told = Event.objects.filter(verb="item.changed", subject_id=item.pk).latest("pk")
    assert told.diff["changes"]["margin"] == ["-30.00", "70.00"]


def test_what_is_filled_in_on_a_move_counts(pipeline):
    item = make_item(pipeline, amount=100)
    move_item(item.pk, to=stage(pipeline, "s2"), by=SYSTEM, changes={"cost": "40"})
    assert fresh(item)["margin"] == "60.00"


def test_many_cards_at_once_count_and_go_back(pipeline):
    boss = make_user(make_role(everything=True))
    cards = [make_item(pipeline, amount=100, cost="10").pk for _n in range(3)]
    run = run_bulk(cards, BulkAction(changes={"cost": "60"}), by=Actor.user(boss))
    assert {fresh(pk)["margin"] for pk in cards} == {"40.00"}
    undo_bulk(run.pk, by=Actor.user(boss))
    assert {fresh(pk)["margin"] for pk in cards} == {"90.00"}


def test_loaded_cards_are_counted(pipeline):
    owner = make_user()
    row = LoadRow(
        title="Old",
        owner_id=owner.pk,
        visits=[(stage(pipeline, "s1"), datetime(2026, 3, 4, tzinfo=UTC))],
        amount=Decimal(100),
        values={"cost": "25.00"},
    )
    [pk] = Loader(pipeline, by=SYSTEM).load([row])
    assert (fresh(pk)["margin"], fresh(pk)["share"]) == ("75.00", 75)


def test_an_import_counts_new_and_known_cards_and_offers_no_counted_field(pipeline):
    boss = make_user("owner")
    fields = {
        "title": {"column": "Имя"},
        "amount": {"column": "Сумма"},
        "cost": {"column": "Цена"},
        "external_id": {"column": "Ключ"},
    }
    for cost, margin in (("10", "90.00"), ("30", "70.00")):
        mapping = parse_mapping(
            {
                "entity": "item",
                "pipeline": pipeline.code,
                "key": ["external_id"],
                "known": "overwrite",
                "fields": fields,
            }
        )
        run = take_file(
            ContentFile(f"Имя;Сумма;Цена;Ключ\nСтол;100;{cost};k1\n".encode()),
            name="f.csv",
            entity="item",
            user=boss,
            pipeline=pipeline.code,
        )
        imports.prepare_import(run, mapping=mapping)
        imports.start_import(run.pk, "run", by=Actor.user(boss), background=False)
        imports.work_on(run.pk)
        assert fresh(Item.objects.get(external_id="k1"))["margin"] == margin
    codes = {target.code for target in targets("item", pipeline.code)}
    assert "cost" in codes
    assert "margin" not in codes


def test_a_robots_change_counts_and_wakes_who_listens_to_the_counted_field(pipeline):
    make_robot(pipeline, "created", ("change_field", {"field": "cost", "value": "20"}))
    make_robot(
        pipeline,
        "field_changed",
        ("change_field", {"field": "title", "value": "Маржа есть"}),
        settings={"fields": ["margin"]},
    )
    item = make_item(pipeline, amount=100)
    drain()
    drain()
    assert fresh(item)["margin"] == "80.00"
    assert Item.objects.get(pk=item.pk).title == "Маржа есть"


def test_a_tunnel_and_a_conversion_count_by_the_fields_of_where_they_lead(pipeline):
    there = make_pipeline(pipeline.item_type)
    item = make_item(pipeline, amount=100, cost="10")
    copy = tunnel_item(
        item.pk, Tunnel(stage(there, "s1"), "copy", fields={"cost": "cost"}), by=SYSTEM
    )
    assert fresh(copy)["margin"] == "90.00"
    leads = make_pipeline(make_item_type("lead"))
    bare_field(leads.item_type, "margin", "money")
    bare_field(leads.item_type, "cost", "money")
    lead = make_item(leads, amount=100, cost="30", margin="7", contact=make_client().pk)
    deal = convert_lead(lead.pk, by=SYSTEM, pipeline=pipeline)
    assert fresh(deal)["margin"] == "70.00"


@pytest.mark.parametrize("code", ["margin", "thin"])
def test_nobody_types_into_a_counted_field(pipeline, code):
    item = make_item(pipeline, amount=100, cost="10")
    with pytest.raises(InvalidInput) as refused:
        edit_item(item.pk, {code: "5"}, by=SYSTEM)
    assert "counted by its formula" in str(refused.value.fields[code])
    with pytest.raises(InvalidInput):
        edit_item(item.pk, {code: ""}, by=SYSTEM)
    with pytest.raises(InvalidInput):
        make_item(pipeline, margin="5")


def test_who_may_not_change_a_card_does_not_change_what_it_counts(pipeline):
    item = make_item(pipeline, amount=100, cost="10")
    with pytest.raises(Exception, match=r"."):
        edit_item(item.pk, {"cost": "1"}, by=Actor.user(make_user(make_role())))
    assert fresh(item)["margin"] == "90.00"


def test_lists_filter_and_sort_by_a_counted_field(pipeline):
    cheap = make_item(pipeline, amount=100, cost="90")
    good = make_item(pipeline, amount=100, cost="10")
    boss = make_user(make_role(everything=True))
    cards = Item.objects.visible_to(boss).filter(pipeline=pipeline)
    asked = CardFilter.read(QueryDict("f-margin.from=50&f-thin=0"))
    assert [i.pk for i in asked.apply(cards, boss, item_type=pipeline.item_type)] == [good.pk]
    margin = Field.objects.get(item_type=pipeline.item_type, code="margin")
    order = Sort.read("-margin", {"margin": margin})
    assert [i.pk for i in listing(cards, order).items] == [good.pk, cheap.pk]


def test_another_formula_counts_all_cards_in_a_job(pipeline):
    kind = pipeline.item_type
    open_card = make_item(pipeline, amount=100, cost="10")
    binned = make_item(pipeline, amount=50, cost="10")
    delete_item(binned.pk, by=SYSTEM)
    spec = FieldSpec.of(Field.objects.get(item_type=kind, code="margin"))
    save_field(replace(spec, formula="amount - 2 * cost"), by=SYSTEM)
    jobs = ProcrastinateJob.objects.filter(
        task_name__endswith="recount_cards", args={"item_type_id": kind.pk}
    )
    assert jobs.exists()
    assert fresh(open_card)["margin"] == "90.00"
    assert recount_all(kind.pk) == 2
    assert (fresh(open_card)["margin"], fresh(binned)["margin"]) == ("80.00", "30.00")
    assert fresh(open_card)["share"] == 80
    assert Event.objects.get(verb="item_type.recounted").diff == {"cards": 2}
    assert recount_all(kind.pk) == 0  # once more: nothing is left to do


def test_batches_go_through_all_cards(pipeline, monkeypatch):
    monkeypatch.setattr("voronka.items.commands.recounting.BATCH", 2)
    cards = [make_item(pipeline, amount=100, cost=str(n)) for n in range(5)]
    spec = FieldSpec.of(Field.objects.get(item_type=pipeline.item_type, code="margin"))
    save_field(replace(spec, formula="cost * 3"), by=SYSTEM)
    assert recount_all(pipeline.item_type_id) == 5
    assert [fresh(card)["margin"] for card in cards[:3]] == ["0.00", "3.00", "6.00"]


@pytest.mark.parametrize(
    ("kind", "formula", "said"),
    [
        ("number", "amount * costs", "Column 10: There is no field “costs”. Perhaps “cost”"),
        ("number", "title", "The formula gives text, and number is wanted."),
        ("number", "days_between(today(), ready)", "Column 14: Today and now change by themselves"),
        ("text", "stage", "“stage” changes while the fields of the card stand still"),
        ("text", "client.name", "“client.name” changes while"),
        ("number", "extra + 1", "can't count on itself"),
        ("list", "1", "A formula gives a number, money"),
        ("number", "ready - created_at", "Make it a number by days(…)"),
    ],
)
def test_a_formula_that_makes_no_sense_is_refused(pipeline, kind, formula, said):
    with pytest.raises(InvalidSetup) as refused:
        count_field(pipeline, "extra", kind, formula)
    problems = " ".join(map(str, refused.value.fields.values()))
    assert said in problems
    assert not Field.objects.filter(item_type=pipeline.item_type, code="extra").exists()


def test_clients_have_no_formulas(pipeline):
    spec = FieldSpec(None, "main", "size", LocalText("x"), "number", formula="1 + 1")
    with pytest.raises(InvalidSetup, match="Formulas stand on cards"):
        save_field(spec, by=SYSTEM)


def test_a_circle_is_refused(pipeline):
    spec = FieldSpec.of(Field.objects.get(item_type=pipeline.item_type, code="margin"))
    with pytest.raises(InvalidSetup, match=r"circle: (margin, share|share, margin)\."):
        save_field(replace(spec, formula="amount * share"), by=SYSTEM)


def test_what_a_formula_counts_on_stays(pipeline):
    kind = pipeline.item_type
    with pytest.raises(InUse, match="Formulas count on this field: margin"):
        archive_field(kind.code, "cost", by=SYSTEM)
    spec = FieldSpec.of(Field.objects.get(item_type=kind, code="cost"))
    with pytest.raises(InUse, match="The formula of “margin” would break: Column 8"):
        save_field(replace(spec, kind="text"), by=SYSTEM)


def test_typed_values_are_not_overwritten_by_a_new_formula(pipeline):
    make_item(pipeline, cost="10")
    spec = FieldSpec.of(Field.objects.get(item_type=pipeline.item_type, code="cost"))
    with pytest.raises(InUse, match="1 card holds a value that somebody has typed"):
        save_field(replace(spec, formula="amount / 2"), by=SYSTEM)


def test_an_archived_formula_rests_and_counts_again_when_it_returns(pipeline):
    kind = pipeline.item_type
    for code in ("label", "thin", "share"):
        archive_field(kind.code, code, by=SYSTEM)
    item = make_item(pipeline_again(pipeline), amount=100, cost="10")
    assert "share" not in fresh(item)
    assert fresh(item)["margin"] == "90.00"
    restore_field(kind.code, "share", by=SYSTEM)
    assert recount_all(kind.pk) == 1
    assert fresh(item)["share"] == 90
    stored = ItemType.objects.get(pk=kind.pk).formulas
    assert [row[0] for row in stored["counted"]] == ["margin", "term", "share"]


def pipeline_again(pipeline):
    return Pipeline.objects.select_related("item_type").get(pk=pipeline.pk)


def test_working_days_are_those_of_the_companys_calendar_and_follow_it(pipeline):
    calendar = save_calendar(
        code="house", name=LocalText("Дом"), hours=OFFICE_HOURS, is_default=True, by=SYSTEM
    )
    count_field(pipeline, "work", "number", "workdays(2026-11-27, ready)")
    item = make_item(pipeline_again(pipeline), ready="2026-12-04")
    assert item.values["work"] == 5
    jobs = ProcrastinateJob.objects.filter(
        task_name__endswith="recount_cards", args={"item_type_id": pipeline.item_type_id}
    )
    before = jobs.count()
    save_calendar(
        calendar.pk,
        code="house",
        name=LocalText("Дом"),
        hours=OFFICE_HOURS,
        days_off=[date(2026, 12, 1)],
        is_default=True,
        by=SYSTEM,
    )
    assert jobs.count() == before + 1
    recount_all(pipeline.item_type_id)
    item.refresh_from_db()
    assert item.values["work"] == 4
