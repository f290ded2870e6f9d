"""The demo's form for kitchens, as its sample site shows it."""

from __future__ import annotations

from typing import Any

from voronka.channels.commands import ChannelSpec
from voronka.channels.providers.forms.commands import FormSpec, create_form
from voronka.channels.providers.forms.models import Form
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Pipeline, Source


def _choices(*rows: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [{"value": value, "label": {"ru": ru, "en": en}} for value, ru, en in rows]


BUDGET = _choices(
    ("enough", "Больше 350 тысяч ₽", "Over ₽350,000"),
    ("tight", "200–350 тысяч ₽", "₽200,000–350,000"),
    ("unknown", "Пока не считали", "Not counted yet"),
)
URGENCY = _choices(
    ("month", "В течение месяца", "Within a month"),
    ("quarter", "Через 1–3 месяца", "In 1–3 months"),
    ("later", "Позже", "Later"),
)
NEED = _choices(
    ("ours", "Есть проект или точные размеры", "I have a project or exact sizes"),
    ("close", "Знаю, что хочу, нужна помощь с проектом", "I know what I want, help me plan it"),
    ("vague", "Пока выбираю", "I am still looking around"),
)
AUTHORITY = _choices(
    ("decides", "Решаю сам(а)", "I do"),
    ("together", "Решаем вместе с семьёй", "My family and I"),
)
FIELDS: list[dict[str, Any]] = [
    {"name": "name", "target": "name", "label": {"ru": "Как к вам обращаться", "en": "Your name"}},
    {"name": "phone", "kind": "phone", "target": "phone", "required": True,
     "label": {"ru": "Телефон", "en": "Phone"},
     "hint": {"ru": "Перезвоним в рабочее время в течение 15 минут",
              "en": "We call back within 15 minutes of working time"}},
    {"name": "interest", "kind": "hidden", "target": "item:interest", "default": "kitchen",
     "label": {"ru": "Что нужно", "en": "What is wanted"}},
    {"name": "urgency", "kind": "radio", "target": "item:urgency", "choices": URGENCY,
     "label": {"ru": "Когда кухня должна стоять", "en": "When should the kitchen be in place"}},
    {"name": "budget", "kind": "radio", "target": "item:budget", "choices": BUDGET,
     "label": {"ru": "На какую сумму рассчитываете", "en": "What sum do you have in mind"}},
    {"name": "need", "kind": "select", "target": "item:need", "choices": NEED,
     "label": {"ru": "Что уже готово", "en": "What is ready"}},
    {"name": "authority", "kind": "select", "target": "item:authority", "choices": AUTHORITY,
     "label": {"ru": "Кто выбирает кухню", "en": "Who chooses the kitchen"}},
    {"name": "message", "kind": "textarea", "target": "text",
     "label": {"ru": "Расскажите о кухне", "en": "Tell us about the kitchen"}},
    {"name": "plan", "kind": "file",
     "label": {"ru": "План или фото, если есть", "en": "A plan or a photo, if any"}},
]  # fmt: skip


def make_site_form(*, owner_id: int, by: Actor) -> Form:
    """Make the form; its enquiries become leads of the manager whom the log-in page names."""
    pipeline = Pipeline.objects.get(code="leads")
    source = Source.objects.filter(code="site").values_list("pk", flat=True).first()
    channel = ChannelSpec("Заявка на кухню", {}, pipeline.pk, source, owner_id)
    return create_form(
        FormSpec(
            channel,
            FIELDS,
            title=LocalText("Заявка на кухню", "Kitchen request"),
            intro=LocalText(
                "Ответьте на несколько вопросов: менеджер позвонит уже с вариантами и ценами.",
                "Answer a few questions: the manager will call with options and prices ready.",
            ),
            button=LocalText("Получить расчёт", "Get a price"),
            thanks=LocalText(
                "Спасибо! Анна позвонит вам с расчётом в ближайшее время.",
                "Thank you. Anna will call you with a price shortly.",
            ),
            consent=LocalText(
                "Согласен(на) на обработку персональных данных, чтобы мне ответили на заявку",
                "I agree that my data are used to answer my request",
            ),
            consent_needed=True,
        ),
        by=by,
    )
