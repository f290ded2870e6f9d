"""The audit page, its download, and the check of the hash chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from voronka.journal import queries
from voronka.journal.actors import Actor
from voronka.kernel.errors import Forbidden
from voronka.people import commands
from voronka.people.access import Scope
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.web.audit import sentences
from voronka.web.audit.vocabulary import DEEDS, KINDS, SPECIAL, SUBJECTS
from voronka.web.rights import needs_right
from voronka.web.spreadsheets import CSV, csv_lines

_MOST_ROWS = 100_000  # of one download


@require_GET
@needs_right("audit")
def index(request: SignedInRequest) -> HttpResponse:
    """Show the journal, newest first, with filters."""
    before = request.GET.get("after", "")
    cursor = int(before) if before.isdecimal() and len(before) < 19 else None
    page = queries.audit(**_filters(request), before=cursor)
    context = {
        "lines": sentences.lines(page.events),
        "after": str(page.next_before or ""),
        "chain": queries.chain_state(),
        "people": User.objects.order_by("name"),
        "subjects": _sorted(SUBJECTS),
        "deeds": _sorted(DEEDS),
        "special": _sorted(SPECIAL),
        "unknown": verb if (verb := request.GET.get("verb", "")) not in DEEDS | SPECIAL else "",
        "chosen": request.GET,
        "filtered": any(request.GET.get(name) for name in ("who", "about", "number", "verb"))
        or bool(request.GET.get("since") or request.GET.get("until")),
        "may_export": _may_export(request.user),
    }
    return render(request, "audit/index.html", context)


@require_GET
@needs_right("audit")
def export(request: SignedInRequest) -> HttpResponseBase:
    """Download what the filters show as CSV; journalled."""
    if not _may_export(request.user):
        raise Forbidden(
            _("Your role does not let you download the base. Ask the owner of the CRM.")
        )
    filters = _filters(request)
    commands.note_audit_export(
        by=Actor.user(request.user), filters={k: str(v) for k, v in filters.items() if v}
    )
    response = StreamingHttpResponse(csv_lines(_head(), _rows(filters)), content_type=CSV)
    response["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate()}.csv"'
    return response


@require_POST
@needs_right("audit")
def check(request: SignedInRequest) -> HttpResponse:
    """Walk the whole hash chain and say whether anything was changed."""
    broken = queries.broken_seal()
    context = {"broken": broken, "chain": queries.chain_state(), "checked": True}
    return render(request, "audit/_chain.html", context)


def _sorted(words: Mapping[str, Promise]) -> list[tuple[str, str]]:
    """Return codes with their words, in the order of the words."""
    return sorted(((code, str(word)) for code, word in words.items()), key=lambda pair: pair[1])


def _may_export(user: User) -> bool:
    return user.access.scope("export", "*") is Scope.ALL


def _filters(request: SignedInRequest) -> dict[str, Any]:
    """Read the filters; what cannot be read is left out."""
    get = request.GET.get
    verb = get("verb", "")[:60]
    who, number = get("who", ""), get("number", "")
    since, until = _day(get("since", "")), _day(get("until", ""))
    return {
        "actor_user_id": int(who) if who.isdecimal() and len(who) < 16 else None,
        "actor_kinds": [who] if who in KINDS else [],
        "subject_type": get("about", "") if get("about", "") in SUBJECTS else "",
        "subject_id": int(number) if number.isdecimal() and len(number) < 19 else None,
        "verb": verb if "." in verb else "",
        "deed": "" if "." in verb else verb,
        "since": _start(since) if since else None,
        "until": _start(until + timedelta(days=1)) if until else None,
    }


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def _head() -> list[str]:
    return [
        _("When"),
        _("Who"),
        _("How"),
        _("What"),
        _("About"),
        pgettext("journal", "Number"),
        pgettext("journal", "Details"),
    ]


def _rows(filters: dict[str, Any]) -> Iterator[list[object]]:
    before: int | None = None
    rows = 0
    while rows < _MOST_ROWS:
        page = queries.audit(**filters, before=before, limit=1000)
        for line in sentences.lines(page.events):
            event = line.event
            yield [
                timezone.localtime(event.recorded_at).isoformat(timespec="seconds"),
                str(line.actor or ""),
                line.how,
                line.deed,
                line.subject,
                event.subject_id,
                "; ".join(line.details),
            ]
        rows += len(page.events)
        before = page.next_before
        if before is None:
            return
