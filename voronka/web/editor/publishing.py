"""From draft to truth: the difference in words, publishing, throwing away, earlier versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.blueprints.comparing import Difference
from voronka.blueprints.effects import Effect
from voronka.blueprints.errors import BrokenBlueprint
from voronka.blueprints.plans import KINDS, LABELS, ORDERS, Change, shown
from voronka.blueprints.rules import read_deadline
from voronka.blueprints.schema import Text
from voronka.drafts import commands
from voronka.drafts.errors import DraftMoved
from voronka.drafts.models import PipelineVersion
from voronka.drafts.queries import Canvas, canvas, planned, read, versions
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError, Sentence
from voronka.people.models import WorkingCalendar
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline
from voronka.pipelines.queries import field_titles
from voronka.web.editor.pages import funnel_or_404, redrawn
from voronka.web.editor.words import COLOR_NAMES, NAMING_SHORT, deadline_words, responsible
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one attribute."""

    label: Sentence
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Block:
    """One part that differs, with what that does to the cards."""

    sign: str  # "added", "changed", "removed", "moved"
    title: str
    color: str
    lines: list[Line]
    effects: list[Effect]


class Teller:
    """Says differences of one funnel in the words of its own fields, roles and calendars."""

    def __init__(
        self, pipeline: Pipeline, now: Mapping[str, Any], wanted: Mapping[str, Any]
    ) -> None:
        """Read the words of a funnel; stages are named as in `now` and, where both, `wanted`."""
        self._after = wanted
        self._names = {c: str(part.name) for stages in (now, wanted) for c, part in stages.items()}
        self.fields = field_titles(pipeline.item_type)
        self.responsible = {code: text for _kind, pairs in responsible() for code, text in pairs}
        self.calendars = {c.code: str(c.name) for c in WorkingCalendar.objects.all()}

    def block(self, difference: Difference, effects: list[Effect]) -> Block:
        """Tell one difference."""
        node = difference.node
        color = str(node.attrs.get("color", "")) if node.kind == "stage" else ""
        if difference.kind == "moved":
            names = " → ".join(self._names.get(code, code) for code in difference.order)
            line = Line("", "", names if node.kind == "stage" else "")
            return Block("moved", capfirst(str(ORDERS[node.kind])), "", [line], effects)
        title = _("%(kind)s “%(name)s”") % {
            "kind": capfirst(str(KINDS[node.kind])),
            "name": node.name,
        }
        return Block(difference.kind, title, color, self._lines(difference), effects)

    def _lines(self, difference: Difference) -> list[Line]:
        before, after = difference.before, difference.after
        if before is None and after is not None and after.kind == "stage":
            place = list(self._after)
            here = place.index(after.code) if after.code in place else 0
            name = self._names.get(place[here - 1], "") if here else ""
            return [Line(_("stands after"), "—", name)] if name else []
        if before is None or after is None:
            return []
        return [
            Line(
                LABELS[name],
                *shown(self._said(name, before.attrs[name]), self._said(name, after.attrs[name])),
            )
            for name in difference.attrs
        ]

    def _said(self, name: str, value: Any) -> Any:
        """Put codes into words; what has none stays."""
        if name == "required":
            return [str(self.fields.get(code, code)) for code in value]
        if name == "responsible":
            return self.responsible.get(value, value)
        if name == "calendar":
            return self.calendars.get(value, value)
        if name == "color":
            return str(COLOR_NAMES.get(value, value))
        if name == "deadline":
            minutes, working = read_deadline(value)
            return deadline_words(minutes, working=working)
        if name == "purpose":
            return str(Pipeline.Purpose(value).label)
        if name == "naming":
            return str(NAMING_SHORT[value])
        if name == "objections":
            return [
                str(Text(**pair["objection"])) + ": " + str(Text(**pair["answer"]))
                for pair in value
            ]
        return value


def blocks_of(laid: Canvas, changes: list[Change]) -> list[Block]:
    """Tell a plan of this funnel."""
    teller = Teller(laid.pipeline, laid.now.stages, laid.wanted.stages)
    return [
        teller.block(change.difference, change.effects)
        for change in changes
        if laid.tells(change.difference)
    ]


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def publish(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """GET: what publishing changes, in a dialog; POST: publish what was agreed to."""
    funnel = funnel_or_404(pipeline_id)
    refusal: Sentence = ""
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            version = commands.publish_draft(pipeline_id, seen=seen, by=Actor.user(request.user))
        except DraftMoved as moved:
            refusal = moved.detail
        except BrokenBlueprint as broken:
            refusal = _of_this_funnel(funnel, broken)
        except DomainError as refused:
            refusal = refused.detail
        else:
            text = _("Published: version %(number)d of “%(name)s”") % {
                "number": version.number,
                "name": version.pipeline.name,
            }
            return toast(redrawn(request, pipeline_id), text)
    laid = canvas(funnel)
    context: dict[str, Any] = {"funnel": funnel, "laid": laid, "refusal": refusal}
    try:
        plan = planned(laid)
        context |= {"blocks": blocks_of(laid, plan.changes), "blocked": bool(plan.blocking)}
    except BrokenBlueprint as broken:
        context |= {"blocks": [], "blocked": True, "refusal": _of_this_funnel(funnel, broken)}
    response = render(request, "editor/_publish.html", context, status=422 if refusal else 200)
    if request.method == "POST":
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return response


def _of_this_funnel(funnel: Pipeline, broken: BrokenBlueprint) -> str:
    """Say what does not fit together, this funnel's own first, without the file's places."""
    own = f"pipelines.{funnel.code}"
    problems = sorted(broken.problems, key=lambda p: not p.path.startswith(own))
    return "\n".join(dict.fromkeys(str(problem.message) for problem in problems[:8]))


@require_POST
@needs_right("setup")
def discard(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """Throw the draft away."""
    commands.discard_draft(pipeline_id, by=Actor.user(request.user))
    return toast(redrawn(request, pipeline_id), _("The draft is thrown away"), kind="info")


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A published version and what it changed against the one before."""

    version: PipelineVersion
    blocks: list[Block]
    first: bool

    @property
    def summary(self) -> str:
        """How many changes it brought."""
        count = len(self.blocks)
        if self.first:
            return pgettext("version", "before the first draft")
        return ngettext("%(count)d change", "%(count)d changes", count) % {"count": count}


@require_GET
@needs_right("setup")
def history(request: SignedInRequest, pipeline_id: int) -> HttpResponse:
    """List the published versions with what each changed."""
    funnel = funnel_or_404(pipeline_id)
    found = versions(funnel)
    documents = [read(version.document) for version in found]
    rows = []
    for n, version in enumerate(found):
        before = documents[n + 1] if n + 1 < len(found) else None
        blocks: list[Block] = []
        if before is not None:
            step = Canvas(funnel, None, before, documents[n])
            teller = Teller(funnel, before.stages, documents[n].stages)
            blocks = [teller.block(difference, []) for difference in step.changes]
        rows.append(VersionRow(version, blocks, before is None))
    context = {"funnel": funnel, "rows": rows}
    return render(request, "editor/versions.html", context)


@require_POST
@needs_right("setup")
def redraw(request: SignedInRequest, pipeline_id: int, number: int) -> HttpResponse:
    """Put an earlier version into the draft."""
    commands.redraw_version(pipeline_id, number, by=Actor.user(request.user))
    text = _("Version %(number)d is in the draft. Look at it and publish.") % {"number": number}
    response = toast(HttpResponse(status=204), text)
    response = trigger_client_event(response, "funnel:changed", {})  # before the slider goes
    return trigger_client_event(response, "slider:close", {})
