"""A new client: who is known already is shown while one types, with the reason (IN-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.clients import commands, rules
from voronka.clients.models import Client, ContactPoint
from voronka.clients.queries import Match, recognise
from voronka.journal.actors import Actor
from voronka.kernel.errors import Conflict, Forbidden, InvalidInput, Sentence
from voronka.people import access
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Source
from voronka.web.card.answers import dialog, open_slider
from voronka.web.toasts import toast

MOST = 4  # suggested doubles
SURE = 0.9  # from this confidence on, a double is asked about before it is made
_SHORTEST_NAME = 4  # letters, from which look-alikes are looked for
_FIELDS = ("name", "job_title", "inn", "comment", "source")
_LINES = ("phone", "email", "account")


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds, as it was typed."""

    kind: str
    fields: dict[str, str]
    phones: list[str]
    emails: list[str]
    accounts: list[str]
    company: str
    owner: str

    @classmethod
    def of(cls, data: QueryDict) -> Typed:
        """Read the form, or the address that opened it (?kind=company&name=…&phone=…)."""
        kind = data.get("kind", "")
        return cls(
            kind if kind in Client.Kind.values else Client.Kind.PERSON,
            {code: data.get(code, "") for code in _FIELDS},
            phones=_filled(data, "phone"),
            emails=_filled(data, "email"),
            accounts=_filled(data, "account"),
            company=data.get("company", "").strip(),
            owner=data.get("owner", ""),
        )

    @property
    def lines(self) -> list[tuple[str, str, str, list[str]]]:
        """Kind, name, type of input and values of each group of contacts; one empty at least."""
        return [
            ("phone", str(ContactPoint.Kind.PHONE.label), "tel", self.phones or [""]),
            ("email", str(ContactPoint.Kind.EMAIL.label), "email", self.emails or [""]),
            ("account", _("Messenger"), "text", self.accounts or [""]),
        ]


@login_required
@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """GET: the dialog; POST: make the client and open it; a sure double is asked about first."""
    if not request.user.access.scope("add", access.CLIENTS):
        raise Forbidden(_("Your role does not let you add clients. Ask the head of sales."))
    if request.method == "GET":
        return _dialog(request, Typed.of(request.GET))
    typed = Typed.of(request.POST)
    if request.POST.get("redraw"):
        return _dialog(request, typed)
    matches = _matches(request.user, typed)
    sure = [m for m in matches if m.confidence >= SURE]
    if sure and not request.POST.get("anyway"):
        return _dialog(request, typed, matches=matches, ask=True)
    by = Actor.user(request.user)
    try:
        with transaction.atomic():
            client = commands.create_client(
                typed.kind,
                typed.fields,
                by=by,
                owner_id=int(typed.owner) if _is_id(typed.owner) else None,
                phones=typed.phones,
                emails=typed.emails,
                accounts=typed.accounts,
                company_id=_company_id(request, typed, by=by),
                role=typed.fields["job_title"],
            )
    except (InvalidInput, Conflict, Forbidden) as refusal:
        return _dialog(request, typed, matches=matches, refusal=refusal)
    text = _("“%(name)s” is among the clients") % {"name": client}
    response = toast(HttpResponse(status=204), text)
    response = trigger_client_event(response, "client:created", {"id": client.pk})
    return open_slider(response, reverse("clients:show", args=[client.pk]))


@login_required
@require_POST
def doubles(request: SignedInRequest) -> HttpResponse:
    """Say who the half-typed client may be."""
    matches = _matches(request.user, Typed.of(request.POST))
    return render(request, "clients/_suggestions.html", {"matches": matches})


def _matches(user: User, typed: Typed) -> list[Match]:
    read = rules.points(
        phones=typed.phones,
        emails=typed.emails,
        accounts=typed.accounts,
        country=settings.COUNTRY,
    )
    try:
        inn = rules.inn(typed.fields["inn"])
    except rules.Unreadable:
        inn = ""
    name = rules.words(typed.fields["name"])
    found = recognise(
        user,
        points=[(p.kind, p.value) for p in read.read],
        name=name if len(name) >= _SHORTEST_NAME else "",
        inn=inn,
        company=_company_name(user, typed.company),
        kind=typed.kind,
    )
    return found[:MOST]


def _company_name(user: User, company: str) -> str:
    """Return the name of the chosen company, or the one that was typed anew."""
    if not _is_id(company):
        return company
    seen = Client.objects.visible_to(user).filter(pk=int(company))
    return seen.values_list("name", flat=True).first() or ""


def _company_id(request: SignedInRequest, typed: Typed, *, by: Actor) -> int | None:
    """Return the company a person works at; a typed name makes a new one."""
    if not typed.company or typed.kind != Client.Kind.PERSON:
        return None
    if not _is_id(typed.company):
        return commands.create_client(Client.Kind.COMPANY, {"name": typed.company}, by=by).pk
    seen = Client.objects.visible_to(request.user).filter(kind=Client.Kind.COMPANY)
    pk = seen.filter(pk=int(typed.company)).values_list("pk", flat=True).first()
    if pk is None:
        sentence = _("Choose from the list.")
        raise InvalidInput(
            _("There is no such company. Choose from the list or create a new one."),
            fields={"company": sentence},
        )
    return pk


def _dialog(
    request: SignedInRequest,
    typed: Typed,
    *,
    matches: list[Match] | None = None,
    ask: bool = False,
    refusal: InvalidInput | Conflict | Forbidden | None = None,
) -> HttpResponse:
    if matches is None:
        matches = _matches(request.user, typed)
    errors: dict[str, Sentence] = dict(refusal.fields) if refusal else {}
    if account := next((errors[k] for k in rules.MESSENGERS if k in errors), None):
        errors["account"] = account
    drawn = {*_FIELDS, *_LINES, "company", "owner", *rules.MESSENGERS}
    rights = request.user.access
    owners = User.objects.filter(is_active=True)
    context: dict[str, Any] = {
        "typed": typed,
        "kinds": [
            (Client.Kind.PERSON.value, Client.Kind.PERSON.label, "user"),
            (Client.Kind.COMPANY.value, Client.Kind.COMPANY.label, "building"),
        ],
        "errors": errors,
        "matches": matches,
        "ask": ask,
        "refusal": None if errors and set(errors) <= drawn else refusal,
        "company_name": _company_name(request.user, typed.company),
        "sources": Source.objects.filter(archived=False),
        "owners": [p for p in owners if rights.may("add", access.CLIENTS, owner_id=p.pk)],
    }
    status = 422 if refusal or ask else 200
    return dialog(request, "clients/_new.html", context, status=status)


def _filled(data: QueryDict, name: str) -> list[str]:
    return [value for value in data.getlist(name) if value.strip()]


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
