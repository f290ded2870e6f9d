"""Whatever the code writes into the journal has words for it, in both languages."""

import re
from pathlib import Path

import pytest
from django.utils import translation

from tests.factories import make_field, make_item, make_pipeline
from tests.people.factories import make_user
from voronka.items.commands import edit_item
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.texts import LocalText
from voronka.timeline.commands.activities import Plan, plan_activity
from voronka.web.audit.sentences import deed, lines
from voronka.web.audit.vocabulary import DEEDS, SPECIAL, SUBJECTS

CODE = Path(__file__).resolve().parents[3] / "voronka"
_RECORDED = re.compile(
    r"(?:record|note_event|announce_changes?|_note|_record|Event)\(\s*(?:verb=)?\"([a-z_]+\.[a-z_]+)\""
)


def recorded():
    """Return the verbs that are written out in the code where it records."""
    files = (file for file in CODE.rglob("*.py") if "migrations" not in file.parts)
    return {verb for file in files for verb in _RECORDED.findall(file.read_text("utf-8"))}


def test_every_recorded_deed_has_a_word_of_its_own():
    verbs = recorded()
    assert len(verbs) > 80
    bare = [
        verb
        for verb in verbs
        if verb not in SPECIAL
        and not (verb.split(".")[0] in SUBJECTS and verb.split(".")[1] in DEEDS)
    ]
    assert bare == []


def test_a_deed_in_russian_has_no_english_left():
    with translation.override("ru"):
        told = [deed(verb) for verb in recorded()]
    assert not [text for text in told if re.search(r"[a-z]{3,}", text)]


@pytest.mark.django_db
def test_what_a_deed_kept_is_told_by_titles_and_without_the_machines_numbers():
    pipeline = make_pipeline()
    field = make_field(pipeline.item_type, "area", "number")
    field.name = LocalText("Площадь", "Area")
    field.save()
    by = Actor.user(make_user("owner"))
    item = make_item(pipeline, by=by)
    edit_item(item.pk, {"area": "12"}, by=by)
    plan_activity(Plan("call", "Call back", None), item_id=item.pk, by=by)
    with translation.override("ru"):
        told = {line.deed: line.details for line in lines(Event.objects.all())}
        assert any("Площадь: " in text for text in told[deed("item.changed")])
        planned = told[deed("item.activity_planned")]
    assert "вид: звонок" in planned
    assert not [text for text in planned if text.startswith("activity")]
