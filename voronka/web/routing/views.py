"""The routing table: its rows in order, and one row."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.routing import commands
from voronka.routing.facts import fact_specs
from voronka.routing.models import RoutingRule
from voronka.routing.queries import count_unplaced, routing_rules
from voronka.web.rights import needs_right
from voronka.web.routing.forms import RuleForm
from voronka.web.routing.words import tell
from voronka.web.toasts import toast


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """Show both tables; for htmx only the rows."""
    facts = fact_specs()
    tables = [
        (when, title, tell(routing_rules(when, all_=True), facts))
        for when, title in RoutingRule.When.choices
    ]
    context = {
        "tables": tables,
        "any": any(rows for _when, _title, rows in tables),
        "waiting": count_unplaced(request.user),
    }
    in_place = request.htmx.target == "routing"
    return render(request, "routing/_table.html" if in_place else "routing/index.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def rule(request: SignedInRequest, rule_id: int = 0) -> HttpResponse:
    """Show a row of the table, and save it."""
    row = get_object_or_404(RoutingRule, pk=rule_id) if rule_id else None
    posted = request.method == "POST"
    form = RuleForm(request.POST if posted else None, row=row)
    if posted and form.is_valid() and (spec := form.spec()) is not None:
        try:
            saved = commands.save_rule(spec, by=Actor.user(request.user), rule_id=rule_id or None)
        except DomainError as error:
            form.refuse(error)
        else:
            if not request.POST.get("in_slider"):
                return HttpResponse(status=204, headers={"HX-Redirect": reverse("routing:index")})
            said = _("Saved: %(name)s") % {"name": saved}
            response = _changed(said)
            return trigger_client_event(response, "slider:close", {})
    template = "routing/_rule.html" if posted else "routing/rule.html"
    context = {"form": form, "row": row}
    return render(request, template, context, status=422 if posted else 200)


@require_POST
@needs_right("setup")
def draw(request: SignedInRequest) -> HttpResponse:
    """Draw the condition again after a button or a choice in it."""
    form = RuleForm(request.POST)
    form.act(request.POST.get("do", ""))
    return render(request, "routing/_node.html", {"node": form.condition})


@require_POST
@needs_right("setup")
def delete(request: SignedInRequest, rule_id: int) -> HttpResponse:
    """Take a row out of the table."""
    row = get_object_or_404(RoutingRule, pk=rule_id)
    commands.delete_rule(rule_id, by=Actor.user(request.user))
    return _changed(_("Deleted: %(name)s") % {"name": row})


@require_POST
@needs_right("setup")
def order(request: SignedInRequest) -> HttpResponse:
    """Put the rows of a table in the order of the page."""
    ids = [int(one) for one in request.POST.getlist("order") if one.isdecimal()]
    commands.reorder_rules(ids, by=Actor.user(request.user))
    return HttpResponse(status=204)


def _changed(said: str) -> HttpResponse:
    response = toast(HttpResponse(status=204), said)
    return trigger_client_event(response, "routing:changed", {})
