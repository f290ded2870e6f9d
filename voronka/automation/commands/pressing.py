"""A button on the card: a person wakes a robot."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.automation.models import Robot
from voronka.automation.rules import applies
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput


@transaction.atomic
def press_button(item_id: int, code: str, *, by: Actor) -> Item:
    """Wake the robot whose button was pressed; records `item.button_pressed`.

    Raises:
        InvalidInput: no such button on this card.
        NotFound, Forbidden: the card, or the right to change it.
    """
    item = lock_card(item_id, by=by, action="change")
    robot = Robot.objects.working().filter(code=code, trigger="button").first()
    if robot is None or not applies(robot, item):
        raise InvalidInput(_("This button is not here any more. Open the card again."))
    note_event("item.button_pressed", item, by=by, robot=robot.code)
    return item
