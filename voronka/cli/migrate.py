"""`voronka migrate`: bring the tables up to date."""

import typer

_LOCK = 0x766F726F  # advisory lock: one process migrates, the others wait


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(migrate)


def migrate() -> None:
    """Bring the database's tables up to date with this version."""
    from voronka.cli.session import ready

    with ready(migrated=False):
        applied = migrate_if_behind()
    print(f"Applied {applied} migrations." if applied else "The tables are up to date.")


def migrate_if_behind() -> int:
    """Apply what is missing and return how many migrations that were. Django must be set up."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    def missing() -> int:
        executor = MigrationExecutor(connection)
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
