"""Refusals about clients."""

from voronka.kernel.errors import Conflict, DomainError


class KindsDiffer(DomainError):
    """A person and a company can be linked, not merged."""

    code = "kinds_differ"


class MergedAway(Conflict):
    """The client has been merged into another; work goes on there."""

    code = "merged_away"


class LaterMergeFirst(Conflict):
    """Merges are undone in reverse order, so that everything goes back where it was."""

    code = "later_merge_first"
