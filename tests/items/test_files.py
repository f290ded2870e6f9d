"""Files in cards and at clients."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from tests.clients.factories import make_client
from tests.factories import SYSTEM, make_item
from tests.people.factories import make_user
from voronka.items.commands import attach_file, delete_item, remove_file
from voronka.items.models import Attachment
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}},
    }
    return tmp_path


def written(folder: Path):
    return [path for path in folder.rglob("*") if path.is_file()]


def attach(content=b"plan", name="план.pdf", by=SYSTEM, **where):
    return attach_file(ContentFile(content), name=name, by=by, **where)


def test_a_file_is_kept_under_its_name_and_told_at_the_card(files):
    item = make_item()
    kept = attach(item_id=item.pk, name="C:\\Мои\\план.pdf")
    assert (kept.name, kept.size) == ("план.pdf", 4)
    assert Path(kept.file.path).read_bytes() == b"plan"
    said = Event.objects.get(verb="item.file_attached")
    assert (said.subject_id, said.diff["name"]) == (item.pk, "план.pdf")
    remove_file(kept.pk, by=SYSTEM)
    assert Attachment.objects.get().deleted_at is not None
    assert written(files)  # until the bin is emptied
    with pytest.raises(NotFound):
        remove_file(kept.pk, by=SYSTEM)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/../../b", "\x00", "/"])
def test_no_name_leads_a_file_out_of_its_folder(files, name):
    kept = attach(item_id=make_item().pk, name=name)
    assert Path(kept.file.path).resolve().is_relative_to(files.resolve())
    assert "/" not in kept.name


def test_an_empty_file_and_one_too_large_are_refused_and_not_written(files, settings):
    settings.UPLOAD_MAX_BYTES = 3
    item = make_item()
    for content in (b"", b"plan"):
        with pytest.raises(InvalidInput):
            attach(content, item_id=item.pk)
    assert not written(files)


def test_who_may_not_change_the_card_or_client_leaves_no_file_behind(files):
    anna = Actor.user(make_user("manager"))
    item, client = make_item(), make_client()
    mine = attach(item_id=item.pk)
    before = written(files)
    with pytest.raises(Forbidden):
        attach(by=anna, item_id=item.pk)
    with pytest.raises(Forbidden):
        attach(by=anna, client_id=client.pk)
    with pytest.raises(Forbidden):
        remove_file(mine.pk, by=anna)
    assert written(files) == before


def test_a_client_has_files_too(files):
    client = make_client()
    kept = attach(client_id=client.pk)
    remove_file(kept.pk, by=SYSTEM)
    verbs = Event.objects.filter(subject_type="client", verb__contains="file")
    assert list(verbs.order_by("pk").values_list("verb", flat=True)) == [
        "client.file_attached",
        "client.file_removed",
    ]


def test_what_is_gone_takes_no_file(files):
    item = make_item()
    delete_item(item.pk, by=SYSTEM)
    for where in ({"item_id": item.pk}, {"client_id": 0}):
        with pytest.raises(NotFound):
            attach(**where)
    assert not written(files)
