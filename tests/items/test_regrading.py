"""Another grade rule, or other points: open cards are graded anew, closed ones stay."""

from dataclasses import replace

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.factories import SYSTEM, make_field, make_item, make_pipeline
from voronka.items.commands import lose_item
from voronka.items.commands.regrading import regrade_open_cards
from voronka.journal.models import Event
from voronka.pipelines.commands.fields import save_field
from voronka.pipelines.commands.types import save_grade_rule
from voronka.pipelines.models import Field, ItemType
from voronka.pipelines.specs import FieldSpec, GradeRule, Option

pytestmark = pytest.mark.django_db
OPTIONS = [
    {"code": "much", "name": {"ru": "Много"}, "points": 5},
    {"code": "little", "name": {"ru": "Мало"}, "points": 1},
]


@pytest.fixture
def pipeline():
    made = make_pipeline()
    make_field(made.item_type, "budget", "list", options=OPTIONS)
    return made


def waiting():
    """Jobs of regrading for the newest type in the queue; other tests may have left some."""
    newest = {"item_type_id": ItemType.objects.latest("pk").pk}
    jobs = ProcrastinateJob.objects.filter(task_name__endswith="regrade_cards", args=newest)
    return jobs.count()


def test_a_new_rule_grades_the_open_cards_in_a_job(pipeline):
    item, lost = make_item(pipeline, budget="much"), make_item(pipeline, budget="much")
    lose_item(lost.pk, reason=None, by=SYSTEM)
    kind = pipeline.item_type
    save_grade_rule(kind.code, GradeRule(("budget",), 5, 2), by=SYSTEM)
    assert waiting() == 1
    assert regrade_open_cards(kind.pk) == 1
    item.refresh_from_db()
    lost.refresh_from_db()
    assert (item.grade, item.grade_order, lost.grade) == ("A", 1, "")
    assert Event.objects.get(verb="item_type.regraded").diff == {"cards": 1}
    assert regrade_open_cards(kind.pk) == 0  # once more: nothing is left to do


def test_other_points_of_a_counted_list_do_so_too_and_other_words_do_not(pipeline):
    kind = pipeline.item_type
    save_grade_rule(kind.code, GradeRule(("budget",), 5, 2), by=SYSTEM)
    item = make_item(pipeline, budget="little")
    row = Field.objects.select_related("item_type", "section").get(code="budget")
    spec = FieldSpec.of(row)
    options = (spec.options[0], Option("little", spec.options[1].name, 3))
    before = waiting()
    save_field(replace(spec, help=row.name), by=SYSTEM)
    assert waiting() == before
    save_field(replace(spec, options=options), by=SYSTEM)
    assert waiting() == before + 1
    regrade_open_cards(kind.pk)
    item.refresh_from_db()
    assert item.grade == "B"
