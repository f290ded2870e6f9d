"""Telling people of what robots ask of them (UI-11)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.items.models import Item
from voronka.journal.models import Event
from voronka.people.models import User
from voronka.timeline.commands.notifications import notify


def on_verdict_asked(event: Event) -> None:
    """Tell the judge of a loss that a verdict is asked (a handler of `item.verdict_asked`, F7)."""
    judge = User.objects.filter(pk=event.diff.get("judge") or 0, is_active=True).first()
    if judge is None:
        return
    title = Item.objects.values_list("title", flat=True).get(pk=event.subject_id)
    with override(judge.language):
        text = _("“%(title)s” was lost: is it right?") % {"title": title}
    notify(judge.pk, "verdict", text, item_id=event.subject_id, event=event)
