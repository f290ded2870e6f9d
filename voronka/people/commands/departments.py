"""Departments: a tree of teams with their heads."""

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
from voronka.people import access
from voronka.people.models import Department, User

_CODE = re.compile(r"[a-z0-9_-]{1,40}")


@transaction.atomic
def save_department(
    department_id: int | None = None,
    *,
    code: str,
    name: LocalText,
    by: Actor,
    parent: Department | None = None,
    head: User | None = None,
    position: int | None = None,
) -> Department:
    """Create a department, or change and move one. An unchanged one writes nothing.

    Args:
        parent: the department above; None for one at the top.
        head: who leads it (РОП); sees its cards and those below by the scope "branch".
    Raises:
        InvalidInput: the code is taken or not one, no name, a dismissed head.
        Conflict: a department cannot stand below itself.
        Forbidden: no right to people.
    """
    access.require_right(by, "people")
    tree = {d.pk: d for d in Department.objects.select_for_update().order_by("pk")}
    if department_id is not None and department_id not in tree:
        raise NotFound(_("There is no such department."))
    department = tree[department_id] if department_id else Department()
    _check(code, name, head, department)
    if parent is not None and department.pk and _is_below(parent.pk, department.pk, tree):
        raise Conflict(_("A department cannot be moved into itself or below itself."))
    before = _facts(department)
    department.code, department.name = code, name
    department.parent, department.head = parent, head
    if position is not None:
        department.position = position
    elif not department.pk:
        department.position = len(tree)
    after = _facts(department)
    if department.pk and before == after:
        return department
    created = department.pk is None
    department.save()
    if created:
        record("department.created", department, by=by, **after)
    else:
        changed = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
        record("department.changed", department, by=by, name=name.as_dict(), changes=changed)
    return department


@transaction.atomic
def delete_department(department_id: int, *, by: Actor) -> None:
    """Remove an empty department.

    Raises:
        Conflict: people (dismissed ones included) or departments are still inside.
        Forbidden: no right to people.
    """
    access.require_right(by, "people")
    department = Department.objects.select_for_update().filter(pk=department_id).first()
    if department is None:
        raise NotFound(_("There is no such department."))
    if people := department.users.count():
        raise Conflict(
            ngettext(
                "%(count)d person is in this department. Move them first.",
                "%(count)d people are in this department. Move them first.",
                people,
            )
            % {"count": people}
        )
    if below := department.children.count():
        raise Conflict(
            ngettext(
                "%(count)d department is below this one. Move it first.",
                "%(count)d departments are below this one. Move them first.",
                below,
            )
            % {"count": below}
        )
    record("department.deleted", department, by=by, **_facts(department))
    department.delete()


def _check(code: str, name: LocalText, head: User | None, department: Department) -> None:
    fault = field = ""
    if not _CODE.fullmatch(code):
        field = "code"
        fault = _("Give a code of small Latin letters, digits, “-” and “_”, up to 40.")
    elif Department.objects.filter(code=code).exclude(pk=department.pk).exists():
        field, fault = "code", _("Another department has this code.")
    elif not name:
        field, fault = "name", _("Give the department a name.")
    elif head is not None and not head.is_active:
        field, fault = "head", _("A dismissed person cannot lead a department.")
    if fault:
        raise InvalidInput(fault, fields={field: fault})


def _is_below(candidate: int, top: int, tree: dict[int, Department]) -> bool:
    """Whether `candidate` is `top` or stands somewhere below it."""
    here: int | None = candidate
    while here is not None:
        if here == top:
            return True
        here = tree[here].parent_id
    return False


def _facts(department: Department) -> dict[str, Any]:
    return {
        "code": department.code,
        "name": department.name.as_dict(),
        "parent": department.parent_id,
        "head": department.head_id,
        "position": department.position,
    }
