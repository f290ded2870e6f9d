"""Roles: what a kind of employee may do, kept as a matrix."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, InvalidInput, NotFound
from voronka.kernel.texts import LocalText
from voronka.people import access, rules
from voronka.people.commands.guards import require_may_grant
from voronka.people.models import Role
from voronka.people.ready_roles import READY_ROLES

_CODE = re.compile(r"[a-z0-9_-]{1,40}")


@transaction.atomic
def save_role(
    role_id: int | None = None,
    *,
    code: str,
    name: LocalText,
    matrix: rules.Matrix,
    rights: list[str],
    by: Actor,
    everything: bool = False,
    hides_contacts: bool = False,
    position: int | None = None,
) -> Role:
    """Create a role, or change one. An unchanged role writes nothing.

    Args:
        matrix: "*", "client", item type or "type/pipeline" -> {action: scope}.
        rights: settings rights from `access.RIGHTS`.
        hides_contacts: phones, e-mails and accounts of clients are masked until shown one by one.
        everything: all that is and will be; only the owner's role has it, set once and for all.
    Raises:
        InvalidInput: something in the matrix is unknown, the code is taken or not one.
        Forbidden: no right to people, or the role had or would get more than the actor has.
    Source: docs/domain/access.md, "The matrix".
    """
    access.require_right(by, "people")
    role = _load(role_id) if role_id else Role(everything=everything)
    if role.pk:
        require_may_grant(by, role)
    _check_names(code, name, role)
    before = _facts(role)
    role.code = code
    role.name = name
    role.matrix = {} if role.everything else rules.check_matrix(matrix)
    role.hides_contacts = hides_contacts and not role.everything
    role.rights = [] if role.everything else rules.check_rights(rights)
    if position is not None:
        role.position = position
    elif not role.pk:
        role.position = Role.objects.count()
    require_may_grant(by, role)
    after = _facts(role)
    if role.pk and before == after:
        return role
    created = role.pk is None
    role.save()
    if created:
        record("role.created", role, by=by, **after)
    else:
        changed = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
        record("role.changed", role, by=by, code=role.code, changes=changed)
    return role


@transaction.atomic
def delete_role(role_id: int, *, by: Actor) -> None:
    """Remove a role that nobody has.

    Raises:
        Conflict: somebody has it, dismissed people included; or it is the owner's.
        Forbidden: no right to people, or the role gives more than the actor has.
    """
    access.require_right(by, "people")
    role = _load(role_id)
    require_may_grant(by, role)
    if role.everything:
        raise Conflict(_("The owner's role stays: without it nobody could give rights."))
    if holders := role.users.count():
        raise Conflict(
            ngettext(
                "%(count)d person has this role. Give them another one first.",
                "%(count)d people have this role. Give them another one first.",
                holders,
            )
            % {"count": holders}
        )
    record("role.deleted", role, by=by, **_facts(role))
    role.delete()


@transaction.atomic
def create_ready_roles(*, by: Actor) -> list[Role]:
    """Make sure the ready roles exist; those that do stay as the company has changed them."""
    access.require_right(by, "people")
    known = {role.code: role for role in Role.objects.all()}
    for position, ready in enumerate(READY_ROLES):
        if ready.code not in known:
            known[ready.code] = save_role(
                code=ready.code,
                name=ready.name,
                matrix=ready.matrix,
                rights=list(ready.rights),
                everything=ready.everything,
                position=position,
                by=by,
            )
    return [known[ready.code] for ready in READY_ROLES]


def _load(role_id: int) -> Role:
    if role := Role.objects.select_for_update().filter(pk=role_id).first():
        return role
    raise NotFound(_("There is no such role."))


def _check_names(code: str, name: LocalText, role: Role) -> None:
    if not _CODE.fullmatch(code):
        fault = _("Give a code of small Latin letters, digits, “-” and “_”, up to 40.")
        raise InvalidInput(fault, fields={"code": fault})
    if Role.objects.filter(code=code).exclude(pk=role.pk).exists():
        fault = _("Another role has this code.")
        raise InvalidInput(fault, fields={"code": fault})
    if not name:
        fault = _("Give the role a name.")
        raise InvalidInput(fault, fields={"name": fault})


def _facts(role: Role) -> dict[str, Any]:
    return {
        "code": role.code,
        "name": role.name.as_dict(),
        "matrix": role.matrix,
        "rights": role.rights,
        "everything": role.everything,
        "hides_contacts": role.hides_contacts,
        "position": role.position,
    }
