"""Every table is in the blueprint, or docs/blueprints.md says why not; so is every column of it."""

import re
from pathlib import Path

import pytest
from django.apps import apps

DOCS = Path(__file__).parents[2] / "docs" / "blueprints.md"
CARRIED = {  # table: columns that stay behind, each with why
    "people.Company": {
        "name": "asked at the first start",
        "language": "asked at the first start",
        "time_zone": "asked at the first start",
    },
    "people.Role": {},
    "people.WorkingCalendar": {},
    "people.Department": {},
    "pipelines.ItemType": {"formulas": "follow from the fields"},
    "pipelines.Pipeline": {"archived": "what is archived is not in the file"},
    "pipelines.Stage": {},
    "pipelines.Section": {},
    "pipelines.Field": {"archived": "what is archived is not in the file"},
    "pipelines.LossReason": {"archived": "what is archived is not in the file"},
    "pipelines.Source": {"archived": "what is archived is not in the file"},
    "products.Product": {"archived": "what is archived is not in the file"},
    "automation.Robot": {
        "verbs": "follow from the trigger",
        "created_by_id": "a person of the place",
        "changed_at": "history",
        "removed_at": "what is removed is not in the file",
    },
    "automation.HighValue": {"threshold": "follows from the sums of the place"},
    "automation.Webhook": {
        "sealed": "a secret",
        "active": "off until the new secret is known outside",
        "created_by_id": "a person of the place",
        "changed_at": "history",
        "removed_at": "what is removed is not in the file",
        "told_at": "history",
    },
    "channels.Channel": {
        "key": "a public address of the place",
        "sealed": "secrets",
        "cursor": "where it has come to",
        "created_at": "history",
        "archived_at": "what is archived is not in the file",
        "last_received_at": "history",
        "last_sent_at": "history",
        "learned_pause": "learned of the place's history",
        "problem": "of the moment",
        "problem_at": "of the moment",
        "tested_at": "history",
        "test_took": "history",
        "for_staff": "which mailbox writes to employees belongs to the place",
    },
    "channels.RepeatRule": {},
    "channels.MessageTemplate": {
        "uses": "history",
        "used_at": "history",
        "archived_at": "what is archived is not in the file",
    },
    "forms.Form": {"changed_at": "history"},
    "forms.ConsentText": {
        "version": "counted in the place: what a client of old agreed to stays there",
        "created_at": "history",
        "author_id": "a person of the place",
    },
    "chat.ChatConsent": {"version": "as of forms", "created_at": "history"},
    "routing.Distribution": {"archived": "what is archived is not in the file"},
    "routing.Member": {"last_given_at": "whose turn it is", "given": "history"},
    "routing.RoutingRule": {},
    "timeline.NoticePolicy": {"user": "each person's own choice; the company's row goes along"},
}
SPOKEN = {  # columns that the file calls otherwise, or says by the order or the place of a key
    "id",
    "position",
    "code",
}
COLUMNS = {
    "people.Company": "reading_limit deletion_limit",
    "people.Role": "name matrix rights everything hides_contacts",
    "people.WorkingCalendar": "name hours country region days_off days_on is_default",
    "people.Department": "name parent head",
    "pipelines.ItemType": "kind name plural icon prefix has_client has_amount has_lines "
    "counts_in_revenue success grade_rule",
    "pipelines.Pipeline": "item_type name purpose naming split_reason forward_only calendar",
    "pipelines.Stage": "pipeline name kind color critical key goal sells_next steps exit_criteria "
    "objections responsible_role responsible_department responsible_person deadline_minutes "
    "deadline_working required",
    "pipelines.Section": "item_type name pipelines",
    "pipelines.Field": "item_type section name kind help options rules important formula",
    "pipelines.LossReason": "pipeline parent name target needs_comment",
    "pipelines.Source": "name icon",
    "products.Product": "name group unit price",
    "automation.Robot": "item_type pipeline stage name trigger settings conditions delay_seconds "
    "delay_working actions on_leave quiet_from quiet_until per_card per_client per_day ready "
    "enabled",
    "automation.HighValue": "pipeline amount top_percent passes",
    "automation.Webhook": "name url verbs pipelines",
    "channels.Channel": "provider name settings pipeline source owner distribution active "
    "usual_pause",
    "channels.RepeatRule": "pipeline when_open join_within when_lost return_within from_nurturing "
    "thread_stays",
    "channels.MessageTemplate": "name subject text pipeline stage",
    "forms.Form": "channel fields title intro button thanks redirect hosts consent_needed",
    "forms.ConsentText": "form text",
    "chat.ChatConsent": "channel text",
    "routing.Distribution": "name strategy sticky capacity after_hours duty",
    "routing.Member": "distribution user active capacity sources grades products",
    "routing.RoutingRule": "when name condition pipeline distribution owner active",
    "timeline.NoticePolicy": "modes night quiet quiet_from quiet_until digest_times push letters",
}


def tables():
    found = [m for m in apps.get_models() if m.__module__.startswith("voronka.")]
    return {f"{m._meta.app_label}.{m.__name__}": m for m in found}


def test_every_table_is_carried_or_the_docs_say_why_not():
    text = DOCS.read_text()
    told = set(re.findall(r"`(\w+\.\w+)`", text[text.index("## What stays behind") :]))
    forgotten = sorted(tables().keys() - CARRIED.keys() - told)
    assert not forgotten, f"in the blueprint, or in docs/blueprints.md with a reason: {forgotten}"
    assert not told & CARRIED.keys()
    gone = sorted(name for name in told - tables().keys() if name.split(".")[0] in LABELS)
    assert not gone, f"docs/blueprints.md names tables that are not there: {gone}"


LABELS = {config.label for config in apps.get_app_configs()}


@pytest.mark.parametrize("name", CARRIED)
def test_every_column_of_a_carried_table_is_carried_or_has_a_reason(name):
    columns = {f.name for f in tables()[name]._meta.concrete_fields}
    known = SPOKEN | set(COLUMNS[name].split()) | CARRIED[name].keys()
    assert columns <= known, f"{name}: carry them, or say here why not: {columns - known}"
    assert set(COLUMNS[name].split()) | CARRIED[name].keys() <= columns
