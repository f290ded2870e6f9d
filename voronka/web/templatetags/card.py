"""`{% load card %}`: what only the card's templates write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import escape, format_html, linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from voronka.clients.doubles import Pair
from voronka.clients.queries import Match
from voronka.items.commands.lines import Line
from voronka.items.models import LineItem
from voronka.kernel import masking, phones
from voronka.kernel.errors import DomainError
from voronka.timeline.rules import MENTION
from voronka.web import words

register = template.Library()


@register.filter
def note_text(text: str, names: Mapping[int, str] | None = None) -> SafeString:
    """Write a note: escaped, with lines, links and the names of mentioned people."""
    known = names or {}
    html = urlize(escape(text), nofollow=True, autoescape=False)

    def mention(found: Any) -> str:
        name = known.get(int(found[1]), _("a former employee"))
        return format_html('<span class="mention">@{}</span>', name)

    return mark_safe(linebreaks(MENTION.sub(mention, html), autoescape=False))  # noqa: S308 - escaped above


@register.filter
def told(value: Any, money: bool = False) -> str:
    """Write an old or new value of the feed."""
    if isinstance(value, Decimal) and money:
        return words.money(value) if value else ""
    if isinstance(value, datetime | date):
        return words.when(value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return words.number(value, places=0 if value == int(value) else 2)
    return str(value)


@register.filter
def day_title(moment: datetime) -> str:
    """Write the day of an entry: "today", "yesterday", "12 Mar"."""
    title = words.when(timezone.localtime(moment).date())
    return title[:1].upper() + title[1:]


@register.filter
def sentences(refusal: DomainError) -> str:
    """Write what was refused: the sentences of the fields, or the one for all."""
    found = dict.fromkeys(str(s) for s in refusal.fields.values())
    return " ".join(found) or str(refusal.detail)


@register.filter
def short_number(value: Decimal | float | None, mark: str = "") -> str:
    """Write a decimal without idle zeros; `mark` "." for scripts."""
    if value is None:
        return ""
    text = f"{Decimal(str(value)):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if mark else text.replace(".", "," if words.russian() else ".")


@register.filter
def line_total(line: LineItem) -> Decimal:
    """Return what the customer pays for a line."""
    return Line(line.name, line.price, line.quantity, line.discount).total


@register.filter
def match_reason(match: Match | Pair) -> str:
    """Say why two clients may be the same: "same phone +7 916 …"."""
    reasons = {
        "phone": _("same phone: %(text)s"),
        "email": _("same e-mail: %(text)s"),
        "inn": _("same taxpayer number: %(text)s"),
        "account": _("same account: %(text)s"),
        "name": _("alike name: %(text)s"),
        "name_at_company": _("alike name at the same company: %(text)s"),
    }
    text = phones.pretty(match.text) if match.reason == "phone" else match.text
    if match.reason in ("phone", "email", "account"):
        text = masking.shown(match.reason, text)
    else:
        text = masking.shown_text(text) if match.reason != "inn" else text
    return reasons.get(match.reason, "%(text)s") % {"text": text}
