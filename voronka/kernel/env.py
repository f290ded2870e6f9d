"""Typed readers of the environment. A broken setting is a clear sentence, not a traceback."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from voronka.kernel.terminal import speaker

_ = speaker(Path(__file__).parent / "locale")


class SettingError(SystemExit):
    """A setting that cannot be read. The message names the variable and says what it takes."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        sentence = _("%(name)s=%(value)s cannot be used: %(wanted)s.")
        super().__init__(sentence % {"name": name, "value": value, "wanted": wanted})


def text(name: str, default: str = "") -> str:
    """Return the variable `name`, or `default` when it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number between `low` and `high`.

    Raises:
        SettingError: the value is not a whole number or lies outside the bounds.
    """
    raw = text(name)
    if not raw:
        return default
    wanted = _("give a whole number from %(low)d to %(high)d") % {"low": low, "high": high}
    try:
        value = int(raw)
    except ValueError:
        raise SettingError(name, raw, wanted) from None
    if not low <= value <= high:
        raise SettingError(name, raw, wanted)
    return value


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable: 1, true, yes, on against 0, false, no, off."""
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise SettingError(name, raw, _("give 1 or 0"))


def path(name: str, default: Path) -> Path:
    """Return an absolute path."""
    return Path(text(name, str(default))).expanduser().resolve()


def postgres(name: str) -> dict[str, object] | None:
    """Return Django's database settings for a `postgres://` address, or None when it is unset.

    Raises:
        SettingError: the address is of another database, or has no database name.
    """
    raw = text(name)
    if not raw:
        return None
    parts = urlsplit(raw)
    wanted = _("give an address such as postgres://user:password@host:5432/voronka")
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SettingError(name, f"{parts.scheme}://…", wanted)
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", "") or unquote(parts.hostname or "")
    dbname = unquote(parts.path.lstrip("/"))
    if not dbname:
        raise SettingError(name, f"{parts.scheme}://…", wanted)
    try:
        port = parts.port
    except ValueError:
        raise SettingError(name, f"{parts.scheme}://…", wanted) from None
    return {
        "NAME": dbname,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
        "OPTIONS": dict(query),
    }
