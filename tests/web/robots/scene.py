"""A robot as it is typed into the form."""

import re

from django.urls import reverse


def url(name, *args):
    return reverse(f"robots:{name}", args=args)


SILENCE = {
    "name.ru": "Тишина: задача",
    "enabled": "on",
    "place": "s2",
    "trigger": "silence",
    "trigger_drawn": "silence",
    "t.after.count": "3",
    "t.after.unit": "d",
    "t.after.clock": "working",
    "action": ["a0", "a1"],
    "a0.code": "schedule_activity",
    "a0.kind": "task",
    "a0.who": ["owner"],
    "a0.title.ru": "Дожать КП",
    "a0.due.count": "4",
    "a0.due.unit": "h",
    "a0.due.clock": "working",
    "a1.code": "notify",
    "a1.who": ["head", "owner"],
    "a1.text.ru": "Тишина: {title}",
    "on_leave": "cancel",
    "in_slider": "1",
}


def save(client, pipeline, **changes):
    return client.post(url("new", pipeline.pk), {**SILENCE, **changes}, HTTP_HX_REQUEST="true")


def refusals(answer):
    """What a form was refused for."""
    return re.findall(r'class="field-error">.*?</svg>(.*?)</p>', answer.content.decode())
