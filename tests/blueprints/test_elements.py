"""A gate that asks the elements travels in the blueprint, and is checked when read (SP-5)."""

import pytest

from voronka.blueprints import ready_companies
from voronka.blueprints.checks import mistakes
from voronka.blueprints.commands import apply
from voronka.blueprints.queries import current
from voronka.blueprints.schema import Criterion, Text
from voronka.journal.actors import Actor
from voronka.pipelines.models import Stage

BY = Actor.system()


def furniture(check):
    """The furniture maker, with a criterion at a stage of facades."""
    blueprint = ready_companies.load("furniture")
    criterion = Criterion(text=Text(ru="Всё изготовлено", en="All is made"), check=check)
    stages = blueprint.pipelines["facades_new"].stages
    code = next(iter(stages))
    stages[code] = stages[code].model_copy(
        update={"exit_criteria": {**stages[code].exit_criteria, "made": criterion}}
    )
    return blueprint, code


@pytest.mark.django_db
def test_it_is_applied_and_exported_again():
    blueprint, code = furniture("elements:production")
    apply(blueprint, by=BY)
    stage = Stage.objects.get(pipeline__code="facades_new", code=code)
    assert [c["check"] for c in stage.exit_criteria][-1] == "elements:production"
    exported = current().pipelines["facades_new"].stages[code]
    assert exported.exit_criteria["made"].check == "elements:production"


def test_what_is_not_in_the_file_is_a_mistake_at_its_place():
    blueprint, code = furniture("elements:kitchens")
    ((path, said),) = mistakes(blueprint)
    assert path[:4] == ("pipelines", "facades_new", "stages", code)
    assert "kitchens" in said
    assert list(mistakes(furniture("elements:production/assembled-twice")[0]))
    assert not list(mistakes(furniture("elements:production")[0]))
