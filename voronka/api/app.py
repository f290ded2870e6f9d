"""The API: its parts, and how refusals and mistakes are answered."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from voronka.api import activities, clients, items, questions, robots, setup
from voronka.api.access import TokenAuth, TooMany
from voronka.api.answers import refusal
from voronka.api.schemas.common import ErrorOut
from voronka.kernel.errors import DomainError

api = NinjaAPI(
    title="Voronka",
    version="1",
    description=(
        "Cards, clients, activities, questions and the set-up of a selling funnel. Send "
        "`Authorization: Bearer vk_…`; make the token in your profile. "
        "Lists are paged by `cursor`. Writing requests may carry an `Idempotency-Key`: a repeat is "
        "answered as the first was. "
        "Refusals are `{code, detail, fields}`; a closed gate (`code: gate`) also says what is "
        "missing."
    ),
    auth=TokenAuth(),
    urls_namespace="api",
    docs_url="/docs",
    openapi_url="/openapi.json",
)
api.add_router("/items", items.router)
api.add_router("/clients", clients.router)
api.add_router("/activities", activities.router)
api.add_router("/questions", questions.router)
api.add_router("", setup.router)
api.add_router("", robots.router)


def _language(request: HttpRequest) -> str:
    token = getattr(request, "auth", None)
    user = getattr(token, "user", None)
    return user.language if user is not None else settings.LANGUAGE_CODE


@api.exception_handler(DomainError)
def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    with override(_language(request)):
        body = refusal(error).model_dump(exclude_none=True)
    response = api.create_response(request, body, status=error.status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.wait)
    return response


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {
        ".".join(str(part) for part in fault["loc"][1:]) or "body": str(fault["msg"])
        for fault in error.errors
    }
    with override(_language(request)):
        detail = _("The request can't be read. See `fields`.")
    return _answer(request, 422, "invalid", detail, fields)


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = _("Send a good token: Authorization: Bearer vk_…")
    response = _answer(request, 401, "unauthorized", detail)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, 404, "not_found", _("There is nothing at this address."))


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {400: "bad_request", 429: "too_many_requests"}.get(error.status_code, "refused")
    return _answer(request, error.status_code, code, error.message)


def _answer(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    fields: dict[str, str] | None = None,
) -> HttpResponse:
    body = ErrorOut(code=code, detail=detail, fields=fields or {}).model_dump(exclude_none=True)
    return api.create_response(request, body, status=status)
