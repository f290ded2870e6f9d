"""Short answers in the corner of the page, with a way back."""

from __future__ import annotations

from typing import TypeVar

from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django_htmx.http import trigger_client_event

Response = TypeVar("Response", bound=HttpResponseBase)


def toast(
    response: Response, text: str | Promise, *, kind: str = "success", undo_url: str = ""
) -> Response:
    """Have the page say `text` when the answer to an htmx request arrives.

    Args:
        kind: "success", "info", "warning" or "error".
        undo_url: takes the change back when POSTed to; offered for ten seconds.
    """
    said = {"text": str(text), "kind": kind}
    if undo_url:
        said["undo_url"] = undo_url
    return trigger_client_event(response, "toast", said)
