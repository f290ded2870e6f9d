"""A branch in the robot's form: built step by step, kept, told with the place of each mistake."""

import re

import pytest
from django.urls import reverse

from tests.automation.factories import make_robot
from tests.factories import make_pipeline
from tests.people.factories import make_user
from voronka.automation.models import Robot
from voronka.web.robots.form import RobotForm

pytestmark = pytest.mark.django_db
DEAR = {"fact": "amount", "op": "greater", "value": 100}
TYPED = {
    "place": "", "name.ru": "Развилка", "enabled": "on",
    "trigger": "created", "trigger_drawn": "created",
    "action": ["a0"], "a0.code": "branch",
    "a0.if": ["0"], "a0.if.root.kind": "all",
    "a0.if.0.kind": "fact", "a0.if.0.fact": "amount", "a0.if.0.op": "greater",
    "a0.if.0.value": "100",
    "a0.then": ["a0.then.a0"], "a0.then.a0.code": "notify",
    "a0.then.a0.who": "owner", "a0.then.a0.text.ru": "Много",
    "a0.otherwise": ["a0.otherwise.a0"], "a0.otherwise.a0.code": "wait",
    "a0.otherwise.a0.at_most.count": "2", "a0.otherwise.a0.at_most.unit": "d",
}  # fmt: skip


@pytest.fixture
def pipeline():
    return make_pipeline()


@pytest.fixture
def boss(client):
    client.force_login(make_user("owner"))
    return client


def save(client, pipeline, **changes):
    address = reverse("robots:new", args=[pipeline.pk])
    return client.post(address, {**TYPED, **changes}, HTTP_HX_REQUEST="true")


def draw(client, pipeline, do, **changes):
    typed = {**TYPED, "home": pipeline.pk, "do": do, **changes}
    return client.post(reverse("robots:draw"), typed).content.decode()


def test_what_was_built_is_kept(boss, pipeline):
    save(boss, pipeline)
    [kept] = Robot.objects.get().actions
    assert kept == {
        "action": "branch",
        "with": {
            "conditions": {"all": [DEAR]},
            "then": [{"notify": {"text": "Много"}}],
            "otherwise": [{"wait": {"at_most": "2d"}}],
        },
    }


def test_a_kept_branch_is_drawn_and_saved_unchanged(boss, pipeline):
    inside = {"conditions": {"all": [DEAR]}, "then": [{"watch": {}}]}
    whole = {
        "conditions": {"any": [DEAR, {"fact": "title", "op": "filled"}]},
        "then": [{"branch": inside}],
        "otherwise": [{"notify": {"text": "Мало"}}],
    }
    robot = make_robot(pipeline, "created", ("branch", whole))
    form = RobotForm.of(robot, pipeline)
    assert [dict(a.settings) for a in form.spec("x").actions] == [robot.actions[0]["with"]]
    page = boss.get(reverse("robots:edit", args=[robot.pk])).content.decode()
    for name in ("a0.then.a0.if.0.fact", "a0.then.a0.then.a0.code", "a0.otherwise.a0.text.ru"):
        assert f'name="{name}"' in page


def test_buttons_add_and_drop_inside(boss, pipeline):
    page = draw(boss, pipeline, "a.add:watch/a0.then")
    assert _names(page, "a0.then") == ["a0.then.a0", "a0.then.a1"]
    page = draw(boss, pipeline, "a.drop:a0.then.a0")
    assert _names(page, "a0.then") == []
    page = draw(boss, pipeline, "c.add:a0.if/")
    assert _names(page, "a0.if") == ["0", "1"]
    assert _names(page, "c") == []
    page = draw(boss, pipeline, "c.drop:a0.if/0")
    assert _names(page, "a0.if") == []


def test_a_branch_is_offered_two_deep_and_no_deeper(boss, pipeline):
    page = draw(boss, pipeline, "a.add:branch/a0.then")
    assert "a.add:branch/a0.then" in page
    assert "a.add:branch/a0.then.a1.then" not in page
    assert "a.add:watch/a0.then.a1.then" in page


def test_a_mistake_inside_is_marked_and_what_was_typed_stays(boss, pipeline):
    answer = save(
        boss, pipeline, **{"a0.then.a0.text.ru": "", "a0.otherwise.a0.at_most.count": "7"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    field = page[page.index('name="a0.then.a0.text.ru"') - 400 : page.index('id="r-add-a0-then"')]
    assert "invalid" in field
    assert re.search(r'name="a0.otherwise.a0.at_most.count"[^>]*value="7"', page)
    answer = save(boss, pipeline, **{"a0.if.0.value": ""})
    assert answer.status_code == 422
    assert "Скажите, с чем сравнивать." in answer.content.decode()
    answer = save(boss, pipeline, **{"a0.if": []})
    assert "Скажите, от чего это зависит." in answer.content.decode()
    assert not Robot.objects.exists()


def test_the_sentence_says_it_while_it_is_built(boss, pipeline):
    typed = {**TYPED, "home": pipeline.pk, "a0.if.0.value": ""}
    said = boss.post(reverse("robots:sentence"), typed).content.decode()
    assert "если …, то сообщить" in said or "если …, то уведомить" in said


def _names(page, name):
    return re.findall(rf'<input type="hidden" name="{re.escape(name)}" value="([^"]*)"', page)
