"""Fill a database with N deals of five visits each, at bulk speed, the same every time.

Written straight in SQL, past the doors: what is measured is what the pages and commands do with
such a base, not how it came to be. All sellers have as many open cards, at all stages. Triggers and
key checks rest meanwhile; the search index, totals and statistics are made whole afterwards.
"""

from __future__ import annotations

import time
from importlib import import_module

from django.db import connection

PEOPLE = 20  # sellers
OPEN_EVERY = 20  # one card in twenty is still open
STAGES = 6  # open ones

_CLIENTS = """
INSERT INTO clients_client (kind, name, first_name, last_name, patronymic, job_title, inn, address,
  website, comment, "values", owner_id, external_id, created_at, changed_at, version)
SELECT 'person', f || ' ' || l, f, l, '', '', '', '', '', '', '{}', %(owner)s + n %% %(people)s, '',
  now() - n * interval '1 minute', now(), 1
FROM (SELECT n,
  (ARRAY['Анна','Иван','Мария','Пётр','Ольга','Сергей','Елена','Дмитрий','Татьяна','Алексей'])
    [1 + n %% 10] AS f,
  (ARRAY['Иванова','Смирнов','Кузнецова','Попов','Васильева','Соколов','Михайлова','Новиков'])
    [1 + n / 10 %% 8] || ' ' || to_hex(n) AS l
  FROM generate_series(1, %(clients)s) n) names
"""
_POINTS = """
INSERT INTO clients_contactpoint (client_id, kind, value, raw, extension, label, position)
SELECT id, 'phone', '+79' || lpad(((id * 7919) %% 1000000000)::text, 9, '0'), '', '', '', 0
FROM clients_client WHERE id > %(client)s
"""
_ITEMS = """
INSERT INTO items_item (pipeline_id, stage_id, title, owner_id, contact_id, utm, amount, "values",
  checks, grade, grade_order, repeat, created_at, changed_at, stage_entered_at, stalls_at,
  next_activity_kind, next_activity_title, closed_at, loss_comment, external_id, version)
SELECT %(pipeline)s,
  CASE WHEN n %% %(every)s = 0 THEN (%(open)s::bigint[])[1 + (n / %(every)s) %% %(stages)s]
       WHEN n %% 5 < 2 THEN %(won)s ELSE %(lost)s END,
  (ARRAY['Кухня','Шкаф','Прихожая','Гардеробная','Стол','Фасады','Детская','Спальня'])[1 + n %% 8]
    || ' ' || (ARRAY['угловая','белая','под заказ','дуб','на дачу'])[1 + n / 8 %% 5] || ' ' || n,
  %(owner)s + (n + n / %(every)s / %(stages)s) %% %(people)s, %(client)s + 1 + n %% %(clients)s,
  '{}', (n * 37) %% 900000 + 1000, '{}', '{}', '', 9, n %% 7 = 0, born, now(),
  CASE WHEN n %% %(every)s = 0 THEN now() - (n %% 40) * interval '9 hours'
       ELSE born + interval '30 days' END,
  CASE WHEN n %% %(every)s = 0 THEN now() + ((n %% 90) - 30) * interval '5 hours' END,
  '', '', CASE WHEN n %% %(every)s = 0 THEN NULL ELSE born + interval '30 days' END, '', '', 1
FROM (SELECT n, now() - interval '31 days' - (n %% 1000) * interval '1 day'
        - (n %% 1440) * interval '1 minute' AS born
      FROM generate_series(1, %(items)s) n) cards
"""
_VISITS = """
INSERT INTO items_stagevisit (item_id, stage_id, pipeline_id, owner_id, entered_at, left_at,
  by_user_id, how, jump, correction)
SELECT i.id, CASE WHEN k = 4 THEN i.stage_id ELSE (%(open)s::bigint[])[1 + k] END, i.pipeline_id,
  i.owner_id,
  CASE WHEN k = 4 THEN i.stage_entered_at
       ELSE i.created_at + k * (i.stage_entered_at - i.created_at) / 4 END,
  CASE WHEN k = 4 THEN NULL
       ELSE i.created_at + (k + 1) * (i.stage_entered_at - i.created_at) / 4 END,
  i.owner_id, 'user', false, false
FROM items_item i CROSS JOIN generate_series(0, 4) k WHERE i.id > %(item)s
"""
_EVENTS = """
INSERT INTO journal_event (verb, subject_type, subject_id, pipeline_id, actor_kind, actor_user_id,
  actor_name, diff, at)
SELECT CASE WHEN k = 0 THEN 'item.created' ELSE 'item.moved' END, 'item', i.id, i.pipeline_id,
  'user', i.owner_id, '',
  CASE WHEN k = 0 THEN jsonb_build_object('stage', (%(open)s::bigint[])[1], 'title', i.title,
         'owner_id', i.owner_id)
       ELSE jsonb_build_object('left', (%(open)s::bigint[])[k], 'entered',
         (%(open)s::bigint[])[k + 1], 'owner_id', i.owner_id) END,
  i.created_at + k * (i.stage_entered_at - i.created_at) / 4
FROM items_item i CROSS JOIN generate_series(0, 4) k WHERE i.id > %(item)s
"""
_TEXTS = """
INSERT INTO search_cardtext (item_id, vector)
SELECT id, voronka_fragments(title || ' ' || external_id) FROM items_item WHERE id > %(item)s
"""


def _tallies() -> list[str]:
    """Return the statements of the migrations that count the cards there are."""
    steps = []
    for table, name in (
        ("items_tally", "0005_keep_tally"),
        ("items_closedtally", "0011_keep_closed_tally"),
    ):
        kept = import_module(f"voronka.items.migrations.{name}")
        steps += [f"TRUNCATE {table}", kept.insert(kept.cards_of(1, "card", "items_item"))]
    return steps


def fill(
    items: int, *, pipeline_id: int, stages: list[int], won: int, lost: int, owner: int
) -> float:
    """Add `items` deals and half as many clients; return the seconds it took, vacuum included.

    Args:
        stages: ids of the open stages, in order; `owner` is the first of PEOPLE ids in a row.
    """
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM clients_client")
        client = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(max(id), 0) FROM items_item")
        item = cursor.fetchone()[0]
        named = {
            "items": items,
            "clients": max(1, items // 2),
            "client": client,
            "item": item,
            "people": PEOPLE,
            "owner": owner,
            "every": OPEN_EVERY,
            "stages": len(stages),
            "open": stages,
            "won": won,
            "lost": lost,
            "pipeline": pipeline_id,
        }
        cursor.execute("SET session_replication_role = replica")
        for step in (_CLIENTS, _POINTS, _ITEMS, _VISITS, _EVENTS, _TEXTS):
            cursor.execute(step, named)
        cursor.execute("SET session_replication_role = DEFAULT")
        for step in _tallies():
            cursor.execute(step)
        cursor.execute("VACUUM ANALYZE")  # after a bulk load; a settled base is what is measured
    return time.perf_counter() - began
