"""Changing what a card says, and who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.items import rules
from voronka.items.changes import Changes, clean_changes
from voronka.items.commands.card import (
    count_formulas,
    lock_card,
    note_event,
    require_filled,
    save_card,
)
from voronka.items.commands.creating import has_bought, regrade
from voronka.items.errors import CardChanged
from voronka.items.models import Item
from voronka.journal.actors import Actor
from voronka.journal.commands import plain
from voronka.kernel.errors import InvalidInput
from voronka.people.errors import NoLongerHere
from voronka.people.models import User
from voronka.people.schedules import schedule_of

_CODES = {"contact_id": "contact", "company_id": "company", "source_id": "source"}


@transaction.atomic
def edit_item(
    item_id: int,
    changes: Mapping[str, Any],
    *,
    by: Actor,
    expected: Mapping[str, Any] | None = None,
) -> Item:
    """Change fields of a card; records `item.changed` with old and new values of what differs.

    Args:
        changes: field code -> typed value; an empty value clears the field.
        expected: field code -> the stored value the person was looking at; two people may edit
            different fields of one card at once, the same field not (UI-12).
    Raises:
        InvalidInput: a value can't be read, or a field that this stage requires would be cleared.
        CardChanged: a field in `expected` has another value by now.
    """
    item = lock_card(item_id, by=by, action="change")
    clean = clean_changes(item.pipeline.item_type, changes, by=by)
    if expected is not None:
        _require_unchanged(item, expected)
    diff = apply_changes(item, clean)
    if not diff:
        return item
    require_filled(item, _emptied(item, diff))
    save_card(item, changed_columns(clean))
    note_event("item.changed", item, by=by, changes=diff)
    return item


def apply_changes(item: Item, clean: Changes) -> dict[str, list[Any]]:
    """Set cleaned changes on a card; return {code: [old, new]} of what differs. Saves nothing."""
    diff: dict[str, list[Any]] = {}
    for attribute, value in clean.columns.items():
        old = getattr(item, attribute)
        if old != value:
            diff[_CODES.get(attribute, attribute)] = plain([old, value])
            setattr(item, attribute, value)
    values = dict(item.values)
    for code, value in clean.values.items():
        if values.get(code) != value:
            diff[code] = [values.get(code), value]
            if value is None:
                values.pop(code, None)
            else:
                values[code] = value
    item.values = values
    diff |= count_formulas(item)
    if "contact" in diff or "company" in diff:
        item.repeat = has_bought(item.contact_id, item.company_id)
    old_grade = item.grade
    if clean.values and regrade(item):
        diff["grade"] = [old_grade, item.grade]
    return diff


def _emptied(item: Item, diff: Mapping[str, list[Any]]) -> list[str]:
    """Return the codes that the changes have left empty; an amount of nothing is none."""
    codes = [code for code, (_old, new) in diff.items() if new in (None, "", [])]
    return [*codes, "amount"] if "amount" in diff and not item.amount else codes


def changed_columns(clean: Changes) -> list[str]:
    """Return the columns that applying `clean` may have touched."""
    columns = [_CODES.get(a, a) for a in clean.columns]
    return [*columns, "values", "grade", "grade_order", "repeat"]


def stored(item: Item, code: str) -> Any:
    """Return the stored value behind a field code, as JSON would show it."""
    attribute = f"{code}_id" if code in ("contact", "company", "source", "owner") else code
    if attribute in ("title", "amount", "utm") or attribute.endswith("_id"):
        return plain(getattr(item, attribute))
    return item.values.get(code)


def _require_unchanged(item: Item, expected: Mapping[str, Any]) -> None:
    for code, seen in expected.items():
        if stored(item, code) != plain(seen):
            raise CardChanged


@transaction.atomic
def assign_owner(item_id: int, *, to: User, by: Actor, why: str = "") -> Item:
    """Make `to` responsible for a card; its clock in working time follows the new owner's hours.

    Records `item.assigned`. Needs the right to change the card now, and to add cards for `to`
    is not asked: handing over is part of the work.

    Args:
        why: a code of the reason, when a rule and not a person chose.
    Raises:
        InvalidInput: `to` no longer works here.
    """
    item = lock_card(item_id, by=by, action="change")
    if item.owner_id == to.pk:
        return item
    if not to.is_active:
        raise NoLongerHere
    left = item.owner_id
    item.owner = to
    if item.paused_at is None:
        item.stalls_at = rules.stalls_at(
            item.stage,
            item.stage_entered_at,
            lambda: schedule_of(to.pk, calendar_id=item.pipeline.calendar_id),
            extra=item.stall_extra,
        )
    save_card(item, ["owner", "stalls_at"])
    note_event("item.assigned", item, by=by, left=left, entered=to.pk, why=why)
    return item


@transaction.atomic
def confirm_criterion(item_id: int, code: str, *, met: bool, by: Actor) -> Item:
    """Confirm, or take back, an exit criterion of the present stage by a person's word (FS-6).

    Records `item.criterion_confirmed` or `item.criterion_withdrawn`.
    """
    item = lock_card(item_id, by=by, action="change")
    criterion = next((c for c in rules.criteria(item.stage) if c.code == code), None)
    if criterion is None:
        raise InvalidInput(_("This stage has no such criterion. Open the card again."))
    checks = dict(item.checks)
    if met == (criterion.key in checks):
        return item
    if met:
        checks[criterion.key] = {"by": by.user_id, "at": timezone.now().isoformat()}
    else:
        del checks[criterion.key]
    item.checks = checks
    save_card(item, ["checks"])
    verb = "item.criterion_confirmed" if met else "item.criterion_withdrawn"
    note_event(verb, item, by=by, criterion=criterion.key, text=criterion.text.as_dict())
    return item


@transaction.atomic
def note_touch(item_id: int, *, by: Actor) -> None:
    """Remember that a person has worked on the card. That is no answer: see `note_answer`."""
    Item.objects.filter(pk=item_id).update(last_touch_at=timezone.now())
