"""What nearly every command does first: database up, Django ready."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ready(*, migrated: bool = True) -> Iterator[None]:
    """Keep the database up for the block, and make models and commands importable.

    Args:
        migrated: bring the tables up to date first; costs a few milliseconds when they are.
    """
    from voronka.cli import database

    with database.serving():
        import django

        django.setup()
        if migrated:
            from voronka.cli.migrate import migrate_if_behind

            migrate_if_behind()
        yield
