"""What would have happened to last month's leads: with the table, or with a row being written."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from voronka.channels.queries import channel_codes
from voronka.kernel.errors import DomainError
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.routing.commands import draft_rule
from voronka.routing.models import RoutingRule
from voronka.routing.queries import rehearse, routing_rules
from voronka.web.rights import needs_right
from voronka.web.routing.forms import RuleForm

PERIOD = timedelta(days=30)
SHOWN = 30  # cards that are named
UNSAVED = -1  # stands for the id of a row that has none yet


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def trial(request: SignedInRequest) -> HttpResponse:
    """Tell what the table would have done; a POST brings the row that is being written."""
    rules = routing_rules()
    if request.method == "POST":
        form = RuleForm(request.POST)
        spec = form.spec() if form.is_valid() else None
        try:
            tried = draft_rule(spec) if spec is not None else None
        except DomainError:
            tried = None
        if tried is None:
            return render(request, "routing/_trial.html", {"unfinished": True})
        rules = _with(tried, rules, request.POST.get("rule", ""))
    now = timezone.now()
    told = rehearse(
        rules, user=request.user, since=now - PERIOD, until=now, channels=channel_codes()
    )
    funnels = {p.pk: p for p in Pipeline.objects.filter(pk__in=[k for k in told.by_pipeline if k])}
    context = {
        "told": told,
        "rules": [(rule, told.by_rule.get(rule.pk, 0)) for rule in rules],
        "untouched": told.by_rule.get(None, 0),
        "funnels": [(funnels[k], n) for k, n in told.by_pipeline.items() if k in funnels],
        "moved": [card for card in told.cards if card.differs][:SHOWN],
        "total": len(told.cards),
    }
    name = "routing/_trial.html" if request.method == "POST" else "routing/trial.html"
    return render(request, name, context)


def _with(tried: RoutingRule, rules: list[RoutingRule], known: str) -> list[RoutingRule]:
    """Put a row that is not saved where it would stand: in its own place, or at the end."""
    tried.pk = int(known) if known.isdecimal() and len(known) < 19 else UNSAVED
    if tried.when != RoutingRule.When.ENQUIRY:
        return rules
    if any(rule.pk == tried.pk for rule in rules):
        return [tried if rule.pk == tried.pk else rule for rule in rules]
    return [*rules, tried]
