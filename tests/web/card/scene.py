"""A furniture maker's card with everything on it, for page and browser tests."""

from datetime import timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.utils import timezone

from tests.factories import make_item, make_item_type, make_pipeline, make_reason, stage
from tests.people.factories import make_user
from voronka.clients.commands import create_client
from voronka.items.commands import attach_file, link_items, move_item, set_lines
from voronka.items.commands.lines import Line
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field, Pipeline, Section
from voronka.timeline.commands.activities import Plan, finish_activity, plan_activity
from voronka.timeline.commands.notes import write_note

STAGES = [
    ("Не обработана", "Not processed", "grey"),
    ("Потребность выявлена", "Need found out", "blue"),
    ("Замер сделан", "Measured", "violet"),
    ("КП отправлено", "Offer sent", "teal"),
    ("Договор подписан", "Contract signed", "amber"),
]


def t(ru: str, en: str) -> LocalText:
    return LocalText(ru, en)


def make_kitchens() -> Pipeline:
    """A funnel of deals with passports, fields, a grade and loss reasons."""
    kind = make_item_type("deal", prefix="Д")
    kind.name, kind.plural = t("Сделка", "Deal"), t("Сделки", "Deals")
    kind.grade_rule = {"fields": ["budget", "urgency", "need"], "a": 7, "b": 4}
    kind.save()
    pipeline = make_pipeline(kind, stages=len(STAGES))
    pipeline.name = t("Розница: офис", "Retail: office")
    pipeline.save()
    for n, (ru, en, color) in enumerate(STAGES, start=1):
        pipeline.stages.filter(code=f"s{n}").update(name=t(ru, en), color=color)
    measured = stage(pipeline, "s3")
    measured.key = True
    measured.goal = t("Клиент увидел цену и сказал, что поменять", "The client has seen the price")
    measured.steps = [
        t("Показать проект на экране", "Show the project").as_dict(),
        t("Назвать цену и замолчать", "Name the price and wait").as_dict(),
        t("Договориться о дате договора", "Agree on the day of the contract").as_dict(),
    ]
    measured.objections = [
        {
            "objection": t("Дорого", "Too dear").as_dict(),
            "answer": t(
                "С чем сравниваете? Покажу, из чего цена.", "Compared with what?"
            ).as_dict(),
        },
        {
            "objection": t("Подумаю", "I will think").as_dict(),
            "answer": t("Что именно смущает: цена, срок, материал?", "What exactly?").as_dict(),
        },
    ]
    measured.exit_criteria = [
        {
            "code": "seen",
            "text": t("Клиент видел проект", "The client saw the project").as_dict(),
            "check": "manual",
        },
        {
            "code": "call",
            "text": t("Созвон состоялся", "A call was held").as_dict(),
            "check": "call",
            "required": False,
        },
    ]
    measured.deadline_minutes = 3 * 24 * 60
    measured.deadline_working = False
    measured.save()
    pipeline.stages.filter(code="s4").update(required=["amount", "deadline", "source"])
    _fields(kind)
    for ru, en, extra in [
        ("Дорого", "Too dear", {}),
        ("Купил у конкурента", "Bought elsewhere", {"needs_comment": True}),
        ("Спам", "Spam", {"target": False}),
    ]:
        make_reason(pipeline, **extra).__class__.objects.filter(
            pk=pipeline.loss_reasons.last().pk
        ).update(name=t(ru, en))
    return pipeline


def _fields(kind) -> None:
    data = Section.objects.create(item_type=kind, code="data", name=t("Заказ", "Order"), position=1)
    bant = Section.objects.create(
        item_type=kind, code="bant", name=t("Квалификация", "Qualification"), position=2
    )
    pay = Section.objects.create(
        item_type=kind, code="pay", name=t("Оплата", "Payment"), position=3
    )

    def field(section, code, ru, en, kind_of, **extra):
        Field.objects.create(
            item_type=kind, section=section, code=code, name=t(ru, en), kind=kind_of, **extra
        )

    def options(*rows):
        return [{"code": c, "name": t(ru, en).as_dict(), "points": p} for c, ru, en, p in rows]

    field(data, "room", "Помещение", "Room", "text", position=1)
    field(data, "address", "Адрес объекта", "Address", "address", position=2)
    field(data, "deadline", "Дата замера", "Day of measuring", "date", position=3)
    field(data, "wishes", "Пожелания", "Wishes", "long_text", position=4)
    field(
        bant, "budget", "Бюджет", "Budget", "list", position=1,
        options=options(("low", "до 200", "under 200", 1), ("high", "от 500", "from 500", 3)),
        help=t("На какую сумму рассчитываете?", "What sum do you have in mind?"),
    )  # fmt: skip
    field(
        bant, "urgency", "Срочность", "Urgency", "list", position=2,
        options=options(("now", "в этом месяце", "this month", 3), ("later", "позже", "later", 1)),
        help=t("Когда хотите пользоваться?", "When do you want to use it?"),
    )  # fmt: skip
    field(
        bant, "need", "Потребность", "Need", "list", position=3,
        options=options(("sure", "понимает", "knows", 3), ("looks", "смотрит", "looks", 1)),
        help=t("Что будет, если не сделать?", "What if you leave it?"),
    )  # fmt: skip
    field(pay, "prepaid", "Предоплата", "Prepaid", "money", position=1)
    field(pay, "vat", "С НДС", "With VAT", "boolean", position=2)


def make_scene(owner=None, *, title: str = "Кухня с островом, дубовый фасад"):
    """A card at its key stage with people, work, products, files and a linked card."""
    pipeline = make_kitchens()
    owner = owner or make_user("manager", name="Ольга Серова")
    boss = make_user("owner", name="Пётр Андреев")
    me = Actor.user(owner)
    client = create_client(
        "person",
        {"name": "Мария Иванова"},
        phones=["+7 916 123-45-67"],
        emails=["maria@example.com"],
        by=me,
    )
    now = timezone.now()
    item = make_item(
        pipeline,
        owner=owner,
        title=title,
        at=now - timedelta(days=6),
        by=me,
        contact=client.pk,
        budget="high",
        urgency="now",
        room="Кухня-гостиная 24 м²",
    )
    move_item(item.pk, to=stage(pipeline, "s2"), by=me, at=now - timedelta(days=5))
    move_item(item.pk, to=stage(pipeline, "s3"), by=me, at=now - timedelta(days=2))
    write_note(
        "Хочет дуб, не ясень. Решает муж; звонить в четверг после шести.",
        by=me,
        item_id=item.pk,
    )
    write_note(f"@[{owner.pk}] уточни срок по фурнитуре", by=Actor.user(boss), item_id=item.pk)
    call = plan_activity(Plan("call", "Уточнить размеры", now), by=me, item_id=item.pk)
    finish_activity(call.pk, outcome="done", result="Остров 240 × 90, вытяжка в потолке.", by=me)
    plan_activity(
        Plan("meeting", "Показать проект", now + timedelta(hours=3), minutes=60),
        by=me,
        item_id=item.pk,
    )
    set_lines(
        item.pk,
        [
            Line("Кухня «Осло», дуб", Decimal(420000)),
            Line("Монтаж", Decimal(25000), discount=Decimal(10)),
        ],
        by=me,
    )
    attach_file(ContentFile(b"%PDF-"), name="Проект кухни.pdf", by=me, item_id=item.pk)
    other = make_item(pipeline, owner=boss, title="Гардеробная", by=Actor.user(boss))
    link_items(item.pk, other.pk, by=Actor.user(boss))
    return Item.objects.get(pk=item.pk), owner, boss
