"""Expected refusals at the terminal: sentences instead of a traceback."""

from __future__ import annotations

import sys
from contextlib import suppress

from voronka.kernel.errors import DomainError


def warn(sentence: str) -> None:
    """Tell the terminal, if it is still there: a closed one must not stop the house."""
    with suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


def explain(error: BaseException) -> bool:
    """Say on stderr what was refused; False when it is no refusal but a fault of ours."""
    if isinstance(error, DomainError):
        warn("\n".join([str(error), *(f"  {k}: {v}" for k, v in error.fields.items())]))
        return True
    if sentence := _database_is_away(error):
        warn(sentence)
        return True
    return False


def _database_is_away(error: BaseException) -> str:
    """Return a sentence for a lost connection, else an empty string."""
    import psycopg

    cause = error.__cause__ or error
    if isinstance(cause, psycopg.OperationalError):
        return f"The database does not answer: {str(cause).strip().splitlines()[-1]}"
    return ""
