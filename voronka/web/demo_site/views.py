"""A page as a furniture maker would have it; there only while the demo company is loaded."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from voronka.demo.filling import PRICES
from voronka.demo.post.places import address_of
from voronka.demo.queries import demo_chat, demo_form, demo_mailbox

ADVERTISEMENT = "?utm_source=yandex&utm_medium=cpc&utm_campaign=kuhni_kazan&utm_content=sample"


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show the sample site with the real scripts of the demo's form and chat. Five SQL queries."""
    form = demo_form()
    if form is None:
        raise Http404
    chat, mailbox = demo_chat(), demo_mailbox()
    context = {
        "chat": reverse("chat:embed", args=[chat.key]) if chat else "",
        "embed": reverse("intake:embed", args=[form.channel.key]),
        "advertisement": ADVERTISEMENT,
        "mail": address_of(mailbox) if mailbox else "",
        "marked": "utm_source" in request.GET,
        "prices": {code.replace("-", "_"): price for code, price in PRICES.items()},
    }
    return render(request, "demo_site/page.html", context)
