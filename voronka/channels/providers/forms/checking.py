"""What a visitor of our own form is told before it is taken. A foreign form is never refused.

A missing consent, no contact that can be read where the form asks for one, or nothing in a field
that the company has made required sends the form back with what was typed, as the browser would
have done. An enquiry that comes by another way is never refused because it says too little (I2):
what it lacks is noted with it.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from voronka.channels.bodies import Posted
from voronka.channels.providers.forms.provider import CONSENT, OURS
from voronka.channels.providers.forms.queries import ShownForm
from voronka.channels.providers.forms.schema import FormField
from voronka.clients import rules
from voronka.kernel.errors import Sentence


def problems(shown: ShownForm, posted: Posted) -> dict[str, Sentence]:
    """Return name -> sentence for what has to be mended; empty when the post is good."""
    wrong: dict[str, Sentence] = {}
    if not posted.first(OURS):
        return wrong
    contacts = [one for one in shown.fields if _kind(one)]
    readable = False
    for one in contacts:
        for value in posted.values.get(one.name, []):
            if not value.strip():
                continue
            try:
                rules.point(_kind(one), value, country=settings.COUNTRY)
                readable = True
            except rules.Unreadable as refusal:
                wrong.setdefault(one.name, refusal.sentence)
    if readable:
        wrong.clear()  # there is a way to reach them; the rest is kept as it was written
    elif not wrong:
        missing = [one for one in contacts if one.required]
        wrong = {one.name: _("Write how we can reach you.") for one in missing[:1]}
    for one in empty_fields(shown.fields, posted):
        if not _kind(one):
            wrong.setdefault(one.name, _("Fill this in, please."))
    if shown.form.consent_needed and shown.consent and not posted.first(CONSENT):
        wrong[CONSENT] = _("We need your consent to answer you.")
    return wrong


def empty_fields(fields: list[FormField], posted: Posted) -> list[FormField]:
    """Return the required fields that a post says nothing in, files included."""
    files = {name for name, file in posted.files if file.content}
    said = {name.removesuffix("[]") for name in posted.values if posted.first(name)} | files
    return [f for f in fields if f.required and f.kind != "hidden" and f.name not in said]


def _kind(one: FormField) -> str:
    """Return what kind of contact a field asks for; "" when it asks for none."""
    if one.target in ("phone", "email"):
        return one.target
    return one.target.removeprefix("account:") if one.target.startswith("account:") else ""
