"""What all set-up commands share: the right, one hand at a time, write what differs, record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection, models
from django.utils.translation import gettext as _

from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.texts import LocalText
from voronka.people.access import require_right
from voronka.pipelines.errors import InvalidSetup, NoSuchPart

Row = TypeVar("Row", bound=models.Model)
_LOCK = 7_305_001  # any number that nobody else locks


def begin(by: Actor) -> None:
    """Check the right, and wait until no other transaction changes the set-up.

    Raises:
        Forbidden: the role lacks `setup`.
    """
    require_right(by, "setup")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def write(row: Row, values: dict[str, Any], *, by: Actor, pipeline_id: int | None = None) -> Row:
    """Set `values` on a row and save what differs; record `<type>.created` or `.changed`.

    Nothing is written or recorded when nothing differs.
    """
    created = row.pk is None
    changed = {n: v for n, v in values.items() if created or getattr(row, n) != v}
    if not changed:
        return row
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    if created:
        row.save(force_insert=True)
    else:
        row.save(update_fields=list(changed))
    diff = {n: v for n, v in values.items() if n in changed and (not created or v)}
    note(
        row,
        "created" if created else "changed",
        by=by,
        pipeline_id=pipeline_id,
        changes={n: [None if created else _plain(before[n]), _plain(v)] for n, v in diff.items()},
    )
    return row


def note(
    row: models.Model, what: str, *, by: Actor, pipeline_id: int | None = None, **diff: Any
) -> None:
    """Record `<type>.<what>` about a piece of the set-up."""
    subject: Any = row
    record(f"{subject.journal_type}.{what}", subject, by=by, pipeline_id=pipeline_id, **diff)


def _plain(value: Any) -> Any:
    return value.as_dict() if isinstance(value, LocalText) else value


def next_position(rows: models.QuerySet[Any]) -> int:
    """Return the position behind the last of `rows`."""
    last = rows.aggregate(last=models.Max("position"))["last"]
    return 0 if last is None else int(last) + 1


def arrange(rows: Sequence[Row], order: Iterable[str]) -> list[Row]:
    """Return `rows` in the order of codes; those not named keep their places at the end.

    Raises:
        InvalidSetup: `order` names a code that is not among the rows, or one twice.
    """
    by_code: dict[str, Row] = {str(getattr(row, "code")): row for row in rows}  # noqa: B009
    wanted = list(order)
    if len(set(wanted)) != len(wanted) or any(code not in by_code for code in wanted):
        raise InvalidSetup({"order": _("The list has changed meanwhile. Open it again.")})
    rest = [row for code, row in by_code.items() if code not in set(wanted)]
    return [by_code[code] for code in wanted] + rest


def number(rows: Sequence[Row]) -> bool:
    """Write positions 0, 1, 2 … to `rows`; return whether anything moved."""
    moved = []
    for position, row in enumerate(rows):
        if getattr(row, "position") != position:  # noqa: B009
            setattr(row, "position", position)  # noqa: B010
            moved.append(row)
    if moved:
        type(moved[0])._default_manager.bulk_update(moved, ["position"])
    return bool(moved)


def find(rows: models.QuerySet[Row], code: str, sentence: str) -> Row:
    """Return the row with this code.

    Raises:
        NoSuchPart: with `sentence`, into which the code is put as %(code)s.
    """
    row = rows.filter(code=code).first()
    if row is None:
        raise NoSuchPart(sentence % {"code": code})
    return row


def taken_codes(rows: models.QuerySet[Any]) -> Collection[str]:
    """Return the codes in use among `rows`."""
    return set(rows.values_list("code", flat=True))
