"""The one door to clients: every change of a client is one of these commands."""

from voronka.clients.commands.contacting import (
    add_contact_point,
    change_contact_point,
    put_contact_point_first,
    remove_contact_point,
    reveal_contact,
)
from voronka.clients.commands.creating import create_client
from voronka.clients.commands.deleting import delete_client, restore_client
from voronka.clients.commands.editing import assign_client, edit_client
from voronka.clients.commands.excluding import count_stopped, exclude, lift_exclusion
from voronka.clients.commands.linking import link_person_to_company, unlink_person_from_company
from voronka.clients.commands.loading import ClientRow, load_clients, load_links
from voronka.clients.commands.merging import (
    merge_clients,
    set_not_duplicates,
    undo_merge,
    unset_not_duplicates,
)

__all__ = [
    "ClientRow",
    "add_contact_point",
    "assign_client",
    "change_contact_point",
    "count_stopped",
    "create_client",
    "delete_client",
    "edit_client",
    "exclude",
    "lift_exclusion",
    "link_person_to_company",
    "load_clients",
    "load_links",
    "merge_clients",
    "put_contact_point_first",
    "remove_contact_point",
    "restore_client",
    "reveal_contact",
    "set_not_duplicates",
    "undo_merge",
    "unlink_person_from_company",
    "unset_not_duplicates",
]
