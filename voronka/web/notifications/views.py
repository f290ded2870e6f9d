"""The bell's number, its list, the whole page, and reading."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from voronka.items.models import Item
from voronka.people.requests import SignedInRequest
from voronka.timeline.commands import notifications
from voronka.timeline.models import Notification
from voronka.timeline.notices import told
from voronka.web.addresses import address

LATEST = 8  # under the bell


@login_required
@require_GET
def index(request: SignedInRequest) -> HttpResponse:
    """List everything, newest first, a page at a time."""
    only_unread = request.GET.get("state") == "unread"
    after = request.GET.get("after", "")
    page = told.notifications(request.user, only_unread=only_unread, after=after)
    context = {"rows": page.rows, "after": page.after, "only_unread": only_unread}
    return render(request, "notifications/index.html", context)


@login_required
@require_GET
def bell(request: SignedInRequest) -> HttpResponse:
    """Draw the number beside the bell again."""
    return render(request, "notifications/_count.html", {"unread": told.unread(request.user)})


@login_required
@require_GET
def latest(request: SignedInRequest) -> HttpResponse:
    """Draw the newest ones under the bell."""
    page = told.notifications(request.user, limit=LATEST)
    context = {"rows": page.rows, "unread": told.unread(request.user)}
    return render(request, "notifications/_latest.html", context)


@login_required
@require_POST
def follow(request: SignedInRequest, notification_id: int) -> HttpResponse:
    """Mark one as read and lead to what it is about: a card in the slider, else a page."""
    found = _own_or_404(request, notification_id)
    notifications.mark_read(request.user.pk, notification_id=found.pk)
    if found.item_id and Item.objects.visible_to(request.user).filter(pk=found.item_id).exists():
        response = HttpResponse(status=204)
        url = reverse("card:show", args=[found.item_id])
        trigger_client_event(response, "slider:open", {"url": url})
    elif url := _page_of(found):
        response = HttpResponseClientRedirect(url)
    else:
        response = HttpResponse(status=204)
    return _told(response)


@login_required
@require_GET
def go(request: SignedInRequest, notification_id: int) -> HttpResponse:
    """Lead on from a letter or from a device's notice to what it is about.

    It counts as read then, unless somebody looks with the person's eyes.
    """
    if not Notification.objects.filter(pk=notification_id).exists():
        messages.info(
            request, _("This notice is read and no longer kept. Here are the newer ones.")
        )
        return redirect("notifications:index")
    found = _own_or_404(request, notification_id)
    if getattr(request, "viewer", None) is None:
        notifications.mark_read(request.user.pk, notification_id=found.pk)
    if found.item_id and Item.objects.visible_to(request.user).filter(pk=found.item_id).exists():
        return redirect("card:show", found.item_id)
    return redirect(_page_of(found) or "notifications:index")


@login_required
@require_POST
def read(request: SignedInRequest, notification_id: int) -> HttpResponse:
    """Mark one as read."""
    found = _own_or_404(request, notification_id)
    notifications.mark_read(request.user.pk, notification_id=found.pk)
    return _told(HttpResponse(status=204))


@login_required
@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    """Mark all as read."""
    notifications.mark_read(request.user.pk)
    return _told(HttpResponse(status=204))


def _own_or_404(request: SignedInRequest, notification_id: int) -> Notification:
    return get_object_or_404(Notification, pk=notification_id, user_id=request.user.pk)


def _page_of(found: Notification) -> str:
    """Return the page that a notification of a long job, or of a task without a card, leads to."""
    if found.url_name:
        arguments = [found.url_id] if found.url_id is not None else []
        return address(found.url_name, *arguments)
    own_task = found.kind in ("task", "reminder")
    return reverse("my_day:index") if own_task and found.item_id is None else ""


def _told(response: HttpResponse) -> HttpResponse:
    """Have the bell and the lists read themselves anew."""
    return trigger_client_event(response, "notifications:read", {})
