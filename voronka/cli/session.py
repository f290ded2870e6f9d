"""What nearly every command does first: database up, Django ready."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext


@contextmanager
def ready(*, migrated: bool = True, speaks: bool = True) -> Iterator[None]:
    """Keep the database up for the block, and make models and commands importable.

    Args:
        migrated: bring the tables up to date first; costs a few milliseconds when they are.
        speaks: it is a person at a terminal who reads: sentences are in the terminal's language.
    """
    from voronka.cli import database
    from voronka.kernel import terminal

    with database.serving():
        import django
        from django.utils.translation import override

        django.setup()
        with override(terminal.language()) if speaks else nullcontext():
            if migrated:
                from voronka.cli.migrate import migrate_if_behind

                migrate_if_behind()
            yield
