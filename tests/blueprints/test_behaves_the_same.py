"""A set-up taken out of the demo and applied to an empty company does the same (issue 4, RB-13).

The same story is lived in both: an enquiry by the site's form, nobody who answers, a loss that is
checked, and an order whose kitchens go to the works. What came of it must be equal.
"""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.blueprints.setups import BY, empty_home
from voronka.automation.models import AutoTask, LossVerdict, RobotRun
from voronka.automation.worker import drain
from voronka.blueprints.commands import apply
from voronka.blueprints.queries import export
from voronka.blueprints.reading import read
from voronka.channels.commands import receive
from voronka.channels.contract import RawEvent
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.provider import opened_mark
from voronka.demo.cast import CAST
from voronka.demo.commands import load_demo
from voronka.items.commands import create_item, lose_item, move_item, set_lines
from voronka.items.commands.lines import Line
from voronka.items.models import Item, ItemLink, ResponseClock
from voronka.journal.actors import Actor
from voronka.people.commands import accounts
from voronka.people.models import Department, Role, User
from voronka.pipelines.models import Field, LossReason, Pipeline, Stage
from voronka.products.models import Product

pytestmark = pytest.mark.django_db


def test_the_same_comes_of_the_same_story():
    load_demo(scale=0.02)
    file = export(products=True, people=True)
    there = live()
    holds(there)
    empty_home()
    assert not User.objects.exists()
    apply(read(file), by=BY)
    hire()
    apply(read(file), by=BY)  # now the people whom the file names take their places
    assert export(products=True, people=True) == file
    here = live()
    holds(here)
    assert here == there


def holds(story):
    """What must have come of it, in whatever company."""
    assert story["lead"]["stage"] == ("leads", "new")
    assert story["lead"]["grade"] == "A"
    assert story["lead"]["title"].startswith("AAA")
    assert [text for _title, text, _owner in story["first"] if text]  # the passport's words
    runs = dict(story["ladder"]["runs"])
    for rung in ("lead_3_minutes", "lead_5_minutes", "lead_7_minutes"):
        assert runs[rung] == RobotRun.State.DONE
    title, role = story["ladder"]["head"][0]
    assert title.startswith("Клиент без ответа семь минут")
    assert role == "head_of_sales"
    assert story["loss"]["state"] == LossVerdict.State.WAITING
    [element] = story["order"]["elements"]
    assert element[1:] == ("production", "accepted", "kitchen", "workshop")


def hire():
    """Take on people with the same e-mails and roles as in the demo."""
    for person in CAST:
        accounts.create_user(
            person.email,
            role=Role.objects.get(code=person.role),
            department=Department.objects.get(code=person.department),
            name=person.name,
            language=person.language,
            password="a-long-password",
            by=BY,
        )


def live():
    """Live the story; return what came of it, without ids and without names of who was free."""
    lead, card = enquire()
    return {
        "lead": lead,
        "first": tasks_of(card),
        "ladder": ladder(card),
        "loss": loss(),
        "order": order(),
    }


def enquire():
    form = Form.objects.get(channel__name="Заявка на кухню")
    answers = {"phone": "+7 916 555-00-11", "name": "Вера", "urgency": "month", "budget": "enough"}
    answers |= {"need": "ours", "authority": "decides", "message": "Кухня 12 метров"}
    answers |= {"_consent": "1", "_form": "1", "_id": "once"}
    answers["_t"] = opened_mark(timezone.now() - timedelta(minutes=1))
    event = RawEvent("once", json.dumps(answers).encode(), "application/json")
    enquiry = receive(form.channel, event)
    assert enquiry.state == Enquiry.State.CARDED, enquiry.error
    drain()
    card = Item.objects.get(pk=enquiry.item_id)
    clock = ResponseClock.objects.get(item=card)
    return {
        "title": card.title,
        "stage": (card.pipeline.code, card.stage.code),
        "grade": card.grade,
        "values": card.values,
        "source": card.source.code,
        "owner": card.owner.email,
        "clock": (clock.norm_seconds, clock.outcome),
        "stalls": card.stalls_at is not None,
    }, card.pk


def tasks_of(card):
    found = AutoTask.objects.filter(item_id=card).select_related("activity").order_by("pk")
    return [(t.activity.title, t.activity.text, t.activity.owner.email) for t in found]


def ladder(card):
    drain(now=timezone.now() + timedelta(days=6))
    runs = RobotRun.objects.filter(item_id=card).values_list("robot__code", "state")
    asked = AutoTask.objects.filter(item_id=card).exclude(purpose=AutoTask.Purpose.STAGE)
    heads = asked.values_list("activity__title", "activity__owner__role__code").order_by("pk")
    free = [(title.partition(" Ответственный:")[0], role) for title, role in heads]
    return {"runs": sorted(runs), "head": free}


def loss():
    funnel = Pipeline.objects.get(code="retail_office")
    seller = User.objects.get(email="manager@svetlydom.example")
    by = Actor.user(seller)
    card = create_item(funnel, title="Шкаф", by=by)
    reason = LossReason.objects.get(pipeline=funnel, code="price")
    lose_item(card.pk, by=by, reason=reason, comment="У соседей дешевле")
    drain()
    verdict = LossVerdict.objects.get(item=card)
    return {"state": verdict.state, "asked": Item.objects.get(pk=card.pk).stage.code}


def order():
    funnel = Pipeline.objects.get(code="retail_office")
    seller = User.objects.get(email="manager@svetlydom.example")
    by = Actor.user(seller)
    card = create_item(funnel, title="Кухня Веры", by=by)
    product = Product.objects.filter(group="Кухни", archived=False).order_by("code").first()
    set_lines(card.pk, [Line(str(product.name), product.price, 1, 0, product.pk)], by=by)
    drain()
    prepaid = Stage.objects.get(pipeline=funnel, code="prepaid")
    wanted = prepaid.pipeline.stages.filter(position__lte=prepaid.position)
    asked = {code for stage in wanted for code in stage.required}
    fields = Field.objects.filter(item_type=funnel.item_type, code__in=asked)
    criteria = [c["code"] for c in card.stage.exit_criteria]
    move_item(
        card.pk,
        to=prepaid,
        by=by,
        changes={field.code: filled(field) for field in fields},
        confirmed=tuple(criteria),
    )
    drain()
    links = ItemLink.objects.filter(parent=card).select_related("child__pipeline", "child__stage")
    return {
        "elements": [
            (
                link.child.title,
                link.child.pipeline.code,
                link.child.stage.code,
                link.child.values.get("article_kind"),
                link.child.owner.role.code,
            )
            for link in links
        ],
        "task": [title for title, _text, _owner in tasks_of(card.pk)],
    }


def filled(field):
    day = timezone.now() + timedelta(days=40)
    return {
        "list": field.options[0]["code"] if field.options else "",
        "multi_list": [field.options[0]["code"]] if field.options else [],
        "money": "100000",
        "number": 1,
        "date": day.date().isoformat(),
        "datetime": day.isoformat(),
        "url": "https://example.com",
    }.get(field.kind, "есть")
