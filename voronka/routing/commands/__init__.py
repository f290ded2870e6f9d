"""The one door to routing: groups, the table, and giving cards out."""

from voronka.routing.commands.giving import Pick, give_item, note_unplaced, on_duty, pick_owner
from voronka.routing.commands.setup import (
    DistributionSpec,
    MemberSpec,
    RuleSpec,
    archive_distribution,
    delete_rule,
    draft_rule,
    reorder_rules,
    save_distribution,
    save_rule,
)

__all__ = [
    "DistributionSpec",
    "MemberSpec",
    "Pick",
    "RuleSpec",
    "archive_distribution",
    "delete_rule",
    "draft_rule",
    "give_item",
    "note_unplaced",
    "on_duty",
    "pick_owner",
    "reorder_rules",
    "save_distribution",
    "save_rule",
]
