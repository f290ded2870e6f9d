"""Adding up the running tallies of open and of closed cards."""

from __future__ import annotations

from django.db import connection, transaction

# One statement: a reader sees either all old lines or their sum. Deadlines that have passed
# count for ever, so their moment is forgotten; those ahead keep it.
_FOLD = """
WITH line AS (
  SELECT id, pipeline_id, stage_id, owner_id,
         CASE WHEN counts_from <= now() THEN 'epoch'::timestamptz ELSE counts_from END AS moment
  FROM items_tally
), several AS (
  SELECT pipeline_id, stage_id, owner_id, moment FROM line
  GROUP BY pipeline_id, stage_id, owner_id, moment HAVING count(*) > 1
), gone AS (
  DELETE FROM items_tally USING line JOIN several
    USING (pipeline_id, stage_id, owner_id, moment)
  WHERE items_tally.id = line.id
  RETURNING several.*, items_tally.cards, amount, stalled, moments
), added AS (
  INSERT INTO items_tally
    (pipeline_id, stage_id, owner_id, counts_from, cards, amount, stalled, moments)
  SELECT pipeline_id, stage_id, owner_id, moment,
         sum(cards), sum(amount), sum(stalled), sum(moments)
  FROM gone GROUP BY pipeline_id, stage_id, owner_id, moment
  HAVING sum(cards) <> 0 OR sum(amount) <> 0 OR sum(stalled) <> 0
  RETURNING id
)
SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM added)
"""
_FOLD_CLOSED = """
WITH several AS (
  SELECT pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month FROM items_closedtally
  GROUP BY pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month HAVING count(*) > 1
), gone AS (
  DELETE FROM items_closedtally AS line USING several
  WHERE (line.pipeline_id, line.stage_id, line.owner_id, line.source_id, line.loss_reason_id,
         line.month)
      = (several.pipeline_id, several.stage_id, several.owner_id, several.source_id,
         several.loss_reason_id, several.month)
  RETURNING line.*
), added AS (
  INSERT INTO items_closedtally
    (pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month, cards, amount, cycle)
  SELECT pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month,
         sum(cards), sum(amount), sum(cycle)
  FROM gone GROUP BY pipeline_id, stage_id, owner_id, source_id, loss_reason_id, month
  HAVING sum(cards) <> 0 OR sum(amount) <> 0 OR sum(cycle) <> interval '0'
  RETURNING id
)
SELECT (SELECT count(*) FROM gone) - (SELECT count(*) FROM added)
"""


@transaction.atomic
def fold_tally() -> int:
    """Replace tally lines of the same stage, owner and moment by their sum; return lines saved.

    Changes no total, and holds up nobody: cards only ever add lines. Two at once would do half
    of the work each, so the second leaves it to the first and returns 0.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('voronka tally'))")
        if not cursor.fetchone()[0]:
            return 0
        saved = 0
        for statement in (_FOLD, _FOLD_CLOSED):
            cursor.execute(statement)
            saved += int(cursor.fetchone()[0])
        return saved
