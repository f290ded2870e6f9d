"""Which types functions and operators take and give; a misfit is a sentence with a place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from voronka.kernel.errors import Sentence
from voronka.kernel.formulas.model import KIND_NAMES, Kind, Type

NUMERIC: tuple[Kind, ...] = ("number", "money")
DAYS: tuple[Kind, ...] = ("date", "datetime")
TEXTS: tuple[Kind, ...] = ("text", "choice")
PLAIN: tuple[Kind, ...] = (*NUMERIC, *DAYS, *TEXTS)
LOGICAL: tuple[Kind, ...] = ("boolean",)
ANY: tuple[Kind, ...] = tuple(KIND_NAMES)
Types = Sequence[Type]
Typing = Callable[[Types], Type]


class Misfit(Exception):
    """Parts have types that don't go together.

    Args:
        part: which part is meant, from 0; None: the whole.
    """

    def __init__(self, problem: Sentence, part: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.part = part


def fixed(kind: Kind) -> Typing:
    """Give one type, whatever the parts are."""
    return lambda types: Type(kind)


def same_as_first(types: Types) -> Type:
    """Give the type of the first part."""
    return types[0]


def takes(
    *kinds: Sequence[Kind], gives: Typing, least: int | None = None, repeat: bool = False
) -> Typing:
    """Ask for so many parts of these kinds.

    Args:
        least: how few parts are enough; all of them when None.
        repeat: any number of parts of the last kinds.
    """

    def typing(types: Types) -> Type:
        count(types, len(kinds) if least is None else least, None if repeat else len(kinds))
        for number, one in enumerate(types):
            wanted = kinds[min(number, len(kinds) - 1)]
            if one.kind not in (*wanted, "nothing"):
                raise Misfit(_wanted(wanted, one), number)
        return gives(types)

    return typing


def count(types: Types, least: int, most: int | None) -> None:
    """Refuse too few parts, or too many."""
    if len(types) < least:
        raise Misfit(
            ngettext(
                "At least %(count)d value is wanted in the brackets.",
                "At least %(count)d values are wanted in the brackets.",
                least,
            )
            % {"count": least}
        )
    if most is not None and len(types) > most:
        if not most:
            raise Misfit(_("Nothing stands in these brackets."))
        raise Misfit(
            ngettext(
                "At most %(count)d value is wanted in the brackets.",
                "At most %(count)d values are wanted in the brackets.",
                most,
            )
            % {"count": most}
        )


def _wanted(kinds: Sequence[Kind], got: Type) -> Sentence:
    names = ", ".join(str(KIND_NAMES[kind]) for kind in kinds)
    return _("Wanted here: %(wanted)s; this is: %(got)s.") % {"wanted": names, "got": got}


def _apart(left: Type, right: Type) -> Misfit:
    return Misfit(
        _("These don't go together: %(left)s, %(right)s.") % {"left": left, "right": right}
    )


def _numeric(left: Type, right: Type) -> Type | None:
    """Return number, or money as soon as one of the two is; None when one is neither."""
    kinds = {left.kind, right.kind} - {"nothing"}
    if not kinds <= set(NUMERIC):
        return None
    return Type("money" if "money" in kinds else "number")


def added(types: Types) -> Type:
    """Numbers and money; durations; a day and a duration."""
    left, right = types
    if found := _numeric(left, right):
        return found
    pair = {left.kind, right.kind} - {"nothing"}
    if pair == {"duration"}:
        return Type("duration")
    day = pair - {"duration"}
    if "duration" in pair and day <= set(DAYS):
        return Type(next(iter(day)))
    if pair & set(TEXTS):
        raise Misfit(_("Texts are joined with &, not with +."))
    raise _apart(left, right)


def subtracted(types: Types) -> Type:
    """Numbers and money; durations; two days give a duration; a day less a duration."""
    left, right = types
    if found := _numeric(left, right):
        return found
    if left.kind in DAYS and right.kind in DAYS:
        return Type("duration")
    if right.kind == "duration" and left.kind in (*DAYS, "duration", "nothing"):
        return Type("duration" if left.kind == "nothing" else left.kind)
    if right.kind == "nothing" and left.kind in (*DAYS, "duration"):
        return left
    raise _apart(left, right)


def multiplied(types: Types) -> Type:
    """Numbers; money or a duration by a number."""
    left, right = types
    if left.kind == right.kind == "money":
        raise Misfit(_("Money can't be multiplied by money. Divide it, or use a number."))
    if found := _numeric(left, right):
        return found
    if {left.kind, right.kind} <= {"duration", "number", "nothing"} and left.kind != right.kind:
        return Type("duration")
    raise _apart(left, right)


def divided(types: Types) -> Type:
    """Money by money is a number, money by a number money; a duration likewise."""
    left, right = types
    if _numeric(left, right):
        same = right.kind == "money" or left.kind != "money"
        return Type("number" if same else "money")
    if left.kind == "duration" and right.kind in ("number", "nothing"):
        return Type("duration")
    if left.kind == right.kind == "duration":
        return Type("number")
    raise _apart(left, right)


def negative(types: Types) -> Type:
    """A number, money or a duration with a minus."""
    return takes((*NUMERIC, "duration"), gives=same_as_first)(types)


def _comparable(left: Type, right: Type) -> bool:
    pair = {left.kind, right.kind} - {"nothing"}
    if len(pair) <= 1:
        return pair.isdisjoint({"choices", "reference"})
    return any(pair <= set(group) for group in (NUMERIC, DAYS, TEXTS))


def compared(types: Types) -> Type:
    """Two values of a kind, and a choice with one of its codes."""
    left, right = types
    if left.kind == "choices" and right.kind in TEXTS:
        raise Misfit(_("Ask a list with several choices by contains(list, choice)."))
    if not _comparable(left, right):
        raise _apart(left, right)
    _known_words(left, right, 1)
    _known_words(right, left, 0)
    return Type("boolean")


def ordered(types: Types) -> Type:
    """Two numbers, two days, two durations."""
    left, right = types
    pair = {left.kind, right.kind} - {"nothing"}
    if not any(pair <= set(group) for group in (NUMERIC, DAYS, ("duration",))):
        raise _apart(left, right)
    return Type("boolean")


def _known_words(choice: Type, text: Type, part: int) -> None:
    """Refuse a text that is none of the codes of a choice."""
    if choice.kind not in ("choice", "choices") or not choice.options or text.words is None:
        return
    codes = {code.casefold() for code in choice.options}
    for word in sorted(text.words):
        if word and word.casefold() not in codes:
            known = ", ".join(list(choice.options)[:12])
            raise Misfit(
                _("The list has no choice “%(word)s”. Its choices: %(known)s.")
                % {"word": word, "known": known},
                part,
            )


def containing(types: Types) -> Type:
    """A text and a piece, or a list with several choices and one of its codes."""
    takes((*TEXTS, "choices"), TEXTS, gives=fixed("boolean"))(types)
    if types[0].kind == "choices":
        _known_words(types[0], types[1], 1)
    return Type("boolean")


def least_or_most(types: Types) -> Type:
    """Numbers and money, or days of one kind."""
    count(types, 1, None)
    found = alike(types)
    if found.kind not in (*NUMERIC, *DAYS, "duration", "nothing"):
        raise Misfit(_wanted((*NUMERIC, *DAYS, "duration"), found))
    return found


def chosen(types: Types) -> Type:
    """Yes or no, and one or two values of a kind."""
    count(types, 2, 3)
    if types[0].kind not in ("boolean", "nothing"):
        raise Misfit(_wanted(LOGICAL, types[0]), 0)
    return alike(types[1:])


def alike(types: Types) -> Type:
    """Values of a kind; numbers beside money are money, a choice beside a text a text."""
    count(types, 1, None)
    found = types[0]
    for one in types[1:]:
        found = _joined(found, one)
    return found


def _joined(left: Type, right: Type) -> Type:
    if left.kind == "nothing":
        return right
    if right.kind == "nothing" or left == right:
        return left
    if left.kind == right.kind:
        words = left.words | right.words if left.words and right.words else None
        same = left.options == right.options
        return Type(left.kind, left.options if same else {}, words)
    if found := _numeric(left, right):
        return found
    if {left.kind, right.kind} <= set(TEXTS):
        return Type("text")
    raise _apart(left, right)
