"""Ways in and out in the file: mistakes at their lines, and never a secret."""

import pytest

from voronka.blueprints.reading import examine

FILE = """\
version: 1
sources:
  site: Сайт
pipelines: {}
templates: {}
groups: {}
channels: {}
routing: {}
webhooks: {}
notices: {}
protection: {}
"""
CHANNEL = "channels:\n  one:\n    provider: %s\n    name: Один\n"


def with_part(section, text):
    return FILE.replace("site: Сайт", "site: {name: Сайт}").replace(f"{section}: {{}}\n", text)


@pytest.mark.parametrize(
    ("section", "text", "path"),
    [
        ("channels", CHANNEL % "pigeon", "channels.one.provider"),
        (
            "channels",
            CHANNEL % "chat" + "    settings: {colour: green}\n",
            "channels.one.settings.colour",
        ),
        (
            "channels",
            CHANNEL % "chat" + "    settings: {color: x}\n",
            "channels.one.settings.color",
        ),
        (
            "channels",
            CHANNEL % "mail" + "    settings: {imap_host: a.com, smtp_host: a.com}\n",
            "channels.one.settings.address",
        ),
        (
            "channels",
            CHANNEL % "mail" + "    settings: {address: a@yandex.ru, password: x}\n",
            "channels.one.settings.password",
        ),
        ("channels", CHANNEL % "chat" + "    pipeline: nowhere\n", "channels.one.pipeline"),
        ("channels", CHANNEL % "chat" + "    source: sit\n", "channels.one.source"),
        ("channels", CHANNEL % "chat" + "    group: nobody\n", "channels.one.group"),
        ("channels", CHANNEL % "chat" + "    form: {}\n", "channels.one.form"),
        (
            "channels",
            CHANNEL % "hook" + "    settings: {mapping: {rows: [{path: a, target: moon}]}}\n",
            "channels.one.settings.mapping.rows.0.target",
        ),
        (
            "channels",
            CHANNEL % "forms" + "    form: {fields: {a: {target: moon}}}\n",
            "channels.one.form.fields.a.target",
        ),
        (
            "channels",
            CHANNEL % "forms" + "    form: {fields: {a: {kind: radio}}}\n",
            "channels.one.form.fields.a.choices",
        ),
        (
            "channels",
            CHANNEL % "forms" + "    form: {consent_needed: true}\n",
            "channels.one.form.consent",
        ),
        (
            "routing",
            "routing:\n  one: {name: Один, conditions: {all: [{fact: x}]}}\n",
            "routing.one.conditions.all.0",
        ),
        ("routing", "routing:\n  one: {name: Один, group: x}\n", "routing.one.group"),
        ("groups", "groups:\n  one: {name: Один, duty: nobody}\n", "groups.one.duty"),
        ("templates", "templates:\n  one: {name: Один, text: ' '}\n", "templates.one.text"),
        (
            "templates",
            "templates:\n  one: {name: Один, text: Да, stage: won}\n",
            "templates.one.stage",
        ),
        (
            "webhooks",
            "webhooks:\n  one: {name: Один, url: 'ftp://x.com', events: [item.won]}\n",
            "webhooks.one.url",
        ),
        ("notices", "notices:\n  anna: {push: false}\n", "notices.anna"),
        (
            "notices",
            "notices:\n  company: {modes: {watchd: silent}}\n",
            "notices.company.modes.watchd",
        ),
        (
            "notices",
            "notices:\n  company: {modes: {watched: loud}}\n",
            "notices.company.modes.watched",
        ),
        ("notices", "notices:\n  company: {night: [task, x]}\n", "notices.company.night.1"),
        ("notices", "notices:\n  company: {quiet: own}\n", "notices.company.quiet_from"),
        ("notices", "notices:\n  company: {digest: ['25:00']}\n", "notices.company.digest.0"),
        ("protection", "protection:\n  anna: {reading_limit: 300}\n", "protection.anna"),
        (
            "protection",
            "protection:\n  company: {reading_limit: 1}\n",
            "protection.company.reading_limit",
        ),
        (
            "webhooks",
            "webhooks:\n  one: {name: Один, url: 'https://x.com', events: [item.wan]}\n",
            "webhooks.one.events.0",
        ),
    ],
)
def test_a_mistake_is_told_at_its_place_without_a_database(section, text, path):
    _blueprint, problems = examine(with_part(section, text))
    assert [problem.path for problem in problems] == [path]
    assert problems[0].line > 1


def test_the_right_event_is_proposed_for_a_misspelt_one():
    text = "webhooks:\n  one: {name: Один, url: 'https://x.com', events: [item.wan]}\n"
    _blueprint, problems = examine(with_part("webhooks", text))
    assert "item.won" in problems[0].message
