"""Calls an address outside: signed, with an idempotency key, tried again until it is taken."""

from __future__ import annotations

from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field, field_validator

from voronka.automation.commands.errands import order
from voronka.automation.naming import RobotNames
from voronka.automation.params import Params
from voronka.automation.registry import Context, Done, Result, robot_action
from voronka.automation.texts import fill
from voronka.items.models import Item
from voronka.kernel.errors import InvalidInput
from voronka.kernel.outgoing import check_url
from voronka.kernel.texts import LocalText


class Settings(Params):
    url: str = Field(max_length=500)
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = "POST"
    data: dict[str, str] = Field(
        default_factory=dict,
        max_length=50,
        description="Further keys of the body, with {title} and the like",
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
    return _("call the address %(url)s") % {"url": params.url}


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
    data = {
        name: fill(LocalText(text), item, now=context.now, language="ru")
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
        {"url": params.url},
        {"errand": errand.pk},
    )
