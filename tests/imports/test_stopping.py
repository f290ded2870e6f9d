"""What can't be finished says so, goes on from where it stopped, and never loses the way back."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import typer
from django.core.files.base import ContentFile
from django.utils import translation
from typer.testing import CliRunner

from tests.factories import make_pipeline
from tests.people.factories import make_user
from voronka.cli import importing
from voronka.clients.models import Client
from voronka.imports import commands, tasks
from voronka.imports.commands import running
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import parse_mapping
from voronka.imports.models import ImportRun
from voronka.imports.planners.clients import ClientPlanner
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict, InvalidInput
from voronka.kernel.jobs import TRIES
from voronka.timeline.models import Notification

pytestmark = pytest.mark.django_db
PEOPLE = {"entity": "person", "fields": {"name": {"column": "name"}, "phone": {"column": "phone"}}}


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield


@pytest.fixture
def owner():
    user = make_user("owner")
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def run(owner, monkeypatch, files):
    """An import of three rows, one in a transaction, begun."""
    monkeypatch.setattr(running, "CHUNK", 1)
    text = "name,phone\nAnna,89160000001\nBoris,89160000002\nVera,89160000003\n"
    file = ContentFile(text.encode())
    made = take_file(file, name="people.csv", entity="person", user=owner)
    commands.prepare_import(made, mapping=parse_mapping(PEOPLE))
    return commands.start_import(made.pk, "run", by=Actor.user(owner), background=False)


def job(attempts):
    return SimpleNamespace(job=SimpleNamespace(attempts=attempts))


def names():
    return sorted(Client.objects.values_list("name", flat=True))


def break_at(monkeypatch, number):
    """Have the program fail at a row of the file, as by a fault of its own."""
    work = running._work_chunk

    def chunk(run, planner, rows):
        if rows[0].number == number:
            raise RuntimeError("the disk is full")
        work(run, planner, rows)

    monkeypatch.setattr(running, "_work_chunk", chunk)
    return lambda: monkeypatch.setattr(running, "_work_chunk", work)


def test_an_import_that_fails_for_good_stops_with_the_reason_and_tells(run, owner, monkeypatch):
    break_at(monkeypatch, 2)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES - 1), run.pk)
    run.refresh_from_db()
    assert run.state == "running"  # it is tried once more
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "the disk is full" in run.error
    assert "21 tries" in run.error
    assert Notification.objects.get(user=owner, kind="job").url_id == run.pk


def test_a_job_whose_worker_dies_each_time_is_given_up(run):
    tasks.continue_import.func(job(TRIES + 1), run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert not names()


def test_tried_again_it_goes_on_behind_what_is_in_the_base(run, owner, monkeypatch):
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    assert names() == ["Anna", "Boris"]
    by = Actor.user(owner)
    with pytest.raises(Conflict, match="imported already"):
        commands.start_import(run.pk, "run", by=by)  # would forget what it made
    with pytest.raises(Conflict):
        commands.discard_import(run.pk, by=by)
    mend()
    commands.resume_import(run.pk, by=by)
    tasks.continue_import.func(job(0), run.pk)
    run.refresh_from_db()
    assert (run.state, run.done, run.counts, run.error) == ("done", 3, {"new": 3}, "")
    with pytest.raises(Conflict):
        commands.resume_import(run.pk, by=by)


@pytest.mark.parametrize("known", ["fill", "overwrite"])
def test_what_is_finished_is_not_planned_again_but_its_doubles_are_known(
    owner, monkeypatch, files, known
):
    monkeypatch.setattr(running, "CHUNK", 2)
    text = "name,phone\nAnna,89160000001\nBoris,89160000002\nAnna 2,89160000001\nVera,\n"
    made = take_file(ContentFile(text.encode()), name="p.csv", entity="person", user=owner)
    commands.prepare_import(made, mapping=parse_mapping({**PEOPLE, "known": known}))
    run = commands.start_import(made.pk, "run", by=Actor.user(owner), background=False)
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        commands.work_on(run.pk)
    mend()
    planned = []
    plan = ClientPlanner.plan

    def counted(self, rows):
        planned.extend(row.number for row in rows)
        return plan(self, rows)

    monkeypatch.setattr(ClientPlanner, "plan", counted)
    run = commands.work_on(run.pk)
    assert planned == [3, 4]
    assert (run.state, run.counts) == ("done", {"new": 3, "double": 1})
    assert names() == ["Anna", "Boris", "Vera"]
    assert "row 1" in run.rows.get(number=3).notes[0]["text"]


def test_a_trial_run_that_was_cut_off_knows_the_doubles_of_what_it_saw(owner, monkeypatch, files):
    monkeypatch.setattr(running, "CHUNK", 2)
    text = "name,phone\nAnna,89160000001\nBoris,89160000002\nAnna 2,89160000001\nVera,\n"
    made = take_file(ContentFile(text.encode()), name="p.csv", entity="person", user=owner)
    commands.prepare_import(made, mapping=parse_mapping(PEOPLE))
    run = commands.start_import(made.pk, "check", by=Actor.user(owner), background=False)
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        commands.work_on(run.pk)
    mend()
    assert commands.work_on(run.pk).counts == {"new": 3, "double": 1}


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("product", "code,name\nA,Desk\nB,Chair\nA,Other desk\n"),
        ("item", "id,title\nA,Desk\nB,Chair\nA,Other desk\n"),
        ("employee", "email,name\na@example.com,Anna\nb@example.com,Boris\na@example.com,Anya\n"),
    ],
)
def test_doubles_of_finished_rows_are_known_in_other_lists_too(
    owner, monkeypatch, files, entity, text
):
    monkeypatch.setattr(running, "CHUNK", 1)
    pipeline = make_pipeline().code if entity == "item" else ""
    file = ContentFile(text.encode())
    made = take_file(file, name="p.csv", entity=entity, user=owner, pipeline=pipeline)
    run = commands.start_import(made.pk, "run", by=Actor.user(owner), background=False)
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        commands.work_on(run.pk)
    mend()
    assert commands.work_on(run.pk).counts == {"new": 2, "double": 1}


def test_the_command_line_goes_on_with_what_stopped(run, owner, monkeypatch):
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    mend()
    monkeypatch.setattr("voronka.cli.session.ready", nullcontext)
    app = typer.Typer()
    importing.register(app)
    said = CliRunner().invoke(app, [f"--resume={run.pk}", f"--user={owner.email}"])
    assert (said.exit_code, names()) == (0, ["Anna", "Boris", "Vera"])
    assert "rows: 3" in said.output
    run.refresh_from_db()
    assert run.state == "done"


def test_what_stopped_half_way_can_be_undone(run, owner, monkeypatch):
    break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    commands.start_undo(run.pk, by=Actor.user(owner))
    tasks.continue_undo.func(job(0), run.pk)
    run.refresh_from_db()
    assert run.state == "undone"
    assert not names()


def test_a_trial_run_that_failed_may_begin_anew(run, owner, monkeypatch):
    ImportRun.objects.filter(pk=run.pk).update(state="checking")
    mend = break_at(monkeypatch, 3)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    mend()
    by = Actor.user(owner)
    with pytest.raises(Conflict):
        commands.start_undo(run.pk, by=by)  # nothing was written
    commands.start_import(run.pk, "run", by=by)
    assert commands.work_on(run.pk).counts == {"new": 3}


def test_the_page_says_why_it_stopped_and_goes_on(run, owner, client, monkeypatch):
    mend = break_at(monkeypatch, 2)
    with pytest.raises(RuntimeError):
        tasks.continue_import.func(job(TRIES), run.pk)
    client.force_login(owner)
    html = client.get(f"/imports/{run.pk}/").content.decode()
    assert "the disk is full" in html
    assert "Try again" in html
    assert f"/imports/{run.pk}/start/" not in html
    mend()
    client.post(f"/imports/{run.pk}/again/")
    assert commands.work_on(run.pk).state == "done"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("big.xlsx", "A spreadsheet may have up to 0 MB"), ("big.csv", "voronka import")],
)
def test_a_file_that_is_too_large_is_told_how_to_go_on(owner, files, settings, name, sentence):
    settings.UPLOAD_MAX_BYTES = settings.IMPORT_MAX_BYTES = 5
    file = ContentFile(b"name\nAnna\n")
    with pytest.raises(InvalidInput, match=sentence):
        take_file(file, name=name, entity="person", user=owner)
    if name == "big.csv":
        assert take_file(file, name=name, entity="person", user=owner, limited=False).total == 1
