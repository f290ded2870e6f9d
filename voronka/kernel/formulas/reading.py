"""Text becomes a formula, or a sentence that says at which sign it stops making sense."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache

from django.utils.translation import gettext as _
from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from voronka.kernel.formulas.errors import BadFormula
from voronka.kernel.formulas.model import MAX_DEPTH, MAX_LENGTH, Call, Fact, Node, Value

_GRAMMAR = r"""
?start: either
?either: both
    | either ("or"i | "или"i) both -> either
?both: denied
    | both ("and"i | "и"i) denied -> both
?denied: compared
    | ("not"i | "не"i) denied -> denied
?compared: joined
    | joined COMPARE joined -> compared
?joined: sum
    | joined JOIN sum -> operated
?sum: product
    | sum (PLUS | MINUS) product -> operated
?product: signed
    | product TIMES signed -> operated
?signed: atom
    | MINUS signed -> negated
?atom: PERCENT -> percent
    | NUMBER -> number
    | DATE -> day
    | DURATION -> duration
    | STRING -> text
    | yes
    | no
    | none
    | NAME -> fact
    | BRACED -> braced
    | NAME "(" [either (_COMMA either)*] ")" -> call
    | "(" either ")"

!yes: "yes"i | "да"i | "true"i
!no: "no"i | "нет"i | "false"i
!none: "none"i | "ничего"i

COMPARE: "<=" | ">=" | "<>" | "!=" | "==" | "=" | "<" | ">"
JOIN: "&"
PLUS: "+"
MINUS: "-"
TIMES: "*" | "/"
_COMMA: "," | ";"
DATE.4: /\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}/
DURATION.3: /\d{1,6}(мин|нед|[wdhmдчмн])(?!\w)/i
PERCENT.2: /\d{1,20}(\.\d{1,20})?%/
NUMBER: /\d{1,20}(\.\d{1,20})?/
STRING: /"([^"]|"")*"|'([^']|'')*'|«[^»]*»/
BRACED: /\{[a-z][a-z0-9_.-]{0,130}\}/i
NAME: /[a-zа-яё_][a-zа-яё0-9_]*(\.[a-zа-яё_][a-zа-яё0-9_]*)*/i
%ignore /\s+/
"""
_SAME = {"==": "=", "!=": "<>"}
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "нед": timedelta(weeks=1),
    "н": timedelta(weeks=1),
    "д": timedelta(days=1),
    "ч": timedelta(hours=1),
    "мин": timedelta(minutes=1),
    "м": timedelta(minutes=1),
}


def _call(function: str, column: int, *parts: Node) -> Call:
    depth = 1 + max((part.depth for part in parts), default=0)
    if depth > MAX_DEPTH:
        raise BadFormula(
            _("Too many parts inside each other: at most %(limit)d.") % {"limit": MAX_DEPTH},
            column=column,
        )
    return Call(function, parts, column, depth)


def _at(token: Token) -> int:
    return token.column or 1


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    """Builds the parts while the text is read, from the inside: nothing recurses."""

    def either(self, left: Node, right: Node) -> Node:
        return _call("or", left.column, left, right)

    def both(self, left: Node, right: Node) -> Node:
        return _call("and", left.column, left, right)

    def denied(self, part: Node) -> Node:
        return _call("not", part.column, part)

    def compared(self, left: Node, sign: Token, right: Node) -> Node:
        return _call(_SAME.get(str(sign), str(sign)), _at(sign), left, right)

    def operated(self, left: Node, sign: Token, right: Node) -> Node:
        return _call(str(sign), _at(sign), left, right)

    def negated(self, sign: Token, part: Node) -> Node:
        return _call("negative", _at(sign), part)

    def number(self, token: Token) -> Node:
        return Value(Decimal(str(token)), "number", _at(token))

    def percent(self, token: Token) -> Node:
        return Value(Decimal(str(token)[:-1]) / 100, "number", _at(token))

    def day(self, token: Token) -> Node:
        text = str(token)
        try:
            if "." in text:
                text = "-".join(reversed(text.split(".")))
            return Value(date.fromisoformat(text), "date", _at(token))
        except ValueError:
            problem = _("There is no such day: %(day)s.") % {"day": token}
            raise BadFormula(problem, column=_at(token)) from None

    def duration(self, token: Token) -> Node:
        digits = "".join(sign for sign in token if sign.isdecimal())
        unit = _UNITS[str(token)[len(digits) :].lower()]
        return Value(int(digits) * unit, "duration", _at(token))

    def text(self, token: Token) -> Node:
        quote, inside = token[0], str(token)[1:-1]
        return Value(inside.replace(quote * 2, quote), "text", _at(token))

    def yes(self, token: Token) -> Node:
        return Value(True, "boolean", _at(token))

    def no(self, token: Token) -> Node:
        return Value(False, "boolean", _at(token))

    def none(self, token: Token) -> Node:
        return Value(None, "nothing", _at(token))

    def fact(self, token: Token) -> Node:
        return Fact(str(token), _at(token))

    def braced(self, token: Token) -> Node:
        return Fact(str(token)[1:-1], _at(token))

    def call(self, name: Token, *parts: Node | None) -> Node:
        return _call(str(name).lower(), _at(name), *(p for p in parts if p is not None))


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder(), maybe_placeholders=False)


@lru_cache(maxsize=512)
def parse(text: str) -> Node:
    """Read a formula; an equals sign in front, as in a spreadsheet, is allowed.

    Raises:
        BadFormula: with the place of the first sign that can't be read.
    """
    if len(text) > MAX_LENGTH:
        raise BadFormula(
            _("The formula is too long: at most %(limit)d signs.") % {"limit": MAX_LENGTH},
            column=MAX_LENGTH + 1,
        )
    # a formula is one line for the reader of its places, however it was wrapped
    plain = "".join(" " if sign.isspace() else sign for sign in text)
    if plain.lstrip().startswith("="):
        plain = plain.replace("=", " ", 1)
    if not plain.strip():
        raise BadFormula(_("The formula is empty."), column=1)
    try:
        return _node(_parser().parse(plain))
    except VisitError as wrapped:
        if isinstance(wrapped.orig_exc, BadFormula):
            raise wrapped.orig_exc from None
        raise
    except UnexpectedInput as wrong:
        raise _unexpected(wrong, plain) from None


def _node(found: object) -> Node:
    if isinstance(found, Value | Fact | Call):
        return found
    raise TypeError(f"The grammar gives {found!r}, which is no part of a formula")


def _unexpected(wrong: UnexpectedInput, text: str) -> BadFormula:
    if isinstance(wrong, UnexpectedCharacters):
        sign = text[wrong.pos_in_stream or 0 :][:1]
        column = max(wrong.column, 1)
        if sign in "\"'«":
            return BadFormula(_("The text has no closing quotation mark."), column=column)
        return BadFormula(
            _("The sign “%(sign)s” can't stand here.") % {"sign": sign}, column=column
        )
    if isinstance(wrong, UnexpectedToken) and wrong.token.type != "$END":
        return BadFormula(
            _("“%(word)s” can't stand here: an operator, a comma or a bracket is missing.")
            % {"word": wrong.token},
            column=_at(wrong.token),
        )
    opened, closed = text.count("("), text.count(")")
    problem = (
        _("A bracket is not closed.") if opened > closed else _("The formula breaks off here.")
    )
    return BadFormula(problem, column=len(text.rstrip()) + 1)


def bare(text: str) -> str:
    """Return a formula without the equals sign and the blanks around: as it is kept."""
    return text.strip().removeprefix("=").strip()
