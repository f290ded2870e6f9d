"""Writing from the sample mailbox: new letters, answers, and what machines write by themselves."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from voronka.channels.models import Channel
from voronka.demo.post.mailbox import Folder, letters, send
from voronka.demo.post.places import address_of, ports_of
from voronka.demo.post.writing import answer_subject, away, bounce, written
from voronka.kernel.errors import DomainError
from voronka.web.demo_mail.forms import AnswerForm, LetterForm
from voronka.web.demo_mail.post import letter_or_404, of_the_demo
from voronka.web.forms import refuse


@require_http_methods(["GET", "POST"])
@of_the_demo
def write(request: HttpRequest, channel: Channel) -> HttpResponse:
    """Write a new letter to the company; who writes is prefilled with who wrote last."""
    to = address_of(channel)
    if request.method == "POST":
        form = LetterForm(request.POST, request.FILES)
        if form.is_valid():
            draft = form.letter(to=to)
            try:
                send(ports_of(channel), written(draft), sender=draft.address, to=to)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                return _back("letter")
    else:
        form = LetterForm(initial=_last_writer(channel))
    context = {"form": form, "address": to, "channel": channel}
    return render(request, "demo_mail/write.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@of_the_demo
def show(request: HttpRequest, channel: Channel, folder: Folder, uid: int) -> HttpResponse:
    """Show a letter with a form to answer it."""
    found = letter_or_404(channel, folder, uid)
    form = AnswerForm()
    if request.method == "POST":
        if folder != "inbox":
            raise Http404
        form = AnswerForm(request.POST, request.FILES)
        if form.is_valid():
            draft = form.draft(
                found, to=found.sender.address, subject=answer_subject(found.subject)
            )
            try:
                send(ports_of(channel), written(draft), sender=draft.address, to=draft.to)
            except DomainError as refusal:
                refuse(form, refusal)
            else:
                return _back("answer")
    context = {
        "address": address_of(channel),
        "channel": channel,
        "folder": folder,
        "form": form,
        "letter": found,
    }
    return render(request, "demo_mail/letter.html", context, status=422 if form.errors else 200)


@require_POST
@of_the_demo
def by_itself(
    request: HttpRequest, channel: Channel, folder: Folder, uid: int, kind: str
) -> HttpResponse:
    """Let a machine answer a letter of the company: its owner is away, or it came back."""
    found = letter_or_404(channel, folder, uid)
    made = {"away": (away, found.to.address), "bounce": (bounce, "")}
    if folder != "inbox" or kind not in made:
        raise Http404
    machine, sender = made[kind]
    send(ports_of(channel), machine(found), sender=sender, to=found.sender.address)
    return _back(kind)


def _back(done: str) -> HttpResponse:
    return redirect(f"{reverse('demo_mail:sent')}?done={done}")


def _last_writer(channel: Channel) -> dict[str, str]:
    """Return who wrote last, machines left out; somebody invented before the first letter."""
    people = [line.sender for line in letters(ports_of(channel), "sent")]
    last = next((one for one in people if "daemon" not in one.address.lower()), None)
    if last is None:
        return {"name": _("Elena Markova"), "address": "elena@mail.example"}
    return {"name": last.name, "address": last.address}
