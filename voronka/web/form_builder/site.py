"""How a form gets on a site: its addresses, ready to be copied, and a test enquiry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from voronka.channels.commands import try_channel
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.schema import USUAL_FIELDS, FormField, read_fields
from voronka.journal.actors import Actor
from voronka.people.requests import SignedInRequest
from voronka.web.addresses import address
from voronka.web.form_builder.views import form_or_404
from voronka.web.rights import needs_right

_NEAR = ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104 - names, nothing is bound
_SAMPLES = {"phone": "+79161234567", "email": "anna@example.com", "name": "Анна", "number": "60",
            "date": "2026-12-31"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Addresses:
    """Everything there is to copy."""

    page: str
    script: str
    frame: str
    plain: str  # an HTML form of one's own
    curl: str


def addresses(form: Form) -> Addresses:
    """Return a form's addresses and the code that uses them."""
    key = form.channel.key
    page = settings.PUBLIC_URL + reverse("intake:form", args=[key])
    script = settings.PUBLIC_URL + reverse("intake:embed", args=[key])
    frame = settings.PUBLIC_URL + reverse("intake:frame", args=[key])
    fields = read_fields(form.fields) or USUAL_FIELDS
    asked = [one for one in fields if one.kind not in ("hidden", "file")]
    title = escape(form.channel.name)
    style = "width:100%;height:640px;border:0"
    return Addresses(
        page,
        f'<script src="{script}" async></script>',
        f'<iframe src="{frame}" title="{title}" style="{style}" loading="lazy"></iframe>',
        _plain(page, asked),
        _curl(page, asked),
    )


def _plain(page: str, fields: list[FormField]) -> str:
    lines = [f'<form method="post" action="{page}">']
    for one in fields:
        name, label = one.name, escape(str(one.text))
        needed = " required" if one.required else ""
        if one.kind in ("select", "radio", "checkboxes"):
            many = " multiple" if one.kind == "checkboxes" else ""
            lines.append(f'  <label>{label} <select name="{name}"{many}{needed}>')
            lines += [
                f'    <option value="{escape(c.value)}">{escape(str(c.text))}</option>'
                for c in one.choices
            ]
            lines.append("  </select></label>")
        elif one.kind == "textarea":
            lines.append(f'  <label>{label} <textarea name="{name}"{needed}></textarea></label>')
        else:
            kinds = {"phone": "tel", "email": "email", "number": "number", "date": "date",
                     "checkbox": "checkbox"}  # fmt: skip
            kind = kinds.get(one.kind, "text")
            value = ' value="1"' if kind == "checkbox" else ""
            lines.append(
                f'  <label>{label} <input type="{kind}" name="{name}"{value}{needed}></label>'
            )
    lines += [f"  <button>{escape(_('Send'))}</button>", "</form>"]
    return "\n".join(lines)


def _curl(page: str, fields: list[FormField]) -> str:
    body = {one.name: _sample(one) for one in fields[:6]} | {"utm_source": "newsletter"}
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("'", "’")
    return (
        f"curl {page} \\\n  -H 'Content-Type: application/json' \\\n"
        f"  -H 'Idempotency-Key: order-1057' \\\n  -d '{text}'"
    )


def _sample(one: FormField) -> str:
    if one.choices:
        return one.choices[0].value
    return _SAMPLES.get(one.target) or _SAMPLES.get(one.kind) or "…"


@require_GET
@needs_right("setup")
def site(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show how to put a form on a site."""
    form = form_or_404(pk)
    context = {
        "form": form,
        "here": addresses(form),
        "foreign": not form.fields,
        "near": urlsplit(settings.PUBLIC_URL).hostname in _NEAR,
    }
    return render(request, "form_builder/site.html", context)


@require_POST
@needs_right("setup")
def test(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a marked enquiry the whole way and say how it went."""
    form = form_or_404(pk)
    trial = try_channel(form.channel_id, by=Actor.user(request.user))
    seen = request.user.access.has("control") and trial.enquiry_id is not None
    ledger = address("ledger:show", trial.enquiry_id) if seen else ""
    return render(request, "form_builder/_trial.html", {"trial": trial, "ledger": ledger})
