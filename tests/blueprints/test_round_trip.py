"""export → apply into an empty database → export gives the same bytes; apply is idempotent."""

import pytest

from tests.blueprints.setups import BY, PASSWORD, empty_home, furnish
from voronka.automation.models import Webhook
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.blueprints.plans import plan
from voronka.blueprints.queries import export
from voronka.blueprints.reading import read
from voronka.channels.commands import set_channel_active
from voronka.channels.models import Channel, MessageTemplate
from voronka.demo.commands import load_demo
from voronka.journal.models import Event
from voronka.kernel.errors import InvalidInput
from voronka.kernel.vault import unseal
from voronka.pipelines.models import ItemType, Pipeline
from voronka.routing.models import Distribution
from voronka.timeline.notices.choices import company_choice
from voronka.timeline.notices.rules import Choice

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [*ready_companies.names(), "furnished", "demo"])
def test_an_export_applied_to_an_empty_database_exports_the_same_bytes(name):
    if name == "demo":
        load_demo(scale=0.02)
    elif name == "furnished":
        furnish()
    else:
        apply(ready_companies.load(name), by=BY)
    first = export(products=True)
    empty_home()
    assert Pipeline.objects.count() == 0
    apply(read(first), by=BY)
    assert export(products=True) == first


@pytest.mark.parametrize("people", [False, True])
def test_applying_a_second_time_writes_nothing(people):
    furnish()
    file = read(export(products=True, people=people))
    events = Event.objects.count()
    again = apply(file, by=BY)
    assert again.is_empty, again.as_text()
    assert Event.objects.count() == events
    if not people:
        empty_home()
    apply(file, by=BY)
    assert apply(file, by=BY).is_empty


def test_no_secret_and_without_being_asked_no_person_is_in_the_file():
    furnish()
    secrets = [unseal(row.sealed)["secret"] for row in Webhook.objects.all()]
    keys = list(Channel.objects.values_list("key", flat=True))
    for text in (export(), export(people=True)):
        assert PASSWORD not in text
        assert not [one for one in (*secrets, *keys) if one in text]
    assert "@example.com" not in export()
    assert "@example.com" in export(people=True)


def test_a_mailbox_comes_switched_off_and_waits_for_its_password():
    furnish()
    file = read(export())
    empty_home()
    told = plan(file).as_text()
    assert "канал «Почта» (pochta)" in told
    apply(file, by=BY)
    mailbox = Channel.objects.get(provider="mail")
    assert not mailbox.active
    assert mailbox.settings["signature"] == "С уважением"
    with pytest.raises(InvalidInput):
        set_channel_active(mailbox.pk, active=True, by=BY)
    assert not Channel.objects.get(provider="hook").active  # it takes only what is signed
    assert Channel.objects.get(provider="chat").active
    webhook = Webhook.objects.get()
    assert not webhook.active
    assert unseal(webhook.sealed)["secret"].startswith("whsec_")


def test_applying_over_a_mailbox_that_works_leaves_its_password_and_lets_it_work():
    furnish()
    changed = export().replace("signature: С уважением", "signature: Ваш Светлый дом")
    apply(read(changed), by=BY)
    mailbox = Channel.objects.get(provider="mail")
    assert mailbox.active
    assert mailbox.settings["signature"] == "Ваш Светлый дом"
    assert unseal(mailbox.sealed)["password"] == PASSWORD


def test_what_the_file_no_longer_has_goes_out_of_use_and_comes_back_with_its_code():
    furnish()
    whole = export()
    document = read(whole)
    for section in ("templates", "channels", "groups", "routing", "webhooks", "notices"):
        setattr(document, section, {})
    text = apply(document, by=BY).as_text()
    assert "- шаблон сообщения «Прайс» (prays)" in text
    assert not Channel.objects.active().exists()
    assert not MessageTemplate.objects.filter(archived_at=None).exists()
    assert not Distribution.objects.filter(archived=False).exists()
    assert company_choice() == Choice()
    channels = Channel.objects.count()
    apply(read(whole), by=BY)
    assert export() == whole
    assert Channel.objects.count() == channels


def test_people_are_taken_over_where_they_work_and_told_where_they_do_not():
    furnish()
    file = read(export(people=True))
    boris = Distribution.objects.get().duty
    Distribution.objects.get().members.all().delete()
    apply(file, by=BY)
    assert Distribution.objects.get().members.count() == 2
    empty_home()
    planned = plan(file)
    assert f"{boris.email}" in "\n".join(planned.notes)
    apply(file, by=BY)
    assert Distribution.objects.get().duty is None


def test_the_furniture_maker_has_exactly_the_funnels_of_the_method():
    apply(ready_companies.load("furniture"), by=BY)
    assert list(Pipeline.objects.values_list("code", flat=True)) == [
        "leads",
        "retail_office",
        "retail_shop",
        "wholesale_new",
        "wholesale_repeat",
        "facades_new",
        "facades_repeat",
        "nurturing",
        "refusals",
        "production",
        "claims",
    ]
    customs = ItemType.objects.filter(kind=ItemType.Kind.CUSTOM)
    assert set(customs.values_list("code", flat=True)) == {"production", "claims"}
