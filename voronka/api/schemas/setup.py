"""Pipelines, fields and people."""

from __future__ import annotations

from typing import Any

from ninja import Schema
from pydantic import Field

from voronka.people.models import User
from voronka.pipelines.models import Field as CustomField
from voronka.pipelines.models import Pipeline, Stage


class NameOut(Schema):
    """A name in both languages."""

    ru: str
    en: str

    @classmethod
    def of(cls, text: Any) -> NameOut:
        return cls.model_construct(ru=text.ru, en=text.en)


class StageOut(Schema):
    """A stage."""

    code: str
    name: NameOut
    kind: str
    position: int
    color: str
    key: bool
    critical: bool
    required: list[str]

    @classmethod
    def of(cls, stage: Stage) -> StageOut:
        names = ("code", "kind", "position", "color", "key", "critical", "required")
        return cls.model_construct(
            name=NameOut.of(stage.name), **{n: getattr(stage, n) for n in names}
        )


class ReasonOut(Schema):
    """A loss reason."""

    code: str
    name: NameOut
    target: bool
    needs_comment: bool


class PipelineOut(Schema):
    """A funnel with its stages in order."""

    code: str
    name: NameOut
    item_type: str
    purpose: str
    forward_only: bool
    stages: list[StageOut]
    loss_reasons: list[ReasonOut]

    @classmethod
    def of(cls, pipeline: Pipeline) -> PipelineOut:
        reasons = [
            ReasonOut.model_construct(
                code=r.code, name=NameOut.of(r.name), target=r.target, needs_comment=r.needs_comment
            )
            for r in pipeline.loss_reasons.all()
            if not r.archived
        ]
        return cls.model_construct(
            code=pipeline.code,
            name=NameOut.of(pipeline.name),
            item_type=pipeline.item_type.code,
            purpose=pipeline.purpose,
            forward_only=pipeline.forward_only,
            stages=[StageOut.of(s) for s in pipeline.stages.all()],
            loss_reasons=reasons,
        )


class FieldOut(Schema):
    """A custom field."""

    code: str
    name: NameOut
    kind: str
    item_type: str | None = Field(description="Null: a field of clients")
    options: list[dict[str, Any]]
    rules: dict[str, Any]
    formula: str = Field("", description="Counts the value, which can't be written then")

    @classmethod
    def of(cls, field: CustomField) -> FieldOut:
        return cls.model_construct(
            code=field.code,
            name=NameOut.of(field.name),
            kind=field.kind,
            item_type=field.item_type.code if field.item_type else None,
            options=field.options,
            rules=field.rules,
            formula=field.formula,
        )


class UserOut(Schema):
    """An employee."""

    id: int
    name: str
    email: str
    role: str
    department: str | None
    is_active: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        return cls.model_construct(
            id=user.pk,
            name=user.name,
            email=user.email,
            role=user.role.code,
            department=user.department.code if user.department else None,
            is_active=user.is_active,
        )
