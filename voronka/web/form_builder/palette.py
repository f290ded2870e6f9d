"""What can be put into a form by one press, and the forms one can begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.web.form_builder.rows import Row, new_uid, offered
from voronka.web.form_builder.targets import CHOOSING, KIND_NAMES, Target, Targets, icon_of

OWN = ("text", "textarea", "select", "checkboxes", "checkbox", "number", "date", "file", "hidden")
FOREIGN = "foreign"  # a form of another program: nothing to draw, only an address


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: `add` is "<kind>|<target>"."""

    add: str
    title: Sentence
    icon: str
    once: bool = True  # a second one makes little sense


@dataclass(frozen=True, slots=True)
class Drawer:
    """Buttons that belong together."""

    title: Sentence
    hint: Sentence
    buttons: list[Button]


def drawers(targets: Targets) -> list[Drawer]:
    """Return the palette of a funnel."""

    def buttons(rows: Sequence[Target]) -> list[Button]:
        return [Button(f"|{one.code}", one.title, one.icon) for one in rows]

    own = [Button(f"{kind}|", KIND_NAMES[kind], icon_of(kind), once=False) for kind in OWN]
    found = [
        Drawer(_("Client"), "", buttons([*targets.contact, *targets.client])),
        Drawer(
            _("Qualification"),
            _("The answers give the card its grade before anybody has read it."),
            buttons(targets.bant),
        ),
        Drawer(_("Card"), "", buttons([*targets.wish, *targets.card])),
        Drawer(_("A question of your own"), _("The answer stays with the message."), own),
    ]
    return [drawer for drawer in found if drawer.buttons]


def fresh(add: str, targets: Targets) -> Row:
    """Return the row that a button of the palette adds."""
    kind, _bar, code = add.partition("|")
    target = targets.find(code)
    if kind not in dict(target.kinds_with("")):
        kind = target.kinds[0]
    row = Row(new_uid(), target, kind, label=target.label, hint=target.hint)
    row.required = target.code == "phone"
    if kind in CHOOSING:
        row.answers = offered(target)
    return row


@dataclass(frozen=True, slots=True)
class Starter:
    """A form to begin with."""

    code: str
    title: Promise
    about: Promise
    icon: str
    title_text: LocalText
    button: LocalText
    adds: tuple[str, ...] = ()
    grades: bool = False


STARTERS = (
    Starter(
        "enquiry", gettext_lazy("Enquiry"),
        gettext_lazy("Name, phone and what is wanted. Fits any page."), "forms",
        LocalText("Оставьте заявку", "Send an enquiry"), LocalText("Отправить", "Send"),
        ("|name", "|phone", "|text"),
    ),
    Starter(
        "callback", gettext_lazy("Call me back"),
        gettext_lazy("Phone and name only: two fields, the most replies."), "phone-incoming",
        LocalText("Перезвоните мне", "Call me back"), LocalText("Жду звонка", "Call me"),
        ("|name", "|phone"),
    ),
    Starter(
        "qualify", gettext_lazy("With qualification"),
        gettext_lazy("Asks the questions of your grade as well: the card comes with A, B or C."),
        "target-arrow",
        LocalText("Рассчитаем стоимость", "Get a price"),
        LocalText("Получить расчёт", "Get the price"), ("|name", "|phone", "|text"), True,
    ),
    Starter(
        FOREIGN, gettext_lazy("Accept a foreign form"),
        gettext_lazy("Your site has a form already: Tilda, WordPress, any other. It gets an "
                     "address to post to, and its fields are understood by their names."),
        "plug-connected", LocalText(), LocalText(),
    ),
)  # fmt: skip


def starter(code: str) -> Starter | None:
    """Return a beginning by its code."""
    return next((one for one in STARTERS if one.code == code), None)


def begun(chosen: Starter, targets: Targets) -> list[Row]:
    """Return the rows of a beginning."""
    rows = [fresh(add, targets) for add in chosen.adds]
    if chosen.grades:
        rows += [fresh(f"|{one.code}", targets) for one in targets.bant]
    return rows
