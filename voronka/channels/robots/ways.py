"""How robots name channels and templates, and what there is of them to choose from.

A kind of channel is "mail", one of them "channel:sales-mail"; a template goes by its name, so that
a set-up can be taken elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from voronka.automation.references import Known
from voronka.channels.models import Channel, MessageTemplate
from voronka.channels.queries import channel_names, provider_names
from voronka.channels.registry import providers
from voronka.journal.models import Event
from voronka.kernel.errors import Sentence

LAST = "last"  # where the client wrote last
ONE = "channel:"

ChannelRef = Annotated[str, Field(json_schema_extra={"x-ref": "channel"}, max_length=255)]
TemplateRef = Annotated[str, Field(json_schema_extra={"x-ref": "template"}, max_length=120)]
WayRef = Annotated[str, Field(json_schema_extra={"x-ref": "way"}, max_length=255)]


def is_meant(codes: Collection[str], *, provider: str, channel_code: str) -> bool:
    """Whether codes mean a channel; without codes any channel is meant."""
    return not codes or provider in codes or f"{ONE}{channel_code}" in codes


def by_template(event: Event, name: str) -> bool:
    """Whether what an event tells of was made of a template; without a name anything is."""
    if not name:
        return True
    row = MessageTemplate.objects.filter(pk=event.diff.get("template") or 0)
    return name in row.values_list("name", flat=True)


def named(codes: Iterable[str]) -> str:
    """Return codes in words. One SQL query when single channels are among them."""
    codes = list(codes)
    kinds = provider_names()
    ones = channel_names() if any(code.startswith(ONE) for code in codes) else {}
    return ", ".join(str(_name(code, kinds, ones)) for code in codes)


def _name(code: str, kinds: dict[str, Sentence], ones: dict[str, Sentence]) -> Sentence:
    if code == LAST:
        return _("where the client wrote last")
    if code.startswith(ONE):
        return _("“%(text)s”") % {"text": ones.get(code.removeprefix(ONE), code)}
    return kinds.get(code, code)


def options(kind: str) -> list[tuple[Sentence, list[tuple[str, Sentence]]]]:
    """Return what a parameter of a kind may name, by heading; for "way" only what sends."""
    if kind == "template":
        names = MessageTemplate.objects.filter(archived_at=None).values_list("name", flat=True)
        return [("", [(name, name) for name in dict.fromkeys(names)])]
    sending = kind == "way"
    kinds = [(c, p.title) for c, p in providers().items() if p.sends or not sending]
    rows = Channel.objects.filter(archived_at=None)
    if sending:
        rows = rows.filter(provider__in=[code for code, _title in kinds])
    ones: list[tuple[str, Sentence]] = [(f"{ONE}{row.code}", row.name) for row in rows]
    first: list[tuple[Sentence, list[tuple[str, Sentence]]]] = []
    if sending:
        first = [("", [(LAST, _("Where the client wrote last"))])]
    return [*first, (_("Kinds of channels"), kinds), (_("Channels"), ones)]


def problem(known: Known, code: str) -> Sentence | None:
    """Say what is wrong with a channel that a robot names."""
    if code.startswith(ONE):
        row = Channel.objects.filter(code=code.removeprefix(ONE), archived_at=None)
        if not row.exists():
            return _("There is no channel “%(code)s”.") % {"code": code.removeprefix(ONE)}
        return None
    return None if code in providers() else _no_kind(code)


def way_problem(known: Known, code: str) -> Sentence | None:
    """Say what is wrong with a way on which a robot is to write."""
    if code == LAST:
        return None
    provider = providers().get(code)
    if provider is not None and not provider.sends:
        return _("“%(channel)s” only receives: nothing can be sent by it.") % {
            "channel": provider.title
        }
    return problem(known, code)


def template_problem(known: Known, name: str) -> Sentence | None:
    """Say that a template is not there, if so."""
    if MessageTemplate.objects.filter(name=name, archived_at=None).exists():
        return None
    return _("There is no template “%(name)s”.") % {"name": name}


def _no_kind(code: str) -> Sentence:
    return _("There is no kind of channel “%(code)s”.") % {"code": code}
