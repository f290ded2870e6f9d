"""Pure decisions about rights: what a matrix may hold, and whether one set covers another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from voronka.kernel.errors import InvalidInput
from voronka.people.access import ACTIONS, CLIENTS, RIGHTS, Access, Scope

Matrix = Mapping[str, Mapping[str, str]]

_KEY = re.compile(r"\*|[a-z0-9_-]+(/[a-z0-9_-]+)?")
_ELSE = "*"  # the row for every kind that has none of its own


def check_matrix(matrix: Matrix) -> dict[str, dict[str, str]]:
    """Return a tidy copy of a role's matrix: known keys and actions only, empty rows dropped.

    Raises:
        InvalidInput: a key, an action or a scope is unknown; `fields` names each place.
    """
    faults: dict[str, object] = {}
    tidy: dict[str, dict[str, str]] = {}
    for key, row in matrix.items():
        if not _KEY.fullmatch(key) or key.startswith(f"{CLIENTS}/"):
            faults[key] = _("Give “*”, “client”, an item type, or “type/pipeline”.")
            continue
        if not isinstance(row, Mapping):
            faults[key] = _("Give a scope for each action.")
            continue
        for action, code in row.items():
            if action not in ACTIONS:
                faults[f"{key}.{action}"] = _("There is no such action.")
            elif not isinstance(code, str) or code.upper() not in Scope.__members__:
                faults[f"{key}.{action}"] = _("Give none, own, department, branch or all.")
            else:
                tidy.setdefault(key, {})[action] = code.lower()
    if faults:
        raise InvalidInput(
            _("The rights could not be read. Mend the marked places and save again."),
            fields=faults,  # type: ignore[arg-type]
        )
    return tidy


def check_rights(rights: Iterable[str]) -> list[str]:
    """Return settings rights without doubles, in the order of RIGHTS.

    Raises:
        InvalidInput: a right is unknown.
    """
    wanted = set(rights)
    if unknown := sorted(wanted - RIGHTS.keys()):
        raise InvalidInput(
            _("There is no such right: %(names)s.") % {"names": ", ".join(unknown)},
            fields={"rights": _("Choose from the list.")},
        )
    return [code for code in RIGHTS if code in wanted]


def covers(mine: Access, theirs: Access) -> bool:
    """Whether somebody with the rights `mine` may hand out or take over the rights `theirs`.

    Every scope and every settings right of theirs must be inside mine: nobody can give away
    more than they have, nor sit down at the desk of somebody who may do more.
    """
    if not mine.active:
        return False
    if mine.everything:
        return True
    if theirs.everything or not theirs.rights <= mine.rights:
        return False
    if mine.hides_contacts and not theirs.hides_contacts:
        return False
    keys = {_ELSE, *mine.matrix, *theirs.matrix}
    return all(
        _at(theirs, action, key) <= _at(mine, action, key) for key in keys for action in ACTIONS
    )


def sees_no_more(viewer: Access, target: Access) -> bool:
    """Whether `viewer` could see already whatever `target` sees.

    Stricter than `covers`: a scope such as "department" means other cards for another person,
    so wherever the target reaches anything at all the viewer must reach everything.
    """
    if viewer.everything and viewer.active:
        return True
    if not covers(viewer, target):
        return False
    keys = {_ELSE, *viewer.matrix, *target.matrix}
    return all(
        _at(target, action, key) is Scope.NONE or _at(viewer, action, key) is Scope.ALL
        for key in keys
        for action in ACTIONS
    )


def _at(rights: Access, action: str, key: str) -> Scope:
    kind, _slash, pipeline = key.partition("/")
    return rights.scope(action, kind, pipeline)
