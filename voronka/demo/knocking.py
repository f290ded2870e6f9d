"""Who is at the door of the demo company when it opens: enquiries of this minute, by real doors.

A newcomer sees clocks that run, and what happens when nobody answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from voronka.channels.commands import receive
from voronka.channels.contract import RawEvent
from voronka.channels.models import Channel
from voronka.channels.providers.chat.provider import VISITOR
from voronka.channels.providers.chat.visitors import new_visitor
from voronka.demo.queries import demo_form
from voronka.demo.talks import SITE

_AD = {"utm_source": "yandex", "utm_medium": "cpc", "utm_campaign": "kuhni-kazan"}
_FILLED_IN: tuple[tuple[timedelta, dict[str, Any]], ...] = (
    (
        timedelta(seconds=20),
        {
            "name": "Лилия Ахметова",
            "phone": "+7 917 000-14-03",
            "budget": "enough",
            "urgency": "month",
            "need": "ours",
            "authority": "decides",
            "message": "Ключи получили, размеры есть: 3,4 на 2,1. Когда можно подъехать на замер?",
            **_AD,
        },
    ),
    (
        timedelta(minutes=2, seconds=10),
        {
            "name": "Олег",
            "phone": "+7 939 000-27-58",
            "urgency": "later",
            "message": "Сколько стоит прямая кухня 2,8 метра, без техники?",
        },
    ),
)
_ASKED = "Здравствуйте! Фасады «Нео» бывают матовые? Смотрю на сайте, а цвета не открываются."


def knock() -> None:
    """Let enquiries come in by the form of the site and by its chat, as clients would send them.

    Outside of transactions: each is committed to the ledger before anything else happens.
    """
    now = timezone.now()
    form = demo_form()
    if form is not None:
        for number, (ago, said) in enumerate(_FILLED_IN, start=1):
            _send(form.channel, f"first-day-{number}", {**said, "page": SITE}, at=now - ago)
    chat = Channel.objects.filter(provider="chat").order_by("pk").first()
    if chat is not None:
        visitor = new_visitor(chat.pk).name
        said = {"text": _ASKED, "page": SITE}
        at = now - timedelta(seconds=50)
        _send(chat, f"{visitor}:first-day", said, at=at, headers={VISITOR: visitor})


def _send(
    channel: Channel,
    external_id: str,
    said: Mapping[str, Any],
    *,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> None:
    body = json.dumps(said, ensure_ascii=False).encode()
    receive(channel, RawEvent(external_id, body, "application/json", headers or {}, at=at))
