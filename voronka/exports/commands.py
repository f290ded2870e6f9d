"""Asking for an export of the whole base, making it, handing it out, and throwing it away."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from voronka.exports.archive import Written, write_archive
from voronka.exports.models import ExportRun
from voronka.journal.actors import Actor
from voronka.journal.commands import record
from voronka.kernel.errors import Conflict, DomainError, Forbidden, NotFound
from voronka.people import access
from voronka.people.access import Scope
from voronka.people.models import User
from voronka.people.queries import company
from voronka.pipelines.models import Pipeline
from voronka.timeline.commands.notifications import notify

KEEP = timedelta(hours=24)  # then the archive is thrown away
_LOCK = 0x564F_4558  # "VOEX": advisory locks of exports
_PAUSE = 1.0  # seconds between two writes of the progress
State = ExportRun.State


def may_export_all(by: Actor) -> bool:
    """Whether the actor may take the whole base away.

    The archive holds every card and client, the employees, the set-up and the journal, so it asks
    for the right to export all of them and to see the rest. Source: docs/export.md (D4, AC-3).
    """
    rights = access.of_actor(by)
    if rights is None or (rights.everything and rights.active):
        return True
    if rights.hides_contacts:  # the archive holds them whole
        return False
    if not all(rights.has(right) for right in ("setup", "people", "audit", "recycle")):
        return False
    places = [(p.item_type.code, p.code) for p in Pipeline.objects.select_related("item_type")]
    scopes = [rights.scope("export", access.CLIENTS)]
    scopes += [rights.scope("export", kind, code) for kind, code in places]
    return all(scope is Scope.ALL for scope in scopes)


def require_export_all(by: Actor) -> None:
    """Let the actor take the whole base away, or refuse.

    Raises:
        Forbidden: the role does not let its person export everything.
    """
    if not may_export_all(by):
        raise Forbidden(_("Only those who may download everything can export the whole base."))


@transaction.atomic
def ask_export(*, by: User, with_files: bool = True) -> ExportRun:
    """Have the worker make an archive; records `export.asked`.

    Raises:
        Forbidden: the role does not let its person export everything.
        Conflict: one is being made already.
    """
    from voronka.exports.tasks import make

    actor = Actor.user(by)
    require_export_all(actor)
    try:
        with transaction.atomic():
            run = ExportRun.objects.create(
                with_files=with_files, created_by=by, created_at=timezone.now()
            )
    except IntegrityError:
        raise Conflict(_("An archive is being made already. Wait until it is ready.")) from None
    record("export.asked", run, by=actor, with_files=with_files)
    make.defer(run_id=run.pk)
    return run


def make_export(run_id: int) -> ExportRun:
    """Make the archive of a run that waits, or of one whose worker has died; tells who asked.

    Records `export.done` or `export.failed`. A second worker on the same run returns at once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, run_id])
        if not cursor.fetchone()[0]:
            return ExportRun.objects.get(pk=run_id)
    try:
        return _make(run_id)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, run_id])


def _make(run_id: int) -> ExportRun:
    run = ExportRun.objects.select_related("created_by__role").get(pk=run_id)
    if not run.is_busy:
        return run
    with override(run.created_by.language):
        name = f"exports/{secrets.token_hex(16)}.zip"
        target = Path(default_storage.path(name))
        try:
            require_export_all(Actor.user(run.created_by))  # the role may have changed meanwhile
            _begin(run)
            with _Teller(run.pk) as tell:
                write_archive(target, with_files=run.with_files, progress=tell)
        except (DomainError, OSError) as fault:
            target.unlink(missing_ok=True)
            _fail(run, _no_room(fault) if isinstance(fault, OSError) else str(fault))
        else:
            _finish(run, name, target.stat().st_size)
    return run


def _no_room(fault: OSError) -> str:
    return _("The archive could not be written: %(why)s. Make room on the disk and try again.") % {
        "why": fault.strerror or fault
    }


class _Teller:
    """Writes the progress by a connection of its own: the archive's sees one moment only."""

    def __enter__(self) -> Callable[[int, int], None]:
        self.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self.told = 0.0
        return self.tell

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def tell(self, done: int, total: int) -> None:
        """Keep how much is done, once a second at most."""
        if monotonic() - self.told < _PAUSE:
            return
        self.told = monotonic()
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE exports_exportrun SET done = %s, total = %s WHERE id = %s",
                [done, total, self.run_id],
            )


@transaction.atomic
def _begin(run: ExportRun) -> None:
    run.state = State.RUNNING
    run.save(update_fields=["state"])


@transaction.atomic
def _fail(run: ExportRun, error: str) -> None:
    run.state, run.error, run.finished_at = State.FAILED, error[:500], timezone.now()
    run.save(update_fields=["state", "error", "finished_at"])
    record("export.failed", run, by=Actor.system(), error=run.error)
    _tell_person(run, _("The export of the base has stopped by an error."))


@transaction.atomic
def _finish(run: ExportRun, name: str, size: int) -> None:
    run.state, run.finished_at = State.DONE, timezone.now()
    run.file.name, run.size, run.expires_at = name, size, run.finished_at + KEEP
    run.save(update_fields=["state", "finished_at", "file", "size", "expires_at"])
    record("export.done", run, by=Actor.system(), size=size)
    _tell_person(run, _("The export of the base is ready: download it within a day."))


def _tell_person(run: ExportRun, text: str) -> None:
    notify(run.created_by_id, "job", text, url_name="exports:index")


@transaction.atomic
def hand_out(run_id: int, *, by: User) -> ExportRun:
    """Give an archive to who may have it; records `export.downloaded`.

    Raises:
        Forbidden: the role does not let its person export everything.
        NotFound: there is none, or its day is over.
    """
    require_export_all(Actor.user(by))
    run = ExportRun.objects.filter(pk=run_id, state=State.DONE).first()
    if run is None or run.expires_at is None or run.expires_at <= timezone.now():
        raise NotFound(_("This archive is thrown away. Make a new one."))
    record("export.downloaded", run, by=Actor.user(by), size=run.size)
    return run


def throw_away(*, at: datetime | None = None) -> int:
    """Delete archives whose day is over; return how many. Runs every hour in the worker."""
    over = ExportRun.objects.filter(state=State.DONE, expires_at__lte=at or timezone.now())
    count = 0
    for run in over:
        run.file.delete(save=False)
        run.state, run.file.name = State.EXPIRED, ""
        run.save(update_fields=["state", "file"])
        count += 1
    return count


def export_to(
    target: Path, *, with_files: bool = True, progress: Callable[[int, int], None]
) -> Written:
    """Write the archive where the operator of this installation wants it (no role asked).

    Records `company.exported`.

    Raises:
        OSError: no room, or no right to write there.
    """
    written = write_archive(target, with_files=with_files, progress=progress)
    record("company.exported", company(), by=Actor.system("voronka export"), file=target.name)
    return written
