"""Among whom the demo's enquiries are shared out, and who is no customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from voronka.channels.commands.loading import load_enquiries
from voronka.channels.models import Channel, Enquiry
from voronka.clients.commands.excluding import count_stopped, exclude
from voronka.demo.cast import FACADES, OFFICE, SHOPS, WHOLESALE
from voronka.demo.post.places import COMPANY
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.pipelines.models import Pipeline
from voronka.routing.commands import give_item
from voronka.routing.commands.setup import (
    DistributionSpec,
    MemberSpec,
    RuleSpec,
    save_distribution,
    save_rule,
)
from voronka.routing.models import Distribution, RoutingRule

BEST = ("manager", "katya", "natalia")  # who gets the hottest
UNPLACED = 2  # cards for which nobody fitted
# kind and value of an identity, reason, comment, and letters that were stopped: from, subject, text
_Letter = tuple[str, str, str]
_STRANGERS: tuple[tuple[str, str, str, str, tuple[_Letter, ...]], ...] = (
    (
        "domain",
        "top-prodvizhenie.example",
        "spam",
        "Рассылка о продвижении сайтов, по два письма в неделю",
        (
            (
                "Отдел развития <sale@top-prodvizhenie.example>",
                "Ваш сайт теряет клиентов!!!",
                "Выведем сайт в топ за 14 дней. Ответьте на письмо, и мы пришлём аудит.",
            ),
            (
                "Отдел развития <info@top-prodvizhenie.example>",
                "Повторно: аудит готов",
                "Мы уже посчитали, сколько заявок вы недополучили. Когда удобно созвониться?",
            ),
        ),
    ),
    (
        "email",
        "kirill.sborshik@mail.example",
        "applicant",
        "Сборщик мебели, резюме передали Николаю в цех",
        (
            (
                "Кирилл <kirill.sborshik@mail.example>",
                "Сборщик мебели, опыт 6 лет",
                "Здравствуйте! Есть ли ещё место сборщика? Отправлял резюме на той неделе.",
            ),
        ),
    ),
    ("phone", "+79030009917", "supplier", "Поставщик плит: все вопросы через закупку", ()),
)
_TURN, _LOAD = Distribution.Strategy.BY_TURN, Distribution.Strategy.LEAST_LOADED
_CONVERSION = RoutingRule.When.CONVERSION


def make_routing(users: Mapping[str, int], *, form_code: str, now: datetime, by: Actor) -> None:
    """Set up groups and the routing table, and leave a few cards that nobody could take.

    What comes by the sample site's form goes to the manager whom its thanks name.

    Args:
        users: login -> user id.
        form_code: of the channel of that form.
    """

    def group(code: str, name: str, logins: Sequence[str], duty: str, how: str, **more: Any) -> int:
        members = [MemberSpec(users[login], **more) for login in logins]
        spec = DistributionSpec(name, users[duty], members, strategy=how, code=code)
        return save_distribution(spec, by=by).pk

    best = group("best", "Сильные продавцы", BEST, "rop", _LOAD)
    office = group("office", "Менеджеры розницы", OFFICE, "rop", _TURN)
    shops = group("shops", "Салоны", SHOPS, "rop", _TURN)
    trade = group("trade", "Опт", WHOLESALE, "rop.opt", _LOAD)
    facades = group("facades", "Фасады", FACADES, "rop.opt", _LOAD, grades=("A", "B"))
    funnels = dict(Pipeline.objects.values_list("code", "pk"))

    def row(name: str, condition: Mapping[str, Any], **where: Any) -> None:
        save_rule(RuleSpec(name, condition, **where), by=by)

    wants = "field.interest"
    office_wants = ["kitchen", "wardrobe", "hallway", "nursery"]
    row("Заявки с сайта — Анне", _is("channel", form_code), owner_id=users["manager"])
    row("Фасады — фасадной группе", _is(wants, "facades"), distribution_id=facades)
    row("Опт — оптовикам", _is(wants, "bulk_furniture"), distribution_id=trade)
    row("Класс A — сильным продавцам", _is("grade", "A"), distribution_id=best)
    row("Кухни — в офис дизайна", _is(wants, "kitchen"), distribution_id=office)
    retail = {"fact": wants, "op": "any_of", "values": office_wants[1:]}
    row("Шкафы, прихожие, детские — в салоны", retail, distribution_id=shops)
    for name, one, funnel in (
        ("Опт — в новые оптовые", "bulk_furniture", "wholesale_new"),
        ("Фасады — в новые по фасадам", "facades", "facades_new"),
        ("Кухни — в офис", "kitchen", "retail_office"),
    ):
        row(name, _is(wants, one), when=_CONVERSION, pipeline_id=funnels[funnel])
    _leave_unplaced(facades, now=now, by=by)


def _is(fact: str, value: str) -> dict[str, Any]:
    return {"fact": fact, "op": "is", "value": value}


def _leave_unplaced(group_id: int, *, now: datetime, by: Actor) -> None:
    """Give out the last weak enquiries about façades: nobody there takes class C."""
    weak = Item.objects.open().filter(pipeline__code="leads", values__interest="facades", grade="C")
    for card in weak.order_by("-created_at", "-pk")[:UNPLACED]:
        give_item(card.pk, group_id, by=by, at=now)


def make_exclusions(*, now: datetime, by: Actor) -> None:
    """Shut out who is no customer, with what has been stopped of theirs since."""
    mailbox = Channel.objects.filter(provider="mail", archived_at=None).first()
    for kind, value, reason, comment, letters in _STRANGERS:
        row = exclude([(kind, value)], reason=reason, comment=comment, by=by)[0]
        if mailbox is None or not letters:
            continue
        stopped = []
        for number, (address, subject, text) in enumerate(letters):
            at = now - timedelta(hours=5 + 26 * number)
            raw = f"From: {address}\nTo: {COMPANY}\nSubject: {subject}\n\n{text}\n"
            stopped.append(
                Enquiry(
                    channel=mailbox,
                    external_id=f"demo-stopped-{row.pk}-{number}",
                    raw=raw.encode(),
                    content_type="message/rfc822",
                    state=Enquiry.State.EXCLUDED,
                    kind="message",
                    attempts=1,
                    decision={"what": "stopped", "why": reason},
                    exclusion=row,
                    happened_at=at,
                    received_at=at,
                )
            )
            count_stopped(row.pk, at=at)
        load_enquiries(stopped)
