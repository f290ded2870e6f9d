"""The set-up and the people over HTTP, read only."""

from django.utils.translation import gettext as _
from ninja import Router

from voronka.api.access import TokenRequest, scope
from voronka.api.answers import REFUSALS
from voronka.api.schemas.setup import FieldOut, PipelineOut, UserOut
from voronka.kernel.errors import NotFound
from voronka.people.models import User
from voronka.pipelines.models import Field, Pipeline

router = Router(tags=["set-up"])


def _pipelines(request: TokenRequest) -> list[Pipeline]:
    access = request.person.access
    funnels = (
        Pipeline.objects.filter(archived=False)
        .select_related("item_type")
        .prefetch_related("stages", "loss_reasons")
    )
    return [p for p in funnels if access.scope("see", p.item_type.code, p.code)]


@router.get("/pipelines", response={200: list[PipelineOut], **REFUSALS}, summary="List funnels")
@scope("setup:read")
def list_pipelines(request: TokenRequest) -> list[PipelineOut]:
    """Funnels whose cards the person may see, with stages and loss reasons."""
    return [PipelineOut.of(p) for p in _pipelines(request)]


@router.get("/pipelines/{code}", response={200: PipelineOut, **REFUSALS}, summary="One funnel")
@scope("setup:read")
def get_pipeline(request: TokenRequest, code: str) -> PipelineOut:
    """A funnel by its code; else 404."""
    for pipeline in _pipelines(request):
        if pipeline.code == code:
            return PipelineOut.of(pipeline)
    raise NotFound(_("There is no funnel “%(code)s”.") % {"code": code[:60]})


@router.get("/fields", response={200: list[FieldOut], **REFUSALS}, summary="List custom fields")
@scope("setup:read")
def list_fields(request: TokenRequest) -> list[FieldOut]:
    """Custom fields of all item types, and of clients (item_type null)."""
    fields = Field.objects.filter(archived=False).select_related("item_type")
    return [FieldOut.of(f) for f in fields]


@router.get("/users", response={200: list[UserOut], **REFUSALS}, summary="List employees")
@scope("people:read")
def list_users(request: TokenRequest) -> list[UserOut]:
    """Everybody who works here, dismissed people included."""
    return [UserOut.of(u) for u in User.objects.select_related("role", "department")]


@router.get("/me", response={200: UserOut, **REFUSALS}, summary="Whose token this is")
def me(request: TokenRequest) -> UserOut:
    """The person behind the token."""
    return UserOut.of(User.objects.select_related("role", "department").get(pk=request.person.pk))
