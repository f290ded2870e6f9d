"""The list of forms and the builder."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from voronka.channels.commands import archive_channel, restore_channel
from voronka.channels.providers.forms import queries
from voronka.channels.providers.forms.commands import change_form, create_form
from voronka.channels.providers.forms.models import Form
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput
from voronka.people.requests import SignedInRequest
from voronka.web.form_builder import draft as drafts
from voronka.web.form_builder import palette, rows
from voronka.web.form_builder.targets import Targets
from voronka.web.intake.drawing import drawn, thanks_of
from voronka.web.rights import needs_right


@require_GET
@needs_right("setup")
def index(request: SignedInRequest) -> HttpResponse:
    """List the forms with what they brought in 30 days."""
    rows = queries.form_rows(at=timezone.now())
    context = {"rows": rows, "archived": queries.archived_forms(), "starters": palette.STARTERS}
    return render(request, "form_builder/index.html", context)


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def create(request: SignedInRequest) -> HttpResponse:
    """Ask what to begin with (?start=…); then build it, and save it."""
    chosen = palette.starter(request.GET.get("start", ""))
    if chosen is None:
        return render(request, "form_builder/start.html", {"starters": palette.STARTERS})
    if request.method == "POST":
        return _save(request, drafts.typed(request.POST, None))
    return _page(request, drafts.new(chosen, foreign=chosen.code == palette.FOREIGN))


@require_http_methods(["GET", "POST"])
@needs_right("setup")
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a form in the builder, and save it."""
    form = form_or_404(pk)
    if request.method == "POST":
        return _save(request, drafts.typed(request.POST, form))
    draft = drafts.stored(form)
    draft.foreign = draft.foreign and "build" not in request.GET
    return _page(request, draft)


def form_or_404(pk: int) -> Form:
    """Return a form that is in use, with its channel."""
    rows = Form.objects.select_related("channel__pipeline__item_type", "channel__source")
    return get_object_or_404(rows, pk=pk, channel__archived_at=None)


def _save(request: SignedInRequest, draft: drafts.Draft) -> HttpResponse:
    by = Actor.user(request.user)
    if draft.check():
        try:
            if draft.form:
                form = change_form(draft.form.pk, draft.spec(), by=by)
            else:
                form = create_form(draft.spec(), by=by)
        except InvalidInput as error:
            draft.refuse(error)
        else:
            messages.success(request, _("Saved: %(name)s") % {"name": form.channel.name})
            page = "forms:edit" if draft.form else "forms:site"
            return HttpResponseClientRedirect(reverse(page, args=[form.pk]))
    return _page(request, draft, status=422)


def _page(request: SignedInRequest, draft: drafts.Draft, *, status: int = 200) -> HttpResponse:
    context = {
        "draft": draft,
        "form": draft.form,
        "drawers": palette.drawers(draft.targets),
        "groups": draft.targets.groups,
    }
    return render(request, "form_builder/edit.html", context, status=status)


@require_POST
@needs_right("setup")
def row(request: SignedInRequest) -> HttpResponse:
    """Draw a row: a new one (?add=…), or one whose target or kind has just been changed."""
    targets = Targets(drafts.pipeline_of(request.POST.get("pipeline")))
    add = request.GET.get("add")
    found = [palette.fresh(add, targets)] if add is not None else rows.typed(request.POST, targets)
    if not found:
        return HttpResponse(status=400)
    new = add is not None
    context = {"row": found[0], "groups": targets.groups, "is_new": new, "is_open": not new}
    return render(request, "form_builder/_row.html", context)


@require_POST
@needs_right("setup")
def preview(request: SignedInRequest) -> HttpResponse:
    """Draw the form as visitors will see it, out of what is typed; nothing is kept."""
    draft = drafts.typed(request.POST, None)
    language = "en" if request.POST.get("preview_language") == "en" else "ru"
    with translation.override(language):
        view = draft.shown()
        context = drawn(view)
        if request.POST.get("preview_state") == "thanks":
            context["thanks"] = thanks_of(view.form)
        return render(request, "intake/page.html", context)


@require_POST
@needs_right("setup")
def archive(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a form away; its address answers no more."""
    form = form_or_404(pk)
    archive_channel(form.channel_id, by=Actor.user(request.user))
    said = _("In the archive: %(name)s. Its enquiries stay.") % {"name": form.channel.name}
    messages.success(request, said)
    return HttpResponseClientRedirect(reverse("forms:index"))


@require_POST
@needs_right("setup")
def restore(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a form out of the archive and open it; its old address answers again."""
    form = get_object_or_404(Form.objects.select_related("channel"), pk=pk)
    channel = restore_channel(form.channel_id, by=Actor.user(request.user))
    said = _("Out of the archive: %(name)s. Its old address answers again.") % {"name": channel}
    messages.success(request, said)
    return HttpResponseClientRedirect(reverse("forms:edit", args=[form.pk]))
