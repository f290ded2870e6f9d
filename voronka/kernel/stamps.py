"""The stamp of the set-up: another one as soon as a change of what is set up is committed (ADR 13).

Triggers write it, so nobody who changes the set-up can forget to, whichever program it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.migrations import RunSQL
from django.db.models import BigIntegerField, Func

_STAMP = "SELECT coalesce(sum(stamp), 0)::bigint FROM setup_stamp"

CREATE = RunSQL(
    """
    -- Two transactions that change the set-up at the same time take different rows, as a rule: with
    -- one row they would wait for each other's end, and could wait in a circle.
    CREATE TABLE setup_stamp (slot smallint PRIMARY KEY, stamp bigint NOT NULL);
    CREATE FUNCTION voronka_setup_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      -- A random number, not the next one: what was rolled back, or restored, comes never again.
      INSERT INTO setup_stamp (slot, stamp)
      VALUES (pg_current_xact_id()::text::bigint % 64, floor(random() * 2 ^ 52)::bigint)
      ON CONFLICT (slot) DO UPDATE SET stamp = excluded.stamp;
      RETURN NULL;
    END $$;
    """,
    "DROP FUNCTION voronka_setup_changed; DROP TABLE setup_stamp",
)


def stamped(table: str, columns: Sequence[str] = ()) -> RunSQL:
    """Return the migration's step that makes changes of a table change the stamp.

    Args:
        columns: only updates of these count; all when empty. For tables with a column that is
            written all the time, which no `steady` query may read then.
    """
    of = f" OF {', '.join(columns)}" if columns else ""
    return RunSQL(
        f"""
        CREATE TRIGGER setup_stamp AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION voronka_setup_changed()
        """,
        f"DROP TRIGGER setup_stamp ON {table}",
    )


def read_stamp() -> int:
    """Return the stamp as it is now. One SQL query."""
    with connection.cursor() as cursor:
        cursor.execute(_STAMP)
        (stamp,) = cursor.fetchone()
    return int(stamp)


def stamp_beside() -> Func:
    """Return the stamp as a column, for a query that is asked anyway."""
    return Func(template=f"({_STAMP})", output_field=BigIntegerField())
