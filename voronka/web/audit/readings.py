"""Who has read whom: the counts of openings, and the alarms (AC-3, AC-6)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from voronka.clients.commands.contacting import CONTACT
from voronka.clients.models import ContactPoint
from voronka.journal import queries
from voronka.journal.models import Reading
from voronka.people.models import User
from voronka.people.queries import company
from voronka.people.requests import SignedInRequest
from voronka.web.audit import sentences
from voronka.web.audit.vocabulary import SUBJECTS
from voronka.web.rights import needs_right

_ABOUT = ("item", "client", CONTACT)
_ALARMS_FOR = timedelta(days=7)
_MOST_ALARMS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One hour of one person with one card or client."""

    reading: Reading
    reader: User | None
    subject: str
    kind: str
    url: str


@require_GET
@needs_right("audit")
def readings(request: SignedInRequest) -> HttpResponse:
    """Show who has opened which cards and clients, newest first, by person and by subject."""
    get = request.GET.get
    about = get("about", "") if get("about", "") in _ABOUT else ""
    page = queries.readings(
        reader_id=_number(get("who", "")),
        subject_type=about,
        subject_id=_number(get("number", "")),
        before=_number(get("after", "")),
    )
    since = timezone.now() - _ALARMS_FOR
    alarms = queries.audit(verb="user.read_unusually", since=since, limit=_MOST_ALARMS)
    context = {
        "rows": _rows(page.readings),
        "after": str(page.next_before or ""),
        "people": User.objects.order_by("name"),
        "subjects": [
            (code, SUBJECTS.get(code, _("masked contacts that were shown"))) for code in _ABOUT
        ],
        "chosen": request.GET,
        "filtered": any(get(name) for name in ("who", "about", "number")),
        "alarms": sentences.lines(alarms.events),
        "limit": company().reading_limit,
    }
    return render(request, "audit/readings.html", context)


@require_GET
@needs_right("audit")
def reader(request: SignedInRequest, user_id: int) -> HttpResponse:
    """Lead to what one person has read: where the notice of an alarm leads."""
    return redirect(f"{reverse('audit:readings')}?who={user_id}")


def _rows(found: list[Reading]) -> list[Row]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for one in found:
        wanted[one.subject_type].add(one.subject_id)
    points = ContactPoint.objects.select_related("client").in_bulk(wanted.pop(CONTACT, set()))
    names = sentences.names_of(wanted)
    people = User.objects.in_bulk({one.reader_id for one in found})
    return [
        _contact(one, people.get(one.reader_id), points.get(one.subject_id))
        if one.subject_type == CONTACT
        else Row(
            one,
            people.get(one.reader_id),
            names.get((one.subject_type, one.subject_id)) or f"№{one.subject_id}",
            str(SUBJECTS.get(one.subject_type, one.subject_type)),
            sentences.page_of(one.subject_type, one.subject_id),
        )
        for one in found
    ]


def _contact(reading: Reading, reader: User | None, point: ContactPoint | None) -> Row:
    """Say whose masked contact was shown; of one that is gone only its number."""
    kind = str(_("contact shown"))
    if point is None:
        return Row(reading, reader, f"№{reading.subject_id}", kind, "")
    url = sentences.page_of("client", point.client_id)
    return Row(reading, reader, f"{point.client} · {point.get_kind_display()}", kind, url)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
