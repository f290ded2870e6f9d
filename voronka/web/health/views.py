"""One answer in JSON; 200 when database and worker live, 503 otherwise."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse

import voronka
from voronka.web.health import state


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
        work = state.work()
    except DatabaseError:
        answer |= {"status": "down", "database": "does not answer"}
        return JsonResponse(answer, status=503)
    answer["worker_heartbeat_seconds"] = work.heartbeat and round(work.heartbeat, 1)
    answer["queue_depth"] = work.waiting
    if not work.is_alive:
        answer["status"] = "no worker"
    return JsonResponse(answer, status=200 if work.is_alive else 503)
