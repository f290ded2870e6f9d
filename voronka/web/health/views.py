"""One answer in JSON; 200 when database and worker live, 503 otherwise."""

from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

import voronka

_WORKER_DEAD_AFTER = 30.0  # seconds without a heartbeat

_FACTS = """
SELECT extract(epoch FROM now() - max(last_heartbeat))::float,
       (SELECT count(*) FROM procrastinate_jobs
        WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))
FROM procrastinate_workers
"""


def health(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers, how old the worker's last sign is, and what waits."""
    answer: dict[str, Any] = {
        "status": "ok",
        "version": voronka.__version__,
        "database": "ok",
        "worker_heartbeat_seconds": None,  # age of the youngest heartbeat; null: no worker
        "queue_depth": None,  # jobs that are due and wait
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute(_FACTS)
            age, depth = cursor.fetchone() or (None, None)
    except DatabaseError:
        answer |= {"status": "down", "database": "does not answer"}
        return JsonResponse(answer, status=503)
    answer |= {
        "worker_heartbeat_seconds": None if age is None else round(age, 1),
        "queue_depth": depth,
    }
    if age is None or age > _WORKER_DEAD_AFTER:
        answer["status"] = "no worker"
    return JsonResponse(answer, status=200 if answer["status"] == "ok" else 503)
