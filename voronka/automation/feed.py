"""What robots and their kin do to a card, as lines of the feed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from voronka.journal.models import Event
from voronka.timeline.telling import Change, Line, Teller, register_line, stages_of


def _tunnelled(teller: Teller, event: Event) -> Line:
    how, other = event.diff.get("how"), event.diff.get("other")
    stage = teller.names.get("stage", event.diff.get("to")) or _("a deleted stage")
    if how == "move":
        return Line("route", _("sent the card on to “%(stage)s”") % {"stage": stage})
    text = {
        "child": _("let it go on as a card of its own at “%(stage)s”"),
        "copy": _("made a successor at “%(stage)s”"),
    }[str(how)]
    seen = teller.names.get("item", other) is not None
    return Line("route", text % {"stage": stage}, item_id=int(other) if seen and other else None)


def _clock_changed(teller: Teller, event: Event) -> Line:
    said = str(event.diff.get("reason") or "")
    how = str(event.diff.get("how"))
    icon, text = {
        "prolonged": ("clock-plus", _("prolonged the stage's deadline")),
        "paused": ("player-pause", _("stopped the clock of the stage")),
        "resumed": ("player-play", _("let the clock of the stage go on")),
    }.get(how, ("clock", how))
    return Line(icon, text, said=said)


def _loss_confirmed(teller: Teller, event: Event) -> Line:
    if event.diff.get("state") == "lapsed":
        return Line("gavel", _("nobody has checked the loss in time: it counts as confirmed"))
    return Line("gavel", _("confirmed the loss"))


def _loss_overturned(teller: Teller, event: Event) -> Line:
    said = str(event.diff.get("why") or "")
    text = _("put the card back to work: it was not lost")
    return Line("arrow-back-up", text, stages_of(teller, event), said)


def _loss_reason_changed(teller: Teller, event: Event) -> Line:
    was, now = (teller.names.get("reason", event.diff.get(key)) for key in ("was", "reason"))
    change = Change(_("Loss reason"), str(was or ""), str(now or ""))
    return Line("gavel", "", (change,), str(event.diff.get("comment") or ""))


def _pass_given(teller: Teller, event: Event) -> Line:
    stage = teller.names.get("stage", event.diff.get("stage")) or _("a deleted stage")
    text = _("gave a pass to “%(stage)s”") % {"stage": stage}
    return Line("ticket", text, said=str(event.diff.get("comment") or ""))


def _verdict_asked(teller: Teller, event: Event) -> Line:
    return Line("gavel", _("asked the head of sales whether the loss is right"))


def _button_pressed(teller: Teller, event: Event) -> Line:
    return Line("hand-click", _("pressed a robot's button"))


def _called_off(teller: Teller, event: Event) -> Line:
    return Line("robot", _("called off what a robot was going to do"))


def register() -> None:
    """Let the feed tell them."""
    for verb, how in {
        "item.tunnelled": _tunnelled,
        "item.clock_changed": _clock_changed,
        "item.verdict_asked": _verdict_asked,
        "item.loss_confirmed": _loss_confirmed,
        "item.loss_overturned": _loss_overturned,
        "item.loss_reason_changed": _loss_reason_changed,
        "item.pass_given": _pass_given,
        "item.button_pressed": _button_pressed,
        "item.robot_called_off": _called_off,
    }.items():
        register_line(verb, how)
