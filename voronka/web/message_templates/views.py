"""The list of templates, a template in a dialog with its preview, and the picker of a composer."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from voronka.channels.commands import (
    TemplateSpec,
    archive_template,
    restore_template,
    save_template,
)
from voronka.channels.models import MessageTemplate
from voronka.channels.templates import Filled, at_hand, filled, names_at, placeholders_for
from voronka.channels.usefulness import UNUSED, Use, answers_in_use, uses
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import DomainError
from voronka.people import access
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import Pipeline, Stage
from voronka.web.card.answers import dialog
from voronka.web.forms import refuse
from voronka.web.rights import needs_right
from voronka.web.toasts import toast


class TemplateForm(forms.Form):
    """A template: its name, where it is offered, what it says."""

    name = forms.CharField(label=gettext_lazy("Name of the template"), max_length=120)
    place = forms.ChoiceField(
        label=gettext_lazy("Offered"), required=False, choices=lambda: _places()
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject of a letter"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Empty: the talk's own."),
    )
    text = forms.CharField(
        label=gettext_lazy("What it says"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 8, "data-insert-here": ""}),
    )


def _places() -> list[tuple[str, Any]]:
    """Return everywhere, then each funnel with its stages."""
    choices: list[tuple[str, Any]] = [("", _("Everywhere"))]
    for pipeline in Pipeline.objects.filter(archived=False).prefetch_related("stages"):
        stages = [(f"stage-{stage.pk}", str(stage)) for stage in pipeline.stages.all()]
        whole = (f"pipeline-{pipeline.pk}", _("Every stage"))
        choices.append((str(pipeline), [whole, *stages]))
    return choices


def _place(value: str) -> tuple[int | None, int | None]:
    """Return the funnel's and the stage's id of a choice."""
    kind, _dash, number = value.partition("-")
    key = int(number) if number.isdecimal() else None
    return (key, None) if kind == "pipeline" else (None, key)


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the templates, those in the archive below; for htmx only the list."""
    rows = list(MessageTemplate.objects.select_related("pipeline", "stage"))
    now = timezone.now()
    done = uses("template", at=now)
    context = {
        "rows": [(r, done.get(str(r.pk), UNUSED)) for r in rows if r.archived_at is None],
        "archived": [row for row in rows if row.archived_at is not None],
        "answers": answers_in_use(at=now),
    }
    in_place = request.htmx.target == "templates"
    page = "message_templates/_list.html" if in_place else "message_templates/index.html"
    return render(request, page, context)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, template_id: int | None = None) -> HttpResponse:
    """Ask for a template in a dialog, and save it."""
    row = get_object_or_404(MessageTemplate, pk=template_id) if template_id else None
    initial: dict[str, Any] = {}
    if row is not None:
        place = f"pipeline-{row.pipeline_id}" if row.pipeline_id else ""
        place = f"stage-{row.stage_id}" if row.stage_id else place
        initial = {"name": row.name, "subject": row.subject, "text": row.text, "place": place}
    form = TemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        pipeline_id, stage_id = _place(form.cleaned_data["place"])
        said = {key: form.cleaned_data[key] for key in ("name", "text", "subject")}
        spec = TemplateSpec(**said, pipeline_id=pipeline_id, stage_id=stage_id)
        try:
            saved = save_template(spec, by=Actor.user(request.user), template_id=template_id)
        except DomainError as error:
            refuse(form, error)
        else:
            response = _changed(_("Saved: %(name)s") % {"name": saved})
            return trigger_client_event(response, "dialog:close", {})
    context = {
        "form": form,
        "row": row,
        "places": placeholders_for(_chosen(str(form["place"].value() or ""))[0]),
        **_seen(
            request.user,
            str(form["place"].value() or ""),
            str(form["subject"].value() or ""),
            str(form["text"].value() or ""),
        ),
    }
    status = 422 if form.errors else 200
    return dialog(request, "message_templates/_form.html", context, status=status)


@require_POST
@needs_right("setup")
def preview(request: SignedInRequest) -> HttpResponse:
    """Show what the text says at the newest card of its place."""
    post = request.POST
    said = (post.get("subject", ""), post.get("text", ""))
    seen = _seen(request.user, post.get("place", ""), *said)
    return render(request, "message_templates/_preview.html", seen)


@require_POST
@needs_right("setup")
def places(request: SignedInRequest) -> HttpResponse:
    """List the facts that a template of this place may name."""
    pipeline, _stage = _chosen(request.POST.get("place", ""))
    context = {"places": placeholders_for(pipeline)}
    return render(request, "message_templates/_places.html", context)


def _chosen(place: str) -> tuple[Pipeline | None, Stage | None]:
    pipeline_id, stage_id = _place(place)
    stage = Stage.objects.select_related("pipeline__item_type").filter(pk=stage_id or 0).first()
    if stage is not None:
        return stage.pipeline, stage
    funnels = Pipeline.objects.select_related("item_type")
    return funnels.filter(pk=pipeline_id or 0).first(), None


def _seen(user: User, place: str, subject: str, text: str) -> dict[str, Any]:
    pipeline, stage = _chosen(place)
    cards = Item.objects.visible_to(user).select_related(
        "pipeline__item_type", "stage", "contact", "company", "source"
    )
    here = cards.filter(pipeline=pipeline) if pipeline else cards
    on_stage = here.filter(stage=stage).order_by("-pk").first() if stage else None
    card = on_stage or here.exclude(contact=None).order_by("-pk").first()
    card = card or here.order_by("-pk").first()
    draft = MessageTemplate(name="", subject=subject[:300], text=text[:10_000])
    return {
        "seen": filled(draft, card, now=timezone.now()),
        "card": card,
    }


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, template_id: int) -> HttpResponse:
    """Offer a template no more."""
    row = archive_template(template_id, by=Actor.user(request.user))
    undo = reverse("templates:restore", args=[template_id])
    return _changed(_("No longer offered: %(name)s") % {"name": row}, undo_url=undo)


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, template_id: int) -> HttpResponse:
    """Offer a template again."""
    row = restore_template(template_id, by=Actor.user(request.user))
    undo = reverse("templates:archive", args=[template_id])
    return _changed(_("Offered again: %(name)s") % {"name": row}, undo_url=undo)


@require_GET
@login_required
def pick(request: SignedInRequest, item_id: int | None = None) -> HttpResponse:
    """List the templates that fit a card in its words, for a composer's menu."""
    item = None
    if item_id is not None:
        cards = Item.objects.visible_to(request.user).select_related(
            "pipeline__item_type", "stage", "contact", "company", "source"
        )
        item = get_object_or_404(cards, pk=item_id)
    now = timezone.now()
    names = cache(names_at)  # 12 queries, not for each template
    hand = at_hand(item, now=now)

    def words(rows: list[MessageTemplate]) -> list[tuple[MessageTemplate, Filled, Use]]:
        found = ((row, filled(row, item, now=now, names=names)) for row in rows)
        return [(row, said, hand.use(row)) for row, said in found]

    rights = access.of_actor(Actor.user(request.user))
    may_add = rights is not None and rights.has("setup")
    context = {
        "stage": words(hand.stage),
        "answers": hand.answers,
        "others": words(hand.others),
        "item": item,
        "may_add": may_add,
    }
    return render(request, "message_templates/_pick.html", context)


def _changed(said: str, *, undo_url: str = "") -> HttpResponse:
    response = toast(HttpResponse(status=204), said, undo_url=undo_url)
    return trigger_client_event(response, "templates:read", {})
