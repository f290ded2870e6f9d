"""The company's policy of notices in a blueprint (UI-11); what each person chose is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from voronka.blueprints.errors import Path
from voronka.blueprints.explaining import nearest
from voronka.blueprints.outside_schema import NoticeSpec
from voronka.blueprints.schema import Blueprint
from voronka.journal.actors import Actor
from voronka.timeline.commands.notices.policies import PolicySpec, save_company_policy
from voronka.timeline.notices.choices import own_policy
from voronka.timeline.notices.kinds import kinds

KIND, SECTION, ORDERED = "notice", "notices", False
COMPANY = "company"  # the one part of the section
_USUAL = NoticeSpec()


def of_rows(*, people: bool) -> dict[str, NoticeSpec]:
    """Read what people begin with; nothing when that is as usual. One SQL query."""
    row = own_policy(None)
    if row is None:
        return {}
    found = NoticeSpec.model_validate(
        {
            "modes": dict(sorted(row.modes.items())),
            "night": sorted(row.night or []),
            "quiet": row.quiet,
            "quiet_from": _clock(row.quiet_from),
            "quiet_until": _clock(row.quiet_until),
            "digest": row.digest_times or [],
            "push": row.push,
            "letters": row.letters,
        }
    )
    return {} if found == _USUAL else {COMPANY: found}


def mistakes(blueprint: Blueprint) -> Iterator[tuple[Path, str]]:
    """Find kinds of notices that are not known, and quiet hours that are no hours."""
    known = [kind.code for kind in kinds()]
    for code, part in (blueprint.notices or {}).items():
        path: Path = (SECTION, code)
        if code != COMPANY:
            yield path, _("Only the company's policy is carried: call it “company”.")
        named: list[tuple[str, str | int, str]] = [("modes", one, one) for one in part.modes]
        named += [("night", number, kind) for number, kind in enumerate(part.night)]
        for key, place, kind in named:
            if kind not in known:
                sentence = _("There is no kind of notice “%(code)s”.") % {"code": kind}
                yield (*path, key, place), sentence + nearest(kind, known)
        if part.quiet == "own" and not (part.quiet_from and part.quiet_until):
            yield (*path, "quiet_from"), _("Say from when until when it is quiet.")
        elif part.quiet == "own" and part.quiet_from == part.quiet_until:
            yield (*path, "quiet_from"), _("The quiet hours begin and end at the same time.")


def attrs(part: NoticeSpec) -> dict[str, Any]:
    """Return what is compared; an order that is not kept does not count."""
    own = part.quiet == "own"
    return {
        **part.model_dump(),
        "modes": dict(sorted(part.modes.items())),
        "night": sorted(set(part.night)),
        "quiet_from": part.quiet_from if own else "",
        "quiet_until": part.quiet_until if own else "",
        "digest": sorted(set(part.digest)),
    }


def save(code: str, part: NoticeSpec, *, by: Actor) -> None:
    """Let people begin with what the file says."""
    spec = PolicySpec(
        part.modes,
        part.night or None,
        part.quiet,
        _time(part.quiet_from),
        _time(part.quiet_until),
        part.digest,
        part.push,
        part.letters,
    )
    save_company_policy(spec, by=by)


def remove(code: str, *, by: Actor) -> None:
    """Let people begin with what is usual."""
    save(code, _USUAL, by=by)


def effects(code: str, before: NoticeSpec | None, after: NoticeSpec | None) -> list[str]:
    """Say that nobody's own choice is touched."""
    return [_("Whoever has chosen for themselves is told as they chose.")]


def _clock(moment: time | None) -> str:
    return moment.strftime("%H:%M") if moment else ""


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if text else None
