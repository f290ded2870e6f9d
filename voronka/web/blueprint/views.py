"""Take the set-up out as YAML; bring a file in: check it, see the plan, apply it whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from voronka.blueprints import commands, plans, queries, ready_companies
from voronka.blueprints.errors import BrokenBlueprint, Problem
from voronka.blueprints.published import json_schema
from voronka.blueprints.reading import MOST_BYTES, read
from voronka.journal.actors import Actor
from voronka.journal.queries import audit
from voronka.kernel.errors import DomainError
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.web.rights import needs_right

PASTED = "blueprint.yaml"  # what a pasted text is called in sentences
HISTORY = 15


@dataclass(frozen=True, slots=True)
class Brought:
    """A blueprint as it came: its text and what it is called."""

    text: str
    name: str = PASTED


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show what can be taken out and brought in, ready companies and what was applied."""
    return _index(request, Brought(""))


def _index(
    request: SignedInRequest,
    brought: Brought,
    *,
    problems: list[Problem] | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Draw the page; what was brought stays in its place with what is wrong with it."""
    page = audit(
        subject_type="setup",
        subject_id=0,
        verb="setup.applied",
        before=_number(request.GET.get("before", "")),
        limit=HISTORY,
    )
    people = User.objects.in_bulk({e.actor_user_id for e in page.events if e.actor_user_id})
    context = {
        "brought": brought,
        "problems": problems or [],
        "wrong_lines": [p.line for p in problems or [] if p.line],
        "refusal": refusal,
        "ready": ready_companies.summaries(),
        "history": [(event, people.get(event.actor_user_id or 0)) for event in page.events],
        "older": page.next_before,
        "is_empty": not Pipeline.objects.filter(archived=False).exists(),
    }
    failed = bool(problems or refusal)
    return render(request, "blueprint/index.html", context, status=422 if failed else 200)


@require_GET
@needs_right("setup")
def show(request: SignedInRequest) -> HttpResponse:
    """Show the set-up as it is now, or a ready company, as text with numbered lines."""
    name = request.GET.get("ready", "")
    text = ready_companies.text(name) if name else _export(request)
    lines = text.splitlines()
    context = {
        "text": text,
        "numbers": "\n".join(str(n) for n in range(1, len(lines) + 1)),
        "count": len(lines),
        "ready": name,
        "products": "products" in request.GET,
        "people": "people" in request.GET,
    }
    return render(request, "blueprint/text.html", context)


@require_GET
@needs_right("setup")
def download(request: SignedInRequest) -> HttpResponse:
    """Send the set-up as a YAML file."""
    response = HttpResponse(_export(request), content_type="application/yaml; charset=utf-8")
    name = f"voronka-{timezone.localdate():%Y-%m-%d}.yaml"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_GET
@needs_right("setup")
def schema(request: SignedInRequest) -> HttpResponse:
    """Send the JSON Schema of blueprints, for editors that complete and check."""
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    response = HttpResponse(text, content_type="application/schema+json; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="blueprint.schema.json"'
    return response


@require_POST
@needs_right("setup")
def plan(request: SignedInRequest) -> HttpResponse:
    """Check what was brought; show the plan, or the mistakes beside their lines.

    With "edit" the text comes back to be corrected.
    """
    try:
        brought = _brought(request)
    except DomainError as refusal:
        return _index(request, Brought(request.POST.get("text", "")), refusal=refusal)
    if "edit" in request.POST:
        return _index(request, brought)
    return _plan(request, brought)


def _plan(
    request: SignedInRequest, brought: Brought, *, moved_on: bool = False, refused: str = ""
) -> HttpResponse:
    try:
        planned = plans.plan(read(brought.text, file=brought.name), file=brought.name)
    except BrokenBlueprint as broken:
        return _index(request, brought, problems=broken.problems)
    context = {
        "brought": brought,
        "plan": planned,
        "seen": _digest(planned),
        "counts": {kind: planned.count(kind) for kind in ("added", "changed", "removed", "moved")},
        "wants_heir": any(effect.wants_heir for effect in planned.blocking),
        "moved_on": moved_on,
        "refused": refused,
    }
    failed = moved_on or bool(refused)
    return render(request, "blueprint/plan.html", context, status=422 if failed else 200)


@require_POST
@needs_right("setup")
def apply(request: SignedInRequest) -> HttpResponse:
    """Apply what was planned, all of it or nothing; a plan that has changed is shown first."""
    try:
        brought = _brought(request)
        wanted = read(brought.text, file=brought.name)
        planned = plans.plan(wanted, file=brought.name)
        if request.POST.get("seen") != _digest(planned):
            return _plan(request, brought, moved_on=True)
        commands.apply(wanted, by=Actor.user(request.user), file=brought.name)
    except BrokenBlueprint as broken:
        return _index(request, brought, problems=broken.problems)
    except DomainError as refusal:
        return _plan(request, brought, refused=str(refusal))
    messages.success(request, _("The blueprint is applied"))
    return redirect("blueprint:index")


def _export(request: SignedInRequest) -> str:
    return queries.export(products="products" in request.GET, people="people" in request.GET)


def _brought(request: SignedInRequest) -> Brought:
    """Read the ready company, the file or the pasted text of a form.

    Raises:
        NotFound: there is no such ready company.
        NoText: nothing was brought, or the file is no text.
    """
    if name := request.POST.get("ready", ""):
        return Brought(ready_companies.text(name), f"{name}.yaml")
    file = request.FILES.get("file")
    if file is not None:
        if (file.size or 0) > MOST_BYTES:
            raise NoText(_("The file is larger than 4 MB; is it a blueprint?"))
        try:
            return Brought(file.read().decode("utf-8-sig"), _name(file.name))
        except UnicodeDecodeError:
            raise NoText(_("The file is not a text in UTF-8. Save it as UTF-8.")) from None
    text = request.POST.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise NoText(_("Choose a file or paste a blueprint."))
    return Brought(text, _name(request.POST.get("name")))


class NoText(DomainError):
    """Nothing that could be a blueprint was brought."""

    code = "no_text"


def _name(name: str | None) -> str:
    return (name or "").replace("\\", "/").rsplit("/", 1)[-1].strip()[:80] or PASTED


def _digest(planned: plans.Plan) -> str:
    """Return what tells whether a plan is still the one that was shown."""
    return hashlib.sha256(planned.as_text().encode()).hexdigest()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None
