"""Calls an address outside: signed, with an idempotency key, tried again until it is taken."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field, field_validator

from voronka.automation.commands.errands import order
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params, columns
from voronka.automation.registry import Context, Done, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.models import Item
from voronka.kernel.errors import InvalidInput
from voronka.kernel.outgoing import check_url, is_incomplete, without_secrets
from voronka.kernel.texts import LocalText


class Settings(Params):
    url: str = Field(
        max_length=500,
        title=gettext_noop("Address (URL)"),
        json_schema_extra={"x-secret": "address"},
    )
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = Field(
        "POST", title=gettext_noop("Method of the request")
    )
    data: dict[str, str] = Field(
        default_factory=dict,
        max_length=50,
        title=gettext_noop("Further data"),
        description=gettext_noop("Further keys of the body, with {title} and the like"),
        json_schema_extra={
            **columns(gettext_noop("Key"), gettext_noop("Value, {title} and the like")),
            "x-secret": "pairs",
        },
    )

    @field_validator("url")
    @classmethod
    def _callable(cls, url: str) -> str:
        try:
            check_url(url, private=settings.ALLOW_PRIVATE_REQUESTS)
        except InvalidInput as refusal:
            raise ValueError(str(refusal)) from None
        return url


def _says(params: Settings, names: RobotNames) -> str:
    return _("call the address %(url)s") % {"url": without_secrets(params.url)}


@robot_action(
    "http_request",
    title=gettext_lazy("Call an address (HTTP)"),
    params=Settings,
    says=_says,
    icon="webhook",
    group=gettext_lazy("From outside"),
)
def http_request(item: Item, params: Settings, context: Context) -> Result:
    """Only ids, the title and what `data` names leave the company; the rest can be asked back."""
    if any(map(is_incomplete, [params.url, *params.data.values()])):
        raise InvalidInput(
            _("A part of the address or of the data was left out of the blueprint. Type it in.")
        )
    data = {
        name: fill(LocalText(text), item, context, language="ru")
        for name, text in params.data.items()
    }
    data["card"] = str(item.pk)
    data["robot"] = context.robot.code
    data["event"] = str(context.run.event_id or "")
    errand = order(
        "http",
        {"url": params.url, "method": params.method, "data": data},
        key=context.key,
        item=item,
        run=context.run,
    )
    return Done(
        gettext_lazy("the request to %(url)s is on its way"),
        {"url": without_secrets(params.url)},
        {"errand": errand.pk},
    )
