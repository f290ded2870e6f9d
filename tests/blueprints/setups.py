"""A set-up that has a part of every kind, and an empty home to apply it to."""

from __future__ import annotations

from datetime import time, timedelta

from django.apps import apps
from django.db import connection

from tests.people.factories import make_role, make_user
from voronka.automation.commands.webhooks import WebhookSpec, save_webhook
from voronka.blueprints import ready_companies
from voronka.blueprints.commands import apply
from voronka.channels.commands import (
    ChannelSpec,
    TemplateSpec,
    create_channel,
    save_repeat_rule,
    save_template,
)
from voronka.channels.providers.forms.commands import FormSpec, create_form
from voronka.channels.rules import Repeat
from voronka.journal.actors import Actor
from voronka.kernel.texts import LocalText
from voronka.people.commands import save_company
from voronka.pipelines.models import Pipeline, Source, Stage
from voronka.routing.commands import (
    DistributionSpec,
    MemberSpec,
    RuleSpec,
    save_distribution,
    save_rule,
)
from voronka.timeline.commands.notices.policies import PolicySpec, save_company_policy

BY = Actor.system("test")
PASSWORD = "a-very-secret-password"


def furnish() -> None:
    """Set up the furniture maker with a part of every kind that a blueprint carries."""
    apply(ready_companies.load("furniture"), by=BY)
    save_company(by=BY, reading_limit=300, deletion_limit=50)
    make_role("outside", matrix={"*": {"see": "all"}}, hides_contacts=True)
    anna, boris = make_user("manager"), make_user("manager")
    leads = Pipeline.objects.get(code="leads")
    site = Source.objects.get(code="site")
    measured = Stage.objects.filter(pipeline__code="retail_office", kind="open").last()
    save_template(TemplateSpec("Прайс", "{client.first_name}, вот прайс"), by=BY)
    save_template(
        TemplateSpec("Дорого", "Понимаю. Давайте сравним.", "О цене", stage_id=measured.pk), by=BY
    )
    members = [MemberSpec(anna.pk), MemberSpec(boris.pk, sources=["site"], grades=["A"])]
    group = save_distribution(
        DistributionSpec("Розница", boris.pk, members, "least_loaded", capacity=30), by=BY
    )
    save_rule(RuleSpec("Опт", {}, pipeline_id=leads.pk, owner_id=anna.pk), by=BY)
    asked = {"fact": "source", "op": "is", "value": "site"}
    save_rule(RuleSpec("С сайта", asked, distribution_id=group.pk), by=BY)
    save_rule(RuleSpec("Только Анне", {}, owner_id=anna.pk), by=BY)
    save_rule(RuleSpec("В сделку", {}, "conversion", distribution_id=group.pk), by=BY)
    mail = {"address": "sales@yandex.ru", "password": PASSWORD, "signature": "С уважением"}
    create_channel(
        "mail",
        ChannelSpec(
            "Почта", mail, leads.pk, site.pk, anna.pk, group.pk, usual_pause=timedelta(hours=4)
        ),
        by=BY,
    )
    create_channel("chat", ChannelSpec("Чат", {"ask_email": "required"}, leads.pk), by=BY)
    mapping = {"rows": [{"path": "tel", "target": "phone"}, {"path": "b", "target": "item:budget"}]}
    hook = {"signed": True, "secret": PASSWORD, "mapping": mapping}
    create_channel("hook", ChannelSpec("Лендинг", hook, leads.pk, site.pk), by=BY)
    create_form(
        FormSpec(
            ChannelSpec("Замер", {}, leads.pk, site.pk, owner_id=boris.pk),
            [
                {"name": "Phone", "kind": "phone", "target": "phone", "required": True},
                {
                    "name": "budget",
                    "kind": "radio",
                    "target": "item:budget",
                    "label": {"ru": "Бюджет", "en": "Budget"},
                    "choices": [{"value": "enough", "label": {"ru": "Есть"}}, {"value": "tight"}],
                },
            ],
            title=LocalText("Замер", "Measuring"),
            hosts=["svetlydom.example"],
            consent=LocalText("Согласен", "I agree"),
            consent_needed=True,
        ),
        by=BY,
    )
    save_repeat_rule(leads, Repeat("new", when_lost="return", thread_stays=None), by=BY)
    save_company_policy(
        PolicySpec(
            {"watched": "silent", "task": "urgent"},
            ["enquiry"],
            "own",
            time(21),
            time(9),
            ["09:00", "17:00"],
            letters=False,
        ),
        by=BY,
    )
    save_webhook(
        WebhookSpec("1С", "https://erp.example.com/in", ["item.won"], ["retail_office"]), by=BY
    )


def empty_home() -> None:
    """Take everything out of the database: what was there, and whoever worked there."""
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed and model.__module__.startswith("voronka.")
    ]
    names = ", ".join(connection.ops.quote_name(table) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {names} CASCADE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # as every transaction begins
