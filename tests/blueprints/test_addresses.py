"""Keys in addresses outside never leave with a blueprint, and come to no harm when it returns."""

import pytest
from django.utils.translation import override

from tests.automation.factories import make_robot
from tests.factories import make_pipeline
from voronka.automation.commands.webhooks import WebhookSpec, save_webhook, switch_webhook
from voronka.automation.models import Robot, Webhook
from voronka.blueprints.commands import apply
from voronka.blueprints.plans import plan
from voronka.blueprints.queries import export
from voronka.blueprints.reading import read
from voronka.journal.actors import Actor
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.kernel.outgoing import without_secrets

BY = Actor.system()
HOOK = "https://erp.example.com/rest/1/a8f3k2m9q7zx/deal.add?token=s3cr3t&from=crm"
CALL = "https://example.com/take?key=hush"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (HOOK, "https://erp.example.com/rest/1/***/deal.add?token=***&from=***"),
        ("https://example.com/crm/deals", "https://example.com/crm/deals"),
        ("https://example.com:8443/in?s3cr3t#x", "https://example.com:8443/in?***"),
        ("https://api.example.com/bot12345:AbCdEfGh/send", "https://api.example.com/***/send"),
        ("https://a:b@example.com/in", "https://example.com/in"),
    ],
)
def test_what_may_be_a_key_is_hidden(url, shown):
    assert without_secrets(url) == shown
    assert without_secrets(shown) == shown


@pytest.fixture
def known(db):
    pipeline = make_pipeline()
    save_webhook(WebhookSpec("ERP", HOOK, ["item.won"], [], "erp"), by=BY, active=True)
    call = ("http_request", {"url": CALL, "data": {"api_key": "hush", "card": "{title}"}})
    make_robot(pipeline, "won", call, code="caller")
    return export()


def test_neither_the_file_nor_the_journal_holds_a_key(known):
    for secret in ("s3cr3t", "a8f3k2m9q7zx", "hush"):
        assert secret not in known
        assert not Event.objects.filter(diff__icontains=secret).exists()
    assert "{title}" in known


def test_over_the_set_up_that_knows_them_nothing_changes(known):
    wanted = read(known)
    assert plan(wanted).is_empty
    hook = wanted.webhooks["erp"].model_copy(update={"name": "1С"})
    wanted = wanted.model_copy(update={"webhooks": {"erp": hook}})
    apply(wanted, by=BY)
    row = Webhook.objects.get()
    assert (row.name, row.url) == ("1С", HOOK)


def test_elsewhere_they_come_switched_off_and_say_what_is_missing(known):
    Webhook.objects.all().delete()
    Robot.objects.all().delete()
    wanted = read(known)
    with override("en"):
        said = "\n".join(plan(wanted).notes)
    assert "ERP" in said
    assert "complete the address" in said
    apply(wanted, by=BY)
    robot, hook = Robot.objects.get(), Webhook.objects.get()
    assert not robot.enabled
    with pytest.raises(InvalidInput):
        switch_webhook(hook.pk, on=True, by=BY)
    assert plan(read(export())).is_empty
    spec = WebhookSpec("ERP", HOOK, ["item.won"], [], "erp")
    save_webhook(spec, by=BY, webhook_id=hook.pk)
    assert switch_webhook(hook.pk, on=True, by=BY).active
