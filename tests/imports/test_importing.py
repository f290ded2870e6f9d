"""Files come in with a verdict for every row, survive a restart, and can be taken back."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from tests.factories import make_field, make_item_type, make_pipeline
from tests.people.factories import make_user
from voronka.clients.models import Client, ContactPoint
from voronka.imports import commands
from voronka.imports.commands import running
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping, read_yaml, write_yaml
from voronka.imports.models import ImportRun
from voronka.items.models import Item, StageVisit
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden, InvalidInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db):
    return make_user("owner")


def bring(owner, text, mapping, *, what="run", name="file.csv"):
    mapping = parse_mapping(mapping)
    run = take_file(
        ContentFile(text.encode()),
        name=name,
        entity=mapping.entity,
        user=owner,
        pipeline=mapping.pipeline,
    )
    commands.prepare_import(run, mapping=mapping)
    commands.start_import(run.pk, what, by=Actor.user(owner), background=False)
    return commands.work_on(run.pk)


def verdicts(run):
    return [(r.verdict, [n["field"] for n in r.notes]) for r in run.rows.all()]


PEOPLE = {
    "entity": "person",
    "fields": {
        "name": {"column": "Имя"},
        "phone": {"column": "Телефон"},
        "phone_2": {"column": "Другой"},
        "email": {"column": "Почта"},
        "company": {"column": "Компания", "missing": "create"},
    },
}


def test_persons_come_in_with_phones_of_any_spelling_and_their_company(owner):
    text = (
        "Имя;Телефон;Другой;Почта;Компания\n"
        "Иванов Иван;8 (916) 123-45-67;+7 495 024 5885, 9030645789;I@Example.com;Ромашка\n"
        "Пётр;нет;;битая почта;Ромашка\n"
        ";;;;\n"
        ";;;;Ромашка\n"
    )
    run = bring(owner, text, PEOPLE)
    assert verdicts(run) == [
        ("new", []),
        ("new", ["phone", "email"]),
        ("empty", []),
        ("fix", ["name"]),
    ]
    ivan = Client.objects.get(name="Иванов Иван")
    assert set(ivan.contact_points.values_list("value", flat=True)) == {
        "+79161234567",
        "+74950245885",
        "+79030645789",
        "i@example.com",
    }
    assert ivan.company_links.get().company.name == "Ромашка"
    assert Client.objects.filter(kind="company").count() == 1
    assert "битая почта" in Client.objects.get(name="Пётр").comment


def test_the_same_person_twice_in_a_file_is_one_client_with_both_addresses(owner):
    text = (
        "Имя;Телефон;Другой;Почта;Компания\n"
        "Анна;89161234567;;;\n"
        "анна к.;+7 916 123-45-67;;anna@example.com;\n"
    )
    run = bring(owner, text, PEOPLE)
    assert [v for v, _ in verdicts(run)] == ["new", "double"]
    assert set(Client.objects.get(name="Анна").contact_points.values_list("kind", flat=True)) == {
        "phone",
        "email",
    }


def test_a_known_person_is_recognised_and_filled_never_overwritten(owner):
    head = "Имя;Телефон;Другой;Почта;Компания\n"
    bring(owner, head + "Анна;89161234567;;;\n", PEOPLE)
    run = bring(owner, head + "Анна Ким;89161234567;;a@example.com;\n", PEOPLE)
    assert [v for v, _ in verdicts(run)] == ["update"]
    anna = Client.objects.get(kind="person")
    assert anna.name == "Анна"
    assert anna.contact_points.filter(kind="email").count() == 1
    again = bring(owner, head + "Анна Ким;89161234567;;a@example.com;\n", PEOPLE)
    assert [v for v, _ in verdicts(again)] == ["same"]


def deals(pipeline, **extra):
    fields = {
        "title": "title",
        "external_id": "id",
        "stage": "stage",
        "amount": "sum",
        "created_at": "from",
        "closed_at": "to",
        **extra,
    }
    return {
        "entity": "item",
        "pipeline": pipeline.code,
        "fields": {
            code: rule if isinstance(rule, dict) else {"column": rule}
            for code, rule in fields.items()
        },
    }


def test_a_deal_closed_last_year_is_closed_last_year_with_its_visits(owner):
    pipeline = make_pipeline()
    run = bring(
        owner,
        "id,title,stage,sum,from,to\n7,Kitchen,won,1 200.50,2024-02-01,2024-03-05\n",
        deals(pipeline),
    )
    assert run.counts == {"new": 1}
    item = Item.objects.get(external_id="7")
    assert timezone.localtime(item.closed_at).date() == date(2024, 3, 5)
    assert item.amount == Decimal("1200.50")
    way = StageVisit.objects.filter(item=item).order_by("entered_at", "id")
    assert [v.stage.code for v in way] == ["s1", "s2", "s3", "s4", "won"]
    assert [v.jump for v in way] == [False, True, True, True, False]


def test_rows_that_break_the_gate_wait_on_the_fix_list_with_reasons(owner):
    pipeline = make_pipeline(make_item_type(), reasons=True)
    make_field(pipeline.item_type, "budget", "money")
    pipeline.stages.filter(code="s2").update(required=["budget"])
    text = (
        "id,title,stage,sum,from,to,budget\n"
        "1,A,s3,1,2024-02-01,,\n"
        "2,B,lost,1,2024-02-01,2024-02-02,5\n"
        "3,,s1,x,2024-02-01,,\n"
        "4,D,nowhere,1,2024-02-01,,\n"
        "5,E,s3,1,2024-02-01,,700\n"
        "5,F,s3,1,2024-02-01,,700\n"
    )
    run = bring(owner, text, deals(pipeline, budget="budget"))
    assert verdicts(run) == [
        ("fix", ["budget"]),
        ("fix", ["loss_reason"]),
        ("fix", ["title", "amount"]),
        ("fix", ["stage"]),
        ("new", []),
        ("double", ["external_id"]),
    ]
    assert Item.objects.count() == 1
    row = run.rows.get(number=1)
    fixed = commands.retry_row(row.pk, [*row.cells[:-1], "900"], by=owner)
    assert fixed.verdict == "new"
    assert Item.objects.get(external_id="1").values == {"budget": "900.00"}


def test_a_trial_run_gives_verdicts_and_writes_nothing(owner):
    pipeline = make_pipeline()
    text = "id,title,stage,sum,from,to\n1,A,s1,1,2024-02-01,\n"
    run = bring(owner, text, deals(pipeline), what="check")
    assert run.state == ImportRun.State.CHECKED
    assert run.counts == {"new": 1}
    assert not Item.objects.exists()


def test_an_import_cut_off_goes_on_behind_the_last_whole_chunk(owner, monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 10)
    pipeline = make_pipeline()
    rows = [f"{n},Deal {n},s1,1,2024-02-01," for n in range(35)]
    rows.append("3,Double,s1,1,2024-02-01,")
    text = "id,title,stage,sum,from,to\n" + "\n".join(rows) + "\n"
    real = running._work_chunk

    def killed(run, planner, chunk):
        if chunk[0].number == 21:
            raise KeyboardInterrupt
        real(run, planner, chunk)

    monkeypatch.setattr(running, "_work_chunk", killed)
    with pytest.raises(KeyboardInterrupt):
        bring(owner, text, deals(pipeline))
    monkeypatch.setattr(running, "_work_chunk", real)
    run = ImportRun.objects.get()
    assert (run.done, Item.objects.count()) == (20, 20)
    run = commands.work_on(run.pk)
    assert run.counts == {"new": 35, "double": 1}
    assert Item.objects.count() == 35


def test_a_whole_import_is_undone_but_what_was_worked_on_stays(owner):
    pipeline = make_pipeline()
    text = "id,title,stage,sum,from,to\n1,A,s1,1,2024-02-01,\n2,B,s1,1,2024-02-01,\n"
    run = bring(owner, text, deals(pipeline))
    from voronka.items.commands import edit_item

    edit_item(Item.objects.get(external_id="2").pk, {"amount": "5"}, by=Actor.user(owner))
    commands.start_undo(run.pk, by=Actor.user(owner), background=False)
    run = commands.undo_import(run.pk)
    assert run.state == ImportRun.State.UNDONE
    assert list(Item.objects.values_list("external_id", flat=True)) == ["2"]
    assert [r.undone for r in run.rows.all()] == [True, False]


def test_undo_gives_changed_clients_their_old_values_back(owner):
    head = "Имя;Телефон;Другой;Почта;Компания\n"
    bring(owner, head + "Анна;89161234567;;;\n", PEOPLE)
    overwrite = {**PEOPLE, "known": "overwrite"}
    run = bring(owner, head + "Анна Ким;89161234567;;a@example.com;\n", overwrite)
    assert Client.objects.get(kind="person").name == "Анна Ким"
    commands.start_undo(run.pk, by=Actor.user(owner), background=False)
    commands.undo_import(run.pk)
    assert Client.objects.get(kind="person").name == "Анна"
    assert not ContactPoint.objects.filter(kind="email").exists()


def test_a_manager_may_not_import(owner):
    with pytest.raises(Forbidden):
        take_file(ContentFile(b"a\n1\n"), name="a.csv", entity="person", user=make_user("manager"))


def test_a_mapping_of_unknown_columns_is_refused_by_name(owner):
    mapping = {"entity": "person", "fields": {"name": {"column": "Nowhere"}}}
    with pytest.raises(InvalidInput, match="Nowhere"):
        bring(owner, "a\n1\n", mapping)


def test_a_mapping_survives_the_way_through_its_yaml_file():
    mapping = parse_mapping(PEOPLE)
    assert read_yaml(write_yaml(mapping)) == mapping


def test_the_mapping_of_the_same_headers_is_remembered(owner):
    head = "Имя;Телефон;Другой;Почта;Компания\n"
    bring(owner, head + "Анна;89161234567;;;\n", PEOPLE)
    run = take_file(ContentFile(head.encode()), name="b.csv", entity="person", user=owner)
    assert parse_mapping(run.mapping) == parse_mapping(PEOPLE)
