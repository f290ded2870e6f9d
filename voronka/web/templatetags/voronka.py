"""`{% load voronka %}`: icons, money, dates in words, avatars, page links, empty states."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.core.paginator import Page
from django.forms import BoundField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from voronka.kernel import phones
from voronka.people.models import User
from voronka.web import words

register = template.Library()
Number = Decimal | float | int


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite: {% icon "phone" %}, {% icon "phone" "icon-20" %}.

    Args:
        label: says what it means when no word stands beside it; else it is decoration.
    """
    return _icon(str(name), css, str(label))


@lru_cache(maxsize=4096)
def _icon(name: str, css: str, label: str) -> SafeString:
    """A page draws dozens of the same; names come from the set-up too, so there is a limit."""
    shape = format_html('<use href="{}#{}"></use>', static("vendor/icons.svg"), name)
    if label:
        return format_html(
            '<svg class="icon {}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
            css, label, label, shape,
        )  # fmt: skip
    return format_html('<svg class="icon {}" aria-hidden="true">{}</svg>', css, shape)


@register.filter
def counter_place(name: str) -> SafeString:
    """Keep a place free for a counter of the rail; see frame.counters."""
    return format_html("<!--{}-->", name)


@register.simple_tag
def fixed(template_name: str) -> SafeString:
    """Draw a fragment that is the same on every page: {% fixed "frame/_styles.html" %}.

    It gets no context; a process draws it once in each language.
    """
    draw = _fixed.__wrapped__ if settings.DEBUG else _fixed
    return draw(template_name, get_language())


@lru_cache(maxsize=64)
def _fixed(template_name: str, _language: str | None) -> SafeString:
    return render_to_string(template_name)


@register.filter
def money(value: Number | None, currency: str = "") -> SafeString:
    """Write an amount in the company's (or the named) currency, never broken over lines."""
    return format_html('<span class="money">{}</span>', words.money(value, currency=currency))


@register.filter
def short_money(value: Number | None, currency: str = "") -> SafeString:
    """Write an amount for a tight place, the exact one on hover."""
    return format_html(
        '<span class="money" title="{}">{}</span>',
        words.money(value, currency=currency),
        words.short_money(value, currency=currency),
    )


@register.filter
def bare_money(value: Number | None) -> str:
    """Write an amount without the sign, for columns that name the currency once."""
    return words.money(value, bare=True)


@register.simple_tag
def currency_sign(currency: str = "") -> str:
    """Return the sign of a currency, by default the company's."""
    return words.sign(currency)


@register.filter
def number(value: Number | None, places: int = 0) -> str:
    """Write a number with thin spaces between thousands."""
    return "—" if value is None else words.number(value, places=places)


@register.filter
def price(value: Decimal | None) -> str:
    """Write what one of many costs on the average: from a hundred on, without kopecks."""
    small = value is not None and value < 100
    return words.money(value, bare=True) if small else number(value)


@register.filter
def share(value: float | None, places: int = 0) -> str:
    """Write a share 0..1 as a percentage."""
    return words.share(value, places=places)


@register.filter
def when(moment: datetime | date | None) -> SafeString:
    """Write a moment in words near today, in full on hover."""
    if moment is None:
        return format_html("{}", "—")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(), words.full(moment), words.when(moment),
    )  # fmt: skip


@register.filter
def duration(span: timedelta | None) -> str:
    """Write a span of calendar time: "1 d 4 h"."""
    return words.duration(span)


@register.filter
def working(span: timedelta | None, hours: float = 8) -> str:
    """Write a span of working time; a day has `hours` hours."""
    return words.duration(span, day=timedelta(hours=hours))


@register.filter
def days(count: int) -> str:
    """Write a number of days with the right plural."""
    return words.days(count)


@register.filter
def phone(e164: str) -> str:
    """Write a phone number for people."""
    return phones.pretty(e164)


@register.filter
def initials(name: object) -> str:
    """Return up to two letters of a name."""
    return words.initials(str(name))


@register.simple_tag
def avatar(who: object, css: str = "") -> SafeString:
    """Draw the letters of a person or a client in their steady colour; the name on hover."""
    if who is None:
        return format_html(
            '<span class="avatar avatar-none {}" title="{}">?</span>', css, words.nobody()
        )
    name = str(who)
    letters = who.initials if isinstance(who, User) else words.initials(name)
    hue = getattr(who, "hue", None)
    if hue is None:
        hue = (getattr(who, "pk", None) or sum(map(ord, name))) * 137 % 360
    return format_html(
        '<span class="avatar {}" style="--hue:{}" title="{}" aria-hidden="true">{}</span>',
        css, hue, name, letters,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def url_with(context: dict[str, Any], **changes: object) -> str:
    """Return the page's query string with some parameters changed; None removes one.

    <a href="{% url_with page=2 %}">. Going elsewhere than a page drops `page` and `after`.
    """
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    if not {"page", "after"} & set(changes):
        query.pop("page", None)
        query.pop("after", None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else request.path


@register.inclusion_tag("frame/_page_links.html", takes_context=True)
def page_links(
    context: dict[str, Any], page: Page[Any] | None = None, *, after: str = "", target: str = ""
) -> dict[str, Any]:
    """Draw the links to other pages: of a Django page, or "further" by a cursor.

    Args:
        after: the cursor of the next page; empty when this is the last.
        target: a selector that htmx fills, when the page need not be loaded whole.
    """
    return {"request": context["request"], "page": page, "after": after, "target": target}


@register.inclusion_tag("frame/_empty.html")
def empty(
    icon: str, title: str, text: str = "", *, action: str = "", url: str = "", attrs: str = ""
) -> dict[str, Any]:
    """Draw an empty state: what would be here, and the one button that begins it.

    Args:
        action: the verb on the button, e.g. "Add a client"; `url` is where it leads.
        attrs: "data-slider" or "data-dialog", how it opens.
    """
    return {
        "icon": icon, "title": title, "text": text, "action": action, "url": url, "attrs": attrs,
    }  # fmt: skip


@register.inclusion_tag("forms/_error.html")
def field_error(field: BoundField | None) -> dict[str, Any]:
    """Draw the errors of a form field under it."""
    return {"errors": field.errors if field is not None else [], "field": field}


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether the field is a single check box, whose label stands after it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag
def control(field: BoundField, css: str = "", **attrs: str) -> SafeString:
    """Draw the input of a form field in our clothes: {% control form.name "form-control-sm" %}."""
    widget = field.field.widget
    bare = (forms.CheckboxInput, forms.CheckboxSelectMultiple, forms.RadioSelect, forms.HiddenInput)
    if not isinstance(widget, bare):
        base = "form-select" if isinstance(widget, forms.Select) else "form-control"
        own = str(widget.attrs.get("class", ""))
        attrs["class"] = " ".join(part for part in (base, own, css) if part)
    return field.as_widget(attrs={name.replace("_", "-"): value for name, value in attrs.items()})
