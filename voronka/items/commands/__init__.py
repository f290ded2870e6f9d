"""The one door to the card: every change of an item is one of these commands."""

from voronka.items.commands.closing import lose_item, win_item
from voronka.items.commands.converting import convert_lead, undo_conversion
from voronka.items.commands.creating import create_item
from voronka.items.commands.deleting import delete_item, restore_item
from voronka.items.commands.editing import assign_owner, confirm_criterion, edit_item
from voronka.items.commands.excluding import exclude_client_of
from voronka.items.commands.files import attach_file, remove_file
from voronka.items.commands.lines import set_lines
from voronka.items.commands.linking import link_items, unlink_items, unwatch_item, watch_item
from voronka.items.commands.moving import correct_item, move_item, undo_move
from voronka.items.commands.tunnelling import Tunnel, tunnel_item

__all__ = [
    "Tunnel",
    "assign_owner",
    "attach_file",
    "confirm_criterion",
    "convert_lead",
    "correct_item",
    "create_item",
    "delete_item",
    "edit_item",
    "exclude_client_of",
    "link_items",
    "lose_item",
    "move_item",
    "remove_file",
    "restore_item",
    "set_lines",
    "tunnel_item",
    "undo_conversion",
    "undo_move",
    "unlink_items",
    "unwatch_item",
    "watch_item",
    "win_item",
]
