"""Asks a person or a role something on the card, with a time for the answer (SP-4, S4)."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import Field

from voronka.automation.naming import RobotNames
from voronka.automation.params import LONG, Duration, Params, Who, Words
from voronka.automation.recipients import one_person
from voronka.automation.registry import Context, Done, Nothing, Result, robot_action
from voronka.automation.spans import Span
from voronka.automation.texts import fill, readable
from voronka.items.models import Item
from voronka.timeline.commands import questions
from voronka.timeline.models import Question


class Settings(Params):
    to: Who = Field(
        "head",
        title=gettext_noop("Whom to ask"),
        description=gettext_noop("Of a role, whoever answers first"),
    )
    text: Words = Field(title=gettext_noop("What to ask"), json_schema_extra=LONG)
    due: Duration = Field("1d", min_length=2, title=gettext_noop("To be answered within"))
    asker: Who = Field("owner", title=gettext_noop("Who gets the answer"))


def _says(params: Settings, names: RobotNames) -> str:
    return _("ask %(who)s: “%(text)s”, to be answered within %(due)s") % {
        "who": names.whom([params.to]),
        "text": readable(str(params.text), names),
        "due": names.span(params.due),
    }


@robot_action(
    "ask_question",
    title=gettext_lazy("Ask a question"),
    params=Settings,
    says=_says,
    icon="help-circle",
    group=gettext_lazy("People"),
)
def ask_question(item: Item, params: Settings, context: Context) -> Result:
    """A question that waits for its answer on the card is not asked twice."""
    asker = one_person(item, params.asker)
    if asker is None:
        return Nothing(gettext_lazy("There is nobody whom the answer could reach."))
    if params.to.startswith("role:"):
        to, language = params.to, asker.language
    else:
        person = one_person(item, params.to, but=asker.pk)
        if person is None or person.pk == asker.pk:
            return Nothing(gettext_lazy("There is nobody to be asked."))
        to, language = f"user:{person.pk}", person.language
    text = fill(params.text.local, item, context, language=language)
    if Question.objects.filter(item=item, text=text, settled_at=None).exists():
        return Nothing(gettext_lazy("This question waits for its answer already."))
    due = Span.read(params.due).after(context.now, partial(context.schedule, asker.pk))
    asked = questions.ask_question(
        item.pk, text, to=to, due_at=due, by=context.by, asker_id=asker.pk
    )
    return Done(
        gettext_lazy("asked %(who)s: “%(text)s”"),
        {"who": asked.asked, "text": asked.text},
        {"question": asked.pk},
    )
