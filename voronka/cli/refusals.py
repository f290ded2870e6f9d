"""Expected refusals at the terminal: sentences instead of a traceback."""

from __future__ import annotations

import errno
import sys
from contextlib import suppress

from voronka.cli.words import gettext as _
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
    if sentence := _database_is_away(error) or _disk_refuses(error):
        warn(sentence)
        return True
    return False


def _database_is_away(error: BaseException) -> str:
    """Return a sentence for a lost connection, else an empty string."""
    import psycopg

    cause = error.__cause__ or error
    if isinstance(cause, psycopg.OperationalError):
        why = (str(cause).strip() or type(cause).__name__).splitlines()[-1]
        return _("The database does not answer: %(why)s") % {"why": why}
    return ""


def _disk_refuses(error: BaseException) -> str:
    """Return a sentence for a folder that cannot be written, else an empty string."""
    if not isinstance(error, OSError) or (error.filename is None and error.errno != errno.ENOSPC):
        return ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("There is no room left on the disk. Make room and start again.")
    reasons = {
        errno.EACCES: _("no right to write there"),
        errno.EPERM: _("no right to write there"),
        errno.EROFS: _("the disk is read-only"),
        errno.EEXIST: _("it is a file and no folder"),
        errno.ENOTDIR: _("it is a file and no folder"),
    }
    why = reasons.get(error.errno or 0)
    if why is None:
        return ""
    return _(
        "%(path)s cannot be used: %(why)s. Mend that, or choose another data directory "
        "with VORONKA_HOME."
    ) % {"path": error.filename, "why": why}
