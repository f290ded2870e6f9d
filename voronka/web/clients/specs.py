"""The fields of a client: the columns that every client has, and custom ones."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from voronka.clients.models import Client
from voronka.kernel.errors import Sentence
from voronka.pipelines.models import Field
from voronka.web.fields import Spec
from voronka.web.fields.specs import spec_of

NAMES: dict[str, Sentence] = {
    "name": _("Name"),
    "last_name": _("Last name"),
    "first_name": _("First name"),
    "patronymic": _("Patronymic"),
    "job_title": _("Job title"),
    "inn": _("Taxpayer number (INN)"),
    "address": _("Address"),
    "website": _("Website"),
    "source": _("Source"),
    "comment": _("Comment"),
}
_KINDS = {"address": "address", "website": "url", "source": "source", "comment": "long_text"}
NAME_PARTS = ("last_name", "first_name", "patronymic")
_OF_PERSONS = (*NAME_PARTS, "job_title")


def system_specs(kind: str) -> dict[str, Spec]:
    """Return code -> spec of the columns that a person or a company has, the name first."""
    return {
        code: Spec(code, _KINDS.get(code, "text"), str(title))
        for code, title in NAMES.items()
        if kind == Client.Kind.PERSON or code not in _OF_PERSONS
    }


def custom_fields() -> list[Field]:
    """Return the custom fields of clients in the order of the set-up. One SQL query."""
    rows = Field.objects.filter(item_type=None, archived=False).select_related("section")
    return list(rows.order_by("section__position", "position", "pk"))


def client_specs(kind: str) -> dict[str, Spec]:
    """Return code -> spec of all fields of a person or a company. One SQL query."""
    return system_specs(kind) | {field.code: spec_of(field) for field in custom_fields()}


def values_of_client(client: Client) -> dict[str, Any]:
    """Return code -> stored value of everything that is known of a client."""
    columns = {code: getattr(client, code) for code in NAMES if code != "source"}
    return {**client.values, **columns, "source": client.source_id}
