"""Mapping files for `voronka import`: how the archive's own tables come back into a new home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from voronka.exports.cards import ENTERED, path_of
from voronka.exports.own_fields import FIELD, REFERENCES
from voronka.imports.mapping import Mapping, Rule, write_yaml
from voronka.pipelines.models import Field, Pipeline


def mappings() -> Iterator[tuple[str, str]]:
    """Return (path of the table, mapping as YAML) in the order in which they must be imported."""
    yield (
        "people/users",
        write_yaml(
            Mapping(
                entity="employee",
                fields={
                    **_same("name", "email", "phone", "role"),
                    "department": Rule(column="department", missing="empty"),
                },
            )
        ),
    )
    yield (
        "products",
        write_yaml(
            Mapping(entity="product", fields=_same("code", "name", "group", "unit", "price"))
        ),
    )
    yield "clients/companies", write_yaml(_clients("company"))
    yield "clients/persons", write_yaml(_clients("person"))
    for pipeline in Pipeline.objects.select_related("item_type").filter(archived=False):
        yield path_of(pipeline), write_yaml(_cards(pipeline))


def _same(*codes: str) -> dict[str, Rule]:
    return {code: Rule(column=code) for code in codes}


def _clients(entity: str) -> Mapping:
    fields = {
        "name": Rule(column="name"),
        "external_id": Rule(column="key"),
        "phone": Rule(column="phones"),
        "email": Rule(column="emails"),
        **_same("account", "account_2", "account_3", "address", "website", "comment"),
        **_same("owner", "created_at"),
        "inn": Rule(column="inn", missing="empty"),
        "source": Rule(column="source", missing="empty"),
        **_own(Field.objects.filter(item_type=None, archived=False)),
    }
    if entity == "person":
        fields |= _same("first_name", "last_name", "patronymic", "job_title")
        fields["company"] = Rule(column="company_key", match="external_id", missing="empty")
        return Mapping(entity="person", key=["external_id"], fields=fields)
    return Mapping(entity="company", key=["external_id"], fields=fields)


def _cards(pipeline: Pipeline) -> Mapping:
    client = {"match": "external_id", "missing": "empty"}
    fields = {
        "title": Rule(column="title"),
        "external_id": Rule(column="key"),
        **_same("stage", "owner", "amount", "created_at", "closed_at"),
        **_same("loss_reason", "loss_comment", "loss_told_by", "quantity"),
        "company": Rule.model_validate({"column": "company_key", **client}),
        "contact": Rule.model_validate({"column": "contact_key", **client}),
        "source": Rule(column="source", missing="empty"),
        "product": Rule(column="product", missing="empty"),
        **_own(Field.objects.filter(item_type=pipeline.item_type, archived=False, formula="")),
    }
    for stage in pipeline.stages.order_by("position", "pk"):
        if stage.is_open:
            fields[ENTERED + stage.code] = Rule(column=ENTERED + stage.code)
    return Mapping(entity="item", pipeline=pipeline.code, fields=fields)


def _own(fields: Iterable[Field]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for field in fields:
        if field.kind not in REFERENCES:  # ids mean other rows in another home
            rules[field.code] = Rule(column=FIELD + field.code, missing="empty")
    return rules
