"""What clients of the demo wrote by the form of the site, and what they were answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from voronka.channels.commands.loading import link_messages, load_enquiries
from voronka.channels.models import Enquiry
from voronka.channels.providers.forms.models import Form
from voronka.demo.calendar import Days
from voronka.demo.drafts import ClientDraft, Draft
from voronka.timeline.commands.loading import load_conversations
from voronka.timeline.models import Conversation, Message

MOST = 24
SITE = "https://svetlydom.example/kuhni/"
_SEED = 2611
WISHES = (
    "Кухня 3 метра с островом, потолки 2,7. Хочется светлую, без ручек.",
    "Угловая кухня в новостройку, дом сдают в следующем месяце. Есть план от застройщика.",
    "Нужна кухня до потолка, чтобы посудомойка и духовой шкаф встали в колонну.",
    "Меняем старую кухню, 2,4 на 1,6. Сколько примерно выйдет с каменной столешницей?",
    "Понравилась «Нео» в салоне на Чистопольской. Можно такую же, но в зелёном?",
    "Делаем ремонт в хрущёвке, кухня 5,6 метра. Как уместить холодильник?",
    "Прямая кухня 2,8 м в студию для сдачи. Важно недорого и быстро.",
    "Кухня-гостиная 24 метра, хотим барную стойку и много хранения.",
    "Нужен замер на выходных, в будни работаем до семи.",
    "Сравниваю цены. Кухня 3,2 м, фасады эмаль, фурнитура с доводчиками.",
    "Подскажите, входит ли доставка и сборка? Живём в Зеленодольске.",
    "Нашли вас по отзывам соседей. Хотим как у них, только шире на метр.",
)
ANSWERS = (
    "Здравствуйте, {name}! Спасибо за заявку. По вашим размерам выходит от {low} до {high} тысяч "
    "рублей с доставкой и сборкой. Удобно, если замерщик приедет завтра с 11 до 13?",
    "Добрый день, {name}! Я Анна из «Светлого дома». Подобрала три похожие кухни, отправляю "
    "эскизы с ценами. Какой вариант ближе?",
    "{name}, здравствуйте! Такую кухню делаем за 30 дней. Для точной цены нужен замер, он "
    "бесплатный. Есть время в четверг в 18:30 или в субботу в 12:00. Что выбираете?",
    "Здравствуйте, {name}! Да, доставка и подъём входят, сборка 14 500 ₽. Пришлите, пожалуйста, "
    "план или фото стены, и я посчитаю сегодня.",
)
REPLIES = (
    "Спасибо! Давайте в субботу в 12. Адрес: Адоратского, 27, подъезд 3.",
    "Второй вариант нравится. А если столешницу из камня, намного дороже?",
    "Прикрепляю план. Холодильник справа, раковина у окна.",
    "Надо посоветоваться с мужем, отвечу вечером.",
    "Дороговато. Можно уложиться в 250 тысяч?",
    "Хорошо, ждём замерщика. Позвоните за час.",
)
CLOSINGS = (
    "Записала вас. Замерщик Рустам позвонит за час, образцы фасадов возьмёт с собой.",
    "Посчитала: с камнем плюс 38 тысяч. Отправила оба расчёта, в них видно разницу по строкам.",
    "План получила, спасибо. Проект покажу в пятницу: в салоне или пришлю ссылкой?",
    "Можно: заменим эмаль на плёнку, внешне почти не отличить. Новый расчёт во вложении.",
)


@dataclass(slots=True)
class Talks:
    """Conversations of leads that came by the form; written after all cards are."""

    days: Days
    users: Mapping[str, int]  # login -> user id
    client_ids: Sequence[int]
    clients: Sequence[ClientDraft]
    form: Form
    dice: Random = field(default_factory=lambda: Random(_SEED))  # noqa: S311 - a story

    def load(self, leads: Sequence[Draft], deals: Sequence[Draft]) -> int:
        """Write ledger, conversations and messages; returns how many conversations."""
        came = [d for d in leads if d.source == "site" and d.product == "kitchen" and not d.company]
        came.sort(key=lambda draft: draft.created_at, reverse=True)
        chosen = came[:MOST]
        became = {deal.parent: deal for deal in deals if deal.link == "converted"}
        texts = [WISHES[n % len(WISHES)] for n in range(len(chosen))]
        enquiries = [self._enquiry(d, t) for d, t in zip(chosen, texts, strict=True)]
        load_enquiries(enquiries[::-1])  # in the order in which they came
        talks = []
        for number, (draft, text, row) in enumerate(zip(chosen, texts, enquiries, strict=True)):
            messages = list(self._messages(draft, text, row, number))
            talks.append((self._conversation(draft, became.get(draft), number), messages))
        load_conversations(talks)
        link_messages(messages[0] for _conversation, messages in talks)
        return len(talks)

    def _enquiry(self, draft: Draft, text: str) -> Enquiry:
        at, answered = draft.created_at, draft.first_response_at
        client = self._client(draft)
        asked = ("urgency", "budget", "need", "authority")
        posted = {"name": client.first, "phone": client.phone, "message": text, "page": SITE}
        posted |= {code: draft.values[code] for code in asked if code in draft.values}
        return Enquiry(
            channel_id=self.form.channel_id,
            external_id=f"demo-{draft.pk}",
            raw=json.dumps(posted | draft.utm, ensure_ascii=False).encode(),
            content_type="application/json",
            headers={"referer": SITE},
            state=Enquiry.State.ANSWERED if answered else Enquiry.State.CARDED,
            kind="message",
            attempts=1,
            decision={"what": "opened", "why": "first", "owner_why": "channel"},
            item_id=draft.pk,
            happened_at=at,
            received_at=at,
            carded_at=at + timedelta(seconds=1),
            answered_at=answered,
        )

    def _conversation(self, draft: Draft, deal: Draft | None, number: int) -> Conversation:
        nobody = draft.first_response_at is None and number % 4 == 1
        nobody = nobody or (draft.is_open and number in (5, 11))
        person = (deal or draft).person
        talk = Conversation(
            client_id=self.client_ids[draft.contact or 0],
            item_id=(deal or draft).pk,
            owner_id=None if nobody else self.users[person.login],
        )
        if draft.way.ends_in == "lost":
            talk.closed_at = draft.way.visits[-1][1]
        return talk

    def _messages(self, draft: Draft, text: str, row: Enquiry, number: int) -> Iterator[Message]:
        dice, client, now = self.dice, self._client(draft), self.days.now
        consent = self.form.consents.all()[0]
        yield self._in(
            draft, text, draft.created_at, "forms", channel_id=self.form.channel_id,
            enquiry_id=row.pk, external_id=row.external_id,
            meta={"page": SITE, "utm": dict(draft.utm), "consent": {
                "version": consent.pk, "text": consent.text.ru}},
        )  # fmt: skip
        at = draft.first_response_at
        if at is None:
            return
        low = dice.randrange(19, 34) * 10
        words = dice.choice(ANSWERS).format(name=client.first, low=low, high=low + 60)
        yield self._out(draft, words, at)
        at += timedelta(minutes=dice.uniform(25, 420))
        if at > now or draft.way.ends_in == "lost" or dice.random() < 0.2:
            return
        yield self._in(draft, dice.choice(REPLIES), at, "mail")
        at += timedelta(minutes=dice.uniform(6, 90))
        if at > now or (draft.is_open and number % 3 == 0):
            return  # it is our turn
        yield self._out(draft, dice.choice(CLOSINGS), at)

    def _in(self, draft: Draft, text: str, at: datetime, provider: str, **extra: Any) -> Message:
        client = self._client(draft)
        kind, value = ("phone", client.phone) if provider == "forms" else ("email", client.email)
        return Message(
            direction=Message.Direction.IN,
            provider=provider,
            author_name=client.name,
            identity_kind=kind if value else "",
            identity_value=value,
            text=text,
            state=Message.State.RECEIVED,
            at=at,
            recorded_at=at,
            read_at=None,
            **extra,
        )

    def _out(self, draft: Draft, text: str, at: datetime) -> Message:
        return Message(
            direction=Message.Direction.OUT,
            provider="mail",
            author_id=self.users[draft.person.login],
            text=text,
            state=Message.State.SENT,
            at=at,
            recorded_at=at,
            sent_at=at,
        )

    def _client(self, draft: Draft) -> ClientDraft:
        return self.clients[draft.contact or 0]
