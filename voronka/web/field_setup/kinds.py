"""The kinds of fields for the page: icon, what it is for, which limits it knows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from voronka.pipelines.models import Field
from voronka.pipelines.rules import DATES, LISTS, NUMBERS, TEXTS

ICONS: dict[str, str] = {
    Field.Kind.TEXT: "cursor-text",
    Field.Kind.LONG_TEXT: "note",
    Field.Kind.NUMBER: "hash",
    Field.Kind.MONEY: "coin",
    Field.Kind.DATE: "calendar",
    Field.Kind.DATETIME: "calendar-time",
    Field.Kind.BOOLEAN: "toggle-left",
    Field.Kind.LIST: "select",
    Field.Kind.MULTI_LIST: "checklist",
    Field.Kind.USER: "user",
    Field.Kind.CLIENT: "address-book",
    Field.Kind.ITEM: "link",
    Field.Kind.PHONE: "phone",
    Field.Kind.EMAIL: "mail",
    Field.Kind.URL: "world",
    Field.Kind.ADDRESS: "map-pin",
    Field.Kind.FILE: "paperclip",
}
USES: dict[str, Promise] = {
    Field.Kind.TEXT: _("A line: article number, floor, colour"),
    Field.Kind.LONG_TEXT: _("Several lines: a wish, a description"),
    Field.Kind.NUMBER: _("Area, quantity, number of rooms"),
    Field.Kind.MONEY: _("A sum in the company's currency"),
    Field.Kind.DATE: _("A day: of measuring, of delivery"),
    Field.Kind.DATETIME: _("A day with an hour: an appointment"),
    Field.Kind.BOOLEAN: _("Yes, no, or not found out yet"),
    Field.Kind.LIST: _("One of several answers; answers may carry points"),
    Field.Kind.MULTI_LIST: _("Any of several answers"),
    Field.Kind.USER: _("Somebody who works here"),
    Field.Kind.CLIENT: _("A person or a company of the base"),
    Field.Kind.ITEM: _("Another card: a deal, a claim"),
    Field.Kind.PHONE: _("A number that can be called"),
    Field.Kind.EMAIL: _("An address that can be written to"),
    Field.Kind.URL: _("A link"),
    Field.Kind.ADDRESS: _("Where to come or to deliver"),
    Field.Kind.FILE: _("A photo, a plan, a signed sheet"),
}
LIMITS = {
    "bounds": (*NUMBERS, *DATES),
    "pattern": TEXTS,
    "options": LISTS,
}
PATTERNS: tuple[tuple[str, Promise], ...] = (  # ready ones; anything else is written by hand
    (r"\d{10}|\d{12}", _("Taxpayer number (10 or 12 digits)")),
    (r"\d{6}", _("Postcode (6 digits)")),
    (r"\d+", _("Digits only")),
    (r"[A-Za-z0-9-]+", _("Latin letters, digits and dashes")),
)
