"""How errands are done: signed HTTP requests, webhooks, and calls by the telephony."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

from voronka.automation import telephony
from voronka.automation.commands import webhooks
from voronka.automation.commands.errands import Report, register_sender
from voronka.automation.models import Errand
from voronka.kernel import outgoing
from voronka.kernel.vault import VaultLocked, unseal

_KEPT = 2000  # letters of an answer that the log keeps


def signing_secret() -> str:
    """Return the secret that robots' HTTP requests are signed with; receivers check it."""
    return hmac.new(
        settings.SECRET_KEY.encode(), b"voronka robots sign with this", hashlib.sha256
    ).hexdigest()


def send_http(errand: Errand) -> Report:
    """Send a robot's HTTP request, with its key, signed."""
    wanted = errand.payload
    answer = outgoing.send(
        wanted["url"],
        method=wanted.get("method", "POST"),
        data=wanted.get("data"),
        headers={**wanted.get("headers", {}), "Idempotency-Key": errand.key},
        secret=signing_secret(),
        private=settings.ALLOW_PRIVATE_REQUESTS,
    )
    return report_of(answer)


def send_webhook(errand: Errand) -> Report:
    """Tell a webhook's address of an event, signed with the webhook's own secret."""
    webhook = errand.webhook
    if webhook is None or not webhook.active:
        return Report(False, {"error": "switched off"})
    try:
        secret = unseal(webhook.sealed)["secret"]
    except VaultLocked:
        return Report(False, {"error": "the signing secret can't be read: renew it"})
    answer = outgoing.send(
        webhook.url,
        data=errand.payload,
        headers={
            "Idempotency-Key": errand.key,
            "X-Voronka-Event": str(errand.payload["event"]),
            "X-Voronka-Delivery": str(errand.pk),
        },
        secret=secret,
        private=settings.ALLOW_PRIVATE_REQUESTS,
    )
    return report_of(answer)


def report_of(answer: outgoing.Answer) -> Report:
    """Turn what came back into a report: taken, refused for good, or to be tried again."""
    kept = {"status": answer.status, "body": answer.body[:_KEPT], "error": answer.error}
    return Report(answer.is_good, kept, again=not answer.is_final)


def start_call(errand: Errand) -> Report:
    """Let the telephony start a call."""
    provider = telephony.connected()
    if provider is None:
        return Report(False, {"error": "no telephony is connected"})
    answer = provider.start_call(telephony.CallRequest(key=errand.key, **errand.payload))
    kept = {"call": answer.call_id, "error": answer.detail}
    return Report(answer.started, kept, again=answer.again)


def register() -> None:
    """Make all of them known to the errands."""
    register_sender("http", send_http)
    register_sender("call", start_call)
    register_sender(webhooks.KIND, send_webhook, given_up=webhooks.on_given_up)
