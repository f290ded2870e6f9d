"""What a column may become, per kind of row: the choices of the mapping page and of the guess."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from voronka.imports.mapping import CONTACTS, Mapping
from voronka.imports.planners.base import Planner
from voronka.imports.planners.clients import DEFAULT_KEYS, ClientPlanner
from voronka.imports.planners.employees import EmployeePlanner
from voronka.imports.planners.items import ItemPlanner
from voronka.imports.planners.products import ProductPlanner
from voronka.imports.planners.ways import ENTERED
from voronka.journal.actors import Actor
from voronka.kernel.errors import Sentence
from voronka.pipelines.models import Field, Pipeline


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column may fill."""

    code: str
    title: Sentence
    group: Sentence = ""
    several: bool = False  # phone, phone_2 …
    refers: tuple[str, ...] = ()  # how it may be found, for fields that name something else


def targets(entity: str, pipeline: str = "") -> list[Target]:
    """Return what the columns of a file may become, in the order of the mapping page."""
    if entity == "item":
        return _item_targets(pipeline)
    if entity in ("person", "company"):
        return _client_targets(entity)
    if entity == "product":
        return [
            Target("code", _("Article number")),
            Target("name", _("Name")),
            Target("group", _("Group")),
            Target("unit", _("Unit")),
            Target("price", _("Price")),
        ]
    return [
        Target("name", _("Name")),
        Target("email", _("E-mail")),
        Target("phone", _("Phone")),
        Target("role", _("Role")),
        Target("department", _("Department")),
        Target("head", _("Head of the department")),
    ]


def _item_targets(code: str) -> list[Target]:
    clients = ("name", "external_id", "email", "phone", "inn", "website")
    found = [
        Target("title", _("Title")),
        Target("external_id", _("Key in the old system")),
        Target("stage", _("Stage")),
        Target("owner", _("Responsible")),
        Target("amount", _("Amount")),
        Target("company", _("Company"), refers=clients),
        Target("contact", _("Contact person"), refers=("name", "external_id", "email", "phone")),
        Target("source", _("Source")),
        Target("product", _("Product")),
        Target("quantity", _("Quantity")),
        Target("created_at", _("Created on")),
        Target("closed_at", _("Closed on")),
        Target("loss_reason", _("Loss reason")),
        Target("loss_comment", _("Comment to the loss")),
        Target("loss_told_by", _("Whose word the loss reason is: client or seller")),
    ]
    pipeline = Pipeline.objects.filter(code=code).first()
    if pipeline is None:
        return found
    fields = Field.objects.filter(item_type_id=pipeline.item_type_id, archived=False, formula="")
    found += [Target(f.code, str(f.name), _("Fields of the card")) for f in fields]
    found += [
        Target(ENTERED + s.code, str(s.name), _("Date of coming to a stage"))
        for s in pipeline.stages.all()
    ]
    return found


def _client_targets(entity: str) -> list[Target]:
    person = [
        Target("first_name", _("First name")),
        Target("last_name", _("Last name")),
        Target("patronymic", _("Patronymic")),
        Target("job_title", _("Job title")),
        Target("company", _("Company"), refers=("name", "external_id", "inn", "website")),
    ]
    found = [
        Target("name", _("Full name") if entity == "person" else _("Name")),
        *(person if entity == "person" else []),
        Target(CONTACTS, _("Name and contacts together"), several=True),
        Target("phone", _("Phone"), several=True),
        Target("email", _("E-mail"), several=True),
        Target("account", _("Messenger account"), several=True),
        Target("external_id", _("Key in the old system")),
        Target("inn", _("INN")),
        Target("address", _("Address")),
        Target("website", _("Website")),
        Target("source", _("Source")),
        Target("owner", _("Responsible")),
        Target("created_at", _("Created on")),
        Target("comment", _("Comment"), several=True),
    ]
    fields = Field.objects.filter(item_type=None, archived=False)
    return found + [Target(f.code, str(f.name), _("Fields of the client")) for f in fields]


def default_key(entity: str) -> list[str]:
    """Return by which fields rows are recognised when the mapping names none."""
    return {str(kind): keys for kind, keys in DEFAULT_KEYS.items()}.get(entity, [])


def planner_for(mapping: Mapping, headers: list[str], *, by: Actor) -> Planner:
    """Return the planner of a mapping.

    Raises:
        InvalidInput: the mapping names a column, field or funnel that is not there.
    """
    if mapping.entity == "item":
        return ItemPlanner(mapping, headers, by=by)
    if mapping.entity == "product":
        return ProductPlanner(mapping, headers, by=by)
    if mapping.entity == "employee":
        return EmployeePlanner(mapping, headers, by=by)
    return ClientPlanner(mapping, headers, by=by)
