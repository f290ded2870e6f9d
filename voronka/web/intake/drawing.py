"""What the templates of a visitor's form need; the builder's preview draws the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.channels.guessing import MARKS
from voronka.channels.providers.forms.models import Form
from voronka.channels.providers.forms.provider import CONSENT, opened_mark
from voronka.channels.providers.forms.queries import ShownForm

_MOST_CARRIED, _LONGEST_CARRIED = 30, 1000
Typed = Mapping[str, list[str]]


def drawn(
    view: ShownForm,
    *,
    wrong: Mapping[str, str] | None = None,
    typed: Typed | None = None,
    asked: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the context of intake/page.html and intake/frame.html.

    Args:
        wrong: name -> sentence for what the visitor has to mend.
        typed: name -> what the visitor has typed already.
        asked: of the address; marks of advertising and the page around the frame go along.
    """
    wrong, typed, asked = wrong or {}, typed or {}, asked or {}
    rows = [
        {"field": one, "values": typed.get(one.name, []), "wrong": wrong.get(one.name, "")}
        for one in view.fields
        if one.kind != "hidden"
    ]
    return {
        "found": view.form,
        "rows": rows,
        "consent": view.consent,
        "consent_wrong": wrong.get(CONSENT, ""),
        "consent_given": bool("".join(typed.get(CONSENT, []))),
        "has_files": view.has_files,
        "opened": opened_mark(timezone.now()),
        "carried": _carried({**{k: v[0] for k, v in typed.items() if v}, **asked}),
        "framed": asked.get("frame") == "1",
        "theme": asked.get("theme", ""),
        "wrong": wrong,
    }


def _carried(said: Mapping[str, str]) -> dict[str, str]:
    """Return what goes along unseen; a refused form is drawn again and must not lose it."""
    kept = {k: v for k, v in said.items() if MARKS.fullmatch(k) or k in ("page", "referer")}
    return {k: v for k, v in list(kept.items())[:_MOST_CARRIED] if len(v) <= _LONGEST_CARRIED}


def thanks_of(form: Form) -> str:
    """Return what a visitor reads after sending."""
    return str(form.thanks) or _("Thank you. We have received your enquiry.")
