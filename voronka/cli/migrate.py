"""`voronka migrate`: bring the tables up to date."""

import typer

from voronka.cli.words import gettext as _
from voronka.kernel.errors import DomainError

_LOCK = 0x766F726F  # advisory lock: one process migrates, the others wait


class NewerHome(DomainError):
    """The data were made by a version that this one does not know."""

    code = "newer_home"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring the database's tables up to date with this version."""
    from voronka.cli.session import ready

    with ready(migrated=False):
        applied = migrate_if_behind()
    if applied:
        print(_("Migrations applied: %(count)d") % {"count": applied})
    else:
        print(_("The tables are up to date."))


def migrate_if_behind() -> int:
    """Apply what is missing and return how many migrations that were. Django must be set up.

    Raises:
        NewerHome: tables have changes that this version has never heard of.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def missing() -> int:
        executor = MigrationExecutor(connection)
        known = executor.loader.graph.nodes.keys() | executor.loader.disk_migrations.keys()
        apps = {app for app, _name in known}
        unknown = [key for key in executor.loader.applied_migrations if key not in known]
        if strange := [f"{app}.{name}" for app, name in unknown if app in apps]:
            raise NewerHome(
                _(
                    "This data was made by a newer Voronka (%(what)s). Start that version, or "
                    "restore a backup that this one has made."
                )
                % {"what": strange[-1]}
            )
        return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    if not missing():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            behind = missing()  # another process may have done it while we waited
            if behind:
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return behind
