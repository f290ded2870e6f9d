"""The whole base goes out as one archive, and as far as tables reach it comes back."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db.models import Count, Sum
from django.db.models.functions import Trunc

from tests.factories import SYSTEM, make_item, make_pipeline
from tests.people.factories import make_role, make_user
from voronka.blueprints import commands as blueprints
from voronka.blueprints.reading import read
from voronka.clients.models import Client, ClientLink
from voronka.demo.commands import load_demo
from voronka.exports.archive import write_archive
from voronka.exports.commands import (
    ask_export,
    hand_out,
    make_export,
    may_export_all,
    throw_away,
)
from voronka.exports.models import ExportRun
from voronka.imports.commands import prepare_import, start_import, work_on
from voronka.imports.commands.preparing import take_file
from voronka.imports.mapping import read_yaml
from voronka.items.commands import attach_file, delete_item
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Conflict, Forbidden, NotFound
from voronka.people.commands import create_ready_roles
from voronka.people.commands.tokens import create_token
from voronka.products.models import Product
from voronka.timeline.models import Notification


def table(archive, path):
    """Rows of a CSV of the archive."""
    text = archive.read(f"csv/{path}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def lines(archive, path):
    """Rows of a JSON table of the archive."""
    return [json.loads(line) for line in archive.read(f"json/{path}.jsonl").splitlines()]


def bring_back(archive, owner):
    """Do what the README says: import the tables in its order; return the runs by table."""
    runs = {}
    for path in order_of_readme(archive):
        mapping = read_yaml(archive.read(f"import/{path}.yaml").decode())
        run = take_file(
            ContentFile(archive.read(f"csv/{path}.csv")),
            name=f"{path.rsplit('/', 1)[-1]}.csv",
            entity=mapping.entity,
            user=owner,
            pipeline=mapping.pipeline,
        )
        prepare_import(run, mapping=mapping)
        start_import(run.pk, "run", by=Actor.user(owner), background=False)
        runs[path] = work_on(run.pk)
    return runs


def order_of_readme(archive):
    text = archive.read("README.txt").decode("utf-8-sig")
    english = text[text.index("EXPORT OF THE WHOLE BASE") :]
    return re.findall(r"voronka import csv/(\S+)\.csv --mapping import/\1\.yaml", english)


def known(item):
    """The card's own fields as an import spells them."""
    for code, value in item.values.items():
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
            value = datetime.fromisoformat(value).astimezone(UTC).isoformat()
        if value is not None:
            yield code, int(value) if isinstance(value, float) and value.is_integer() else value


def figures():
    """What must agree: cards by funnel, stage and owner with their sums; dates, clients, fields."""
    cards, clients = Item.objects.alive(), Client.objects.alive()
    closed = cards.exclude(closed_at=None).annotate(second=Trunc("closed_at", "second"))
    by_stage = cards.values_list("pipeline__code", "stage__code", "owner__email")
    by_kind = clients.values_list("kind", "owner__email")
    named = cards.values_list("title", "company__name", "contact__name", "source__code")
    return {
        "cards": sorted(by_stage.annotate(Count("pk"), Sum("amount"))),
        "closed": sorted(
            closed.values_list("title", "second", "loss_reason__code", "loss_told_by")
        ),
        "of whom": sorted(named, key=repr),
        "clients": sorted(by_kind.annotate(Count("pk", distinct=True), Count("contact_points"))),
        "links": sorted(ClientLink.objects.values_list("person__name", "company__name")),
        "products": sorted(Product.objects.values_list("code", "price")),
        "fields": sorted((item.title, repr(sorted(known(item)))) for item in cards),
    }


@pytest.mark.django_db(transaction=True)
def test_clients_and_cards_come_back_into_an_empty_home(tmp_path):
    load_demo(scale=0.02)
    before = figures()
    written = write_archive(tmp_path / "all.zip")
    call_command("flush", interactive=False, verbosity=0)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        create_ready_roles(by=Actor.system())
        owner = make_user("owner", email="new-owner@example.com")
        blueprints.apply(read(archive.read("blueprint.yaml").decode()), by=Actor.user(owner))
        runs = bring_back(archive, owner)
    assert {path: run.counts.get("fix", 0) for path, run in runs.items()} == dict.fromkeys(runs, 0)
    after = figures()
    for what, figure in before.items():
        assert after[what] == figure, what
    assert written.rows["clients/persons"] == Client.objects.filter(kind="person").count()


@pytest.mark.django_db(transaction=True)
def test_the_archive_holds_what_was_written_files_and_no_secret(files, tmp_path):
    owner = make_user("owner", name="=HYPERLINK(1)")
    token, _plain = create_token(
        owner.pk, name="robot", scopes=["items:read"], by=Actor.user(owner)
    )
    item = make_item(owner=owner, title="-1+1")
    kept = attach_file(ContentFile(b"plan"), name="план/кухни.pdf", item_id=item.pk, by=SYSTEM)
    lost = attach_file(ContentFile(b"gone"), name="gone.pdf", item_id=item.pk, by=SYSTEM)
    (files / lost.file.name).unlink()
    delete_item(make_item(item.pipeline, owner=owner, title="Binned").pk, by=Actor.user(owner))
    written = write_archive(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        cards = f"cards/{item.pipeline.item_type.code}/{item.pipeline.code}"
        assert [row["title"] for row in table(archive, cards)] == ["'-1+1"]
        assert [row["title"] for row in lines(archive, cards)] == ["-1+1"]
        assert [row["title"] for row in lines(archive, f"bin/{cards}")] == ["Binned"]
        assert {row["item_id"] for row in lines(archive, "cards/stage_visits")} >= {item.pk}
        assert "item.created" in {row["verb"] for row in lines(archive, "journal")}
        paths = {row["name"]: row["path"] for row in table(archive, "files")}
        assert paths == {"кухни.pdf": f"files/{kept.pk}-кухни.pdf", "gone.pdf": ""}
        assert archive.read(paths["кухни.pdf"]) == b"plan"
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert owner.password.encode() not in everything
        assert token.token_hash.encode() not in everything
        listed = set(re.findall(r"^(\S+) +\d+ ", archive.read("README.txt").decode(), re.M))
        assert {f"csv/{path}.csv" for path in listed} == {
            name for name in archive.namelist() if name.startswith("csv/")
        }
    assert written.missing == 1
    assert (tmp_path / "all.zip").stat().st_mode & 0o077 == 0


@pytest.mark.django_db(transaction=True)
def test_the_page_gets_an_archive_for_a_day_and_every_step_is_in_the_journal(files, settings):
    owner = make_user("owner")
    run = ask_export(by=owner, with_files=False)
    with pytest.raises(Conflict):
        ask_export(by=owner)
    run = make_export(run.pk)
    assert run.state == ExportRun.State.DONE
    assert zipfile.is_zipfile(hand_out(run.pk, by=owner).file.path)
    with pytest.raises(Forbidden):
        hand_out(run.pk, by=make_user("manager"))
    assert throw_away() == 0
    assert throw_away(at=run.expires_at) == 1
    assert not [path for path in files.rglob("*") if path.is_file()]
    with pytest.raises(NotFound):
        hand_out(run.pk, by=owner)
    verbs = (
        Event.objects.filter(subject_type="export").order_by("pk").values_list("verb", flat=True)
    )
    assert list(verbs) == ["export.asked", "export.done", "export.downloaded"]
    told = Notification.objects.get(user=owner)
    assert told.url_name == "exports:index"


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_told_and_leaves_nothing(files, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    run = ask_export(by=make_user("owner"))
    monkeypatch.setattr("voronka.exports.commands.write_archive", full)
    run = make_export(run.pk)
    assert run.state == ExportRun.State.FAILED
    assert "No space left" in run.error
    assert ask_export(by=run.created_by).pk != run.pk


@pytest.mark.django_db
def test_only_who_may_export_and_see_everything_takes_the_base_away():
    make_pipeline()
    all_rights = ("setup", "people", "audit", "recycle")
    whole = make_role(matrix={"*": {"see": "all", "export": "all"}}, rights=all_rights)
    no_audit = make_role(matrix={"*": {"see": "all", "export": "all"}}, rights=all_rights[:2])
    but_clients = make_role(
        matrix={"*": {"see": "all", "export": "all"}, "client": {"export": "own"}},
        rights=all_rights,
    )
    may = {
        role: may_export_all(Actor.user(make_user(role)))
        for role in ("owner", "head_of_sales", "manager", whole, no_audit, but_clients)
    }
    assert [role for role, yes in may.items() if yes] == ["owner", whole]
