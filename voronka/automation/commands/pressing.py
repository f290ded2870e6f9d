"""What a person does to robots on a card: press a button, call off what is due."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from voronka.automation.commands.robots import cancel_open
from voronka.automation.models import Robot, RobotRun
from voronka.automation.rules import applies
from voronka.items.commands.card import lock_card, note_event
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.kernel.errors import InvalidInput, NotFound
from voronka.people.access import require_right


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


@transaction.atomic
def call_off(run_id: int, *, by: Actor) -> RobotRun:
    """Let a robot not do what it was going to on a card; records `item.robot_called_off`.

    Who answers for the card may not, or the clocks of its head would be in the wrong hands.

    Raises:
        NotFound: there is no such run.
        InvalidInput: it is over, or at work just now.
        Forbidden: the role lacks "control", or does not reach the card.
    """
    require_right(by, "control")
    run = RobotRun.objects.select_related("robot").filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run of a robot."))
    item = lock_card(run.item_id, by=by, action="see")
    if not cancel_open(RobotRun.objects.filter(pk=run_id), "by_hand"):
        raise InvalidInput(_("It is too late: the robot has acted or is acting. Look again."))
    note_event("item.robot_called_off", item, by=by, robot=run.robot.code)
    return run
