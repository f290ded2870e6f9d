"""Finding a text by any fragment of its words, in either script, typed in either layout.

The database function `voronka_fragments` (clients, migration 0003) turns a text into a tsvector of
all endings of its words, folded to Latin letters, so that a prefix query finds a fragment anywhere
in a word. `fold` here and in that function are one rule, letter by letter: a fragment of a word
always folds to a fragment of the folded word. Spellings that differ between people (Sergei,
Sergey, Сергей) are folded together or tried one by one on the side of the query.

Source: docs/domain/search.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db.models import BooleanField, F, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

MAX_WORDS = 8  # of a query; more are left out
_LONGEST = 40  # letters of a lexeme; what is typed longer is cut
_MANY = 12  # spellings of one word

_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziiklmnoprstufie", strict=True)),
    **{"ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"},
    **{"ю": "iu", "я": "ia", "ь": "", "ъ": "", "y": "i"},
}
_FOLD = str.maketrans(_LETTERS)
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)

# The same keys in both layouts, in the order of the keyboard.
_EN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,.~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>"
_RU = "ёйцукенгшщзхъфывапролджэячсмитьбюЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ"
_TO_RU = str.maketrans(_EN, _RU)
_TO_EN = str.maketrans(_RU, _EN)

# How people write Russian in Latin letters, against the folded spelling.
_FROM_LATIN = (
    (re.compile(r"(?<![kzcs])h"), "kh"),  # Mihail
    (re.compile(r"sch"), "shch"),  # Scherbakov
    (re.compile(r"sh(?!ch)"), "shch"),  # Sherbakov
    (re.compile(r"c(?!h)"), "ts"),  # Coi
    (re.compile(r"tz"), "ts"),
    (re.compile(r"x"), "ks"),  # Alexei
    (re.compile(r"w"), "v"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"j(?=[aou])"), "i"),  # Julia, Sonja
    (re.compile(r"j"), "zh"),
    (re.compile(r"\bi(?=e)"), ""),  # Yevgeny
    (re.compile(r"i[oe]"), "e"),  # Fyodor
    (re.compile(r"(?<!i)ia"), "iia"),  # Julia
)
# How a Russian typist writes a foreign word, against its Latin spelling.
_FROM_CYRILLIC = (
    (re.compile(r"kh"), "h"),
    (re.compile(r"ks"), "x"),
    (re.compile(r"k"), "c"),
    (re.compile(r"ts"), "c"),
    (re.compile(r"v"), "w"),
    (re.compile(r"dzh"), "j"),
    (re.compile(r"f"), "ph"),
)


def fold(text: str) -> str:
    """Return the text in small Latin letters, ё as е, letter by letter."""
    return text.lower().translate(_FOLD)


def words(text: str) -> list[str]:
    """Return the words of a text: runs of letters and digits, as written."""
    return _WORD.findall(text)


def other_layout(text: str) -> str:
    """Return what the same keys give in the other layout: "ghbdtn" is "привет", and back."""
    return text.translate(_TO_EN if _CYRILLIC.search(text) else _TO_RU)


def spellings(word: str) -> list[str]:
    """Return the folded fragments under which a typed word may be stored; as typed comes first."""
    typed = fold(word)[:_LONGEST]
    if not typed:
        return []
    rules = _FROM_CYRILLIC if _CYRILLIC.search(word) else _FROM_LATIN
    found = {typed: None}
    for pattern, instead in rules:
        for known in list(found):
            if len(found) < _MANY:
                found.setdefault(pattern.sub(instead, known)[:_LONGEST])
    return [fragment for fragment in found if fragment]


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query with all fragments that count as it."""

    word: str
    fragments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FragmentQuery:
    """What a typed text may mean: readings, each of words that must all be found."""

    readings: tuple[tuple[Term, ...], ...]

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def tsquery(self) -> str:
        """The query in PostgreSQL's words, for a tsvector of `voronka_fragments`."""
        return " | ".join(
            "("
            + " & ".join("(" + " | ".join(f"'{f}':*" for f in t.fragments) + ")" for t in terms)
            + ")"
            for terms in self.readings
        )


def read(text: str, stems: dict[str, str] | None = None) -> FragmentQuery:
    """Understand a typed text: as it stands, and as if typed in the other layout.

    Args:
        stems: small word -> its stem, which then counts as the word.
    """
    readings = []
    for version in dict.fromkeys((text, other_layout(text))):
        typed = wanted(version)
        terms = tuple(
            term for word in typed if (term := _term(word, (stems or {}).get(word.lower(), "")))
        )
        if terms and terms not in readings:
            readings.append(terms)
    return FragmentQuery(tuple(readings))


def wanted(text: str) -> list[str]:
    """Return the words of a query that are worth asking for: single letters only when alone."""
    all_words = words(text)[:MAX_WORDS]
    return [w for w in all_words if len(w) > 1] or all_words[:1]


def _term(word: str, stem: str) -> Term | None:
    fragments = spellings(word)
    if stem and len(stem) > 2 and stem != word.lower():
        fragments += [f for f in spellings(stem) if f not in fragments]
    # a fragment that begins with another one asks for nothing more
    short = [f for f in fragments if not any(f != o and f.startswith(o) for o in fragments)]
    return Term(word, tuple(short)) if short else None


def found_at(text: str, fragments: Iterable[str]) -> tuple[int, int] | None:
    """Return where in `text` one of the folded fragments stands; the first that does.

    A place where a word begins is preferred to one inside a word.
    """
    folded, origin = _folded_with_origin(text)
    inside = None
    for fragment in fragments:
        at = folded.find(fragment)
        while at >= 0:
            start, end = origin[at], origin[at + len(fragment) - 1] + 1
            if start == 0 or not text[start - 1].isalnum():
                return start, end
            inside = inside or (start, end)
            at = folded.find(fragment, at + 1)
    return inside


def _folded_with_origin(text: str) -> tuple[str, list[int]]:
    letters: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        for folded in fold(char):
            letters.append(folded)
            origin.append(place)
    return "".join(letters), origin


class Fragments(Func):
    """The tsvector of all fragments of some text columns; what GIN indexes are made of."""

    function = "voronka_fragments"
    output_field = SearchVectorField()

    def __init__(self, *columns: str) -> None:
        parts: list[Combinable] = [F(columns[0])]
        for column in columns[1:]:
            parts += [Value(" "), F(column)]
        super().__init__(Concat(*parts) if len(parts) > 1 else parts[0])
        self.columns = columns


class Written(Func):
    """`Fragments` for queries: the same SQL, so that its index serves, written straight away.

    Django joins texts by nested expressions, each of which is resolved, copied and written anew.
    """

    output_field = SearchVectorField()

    def __init__(self, *columns: str) -> None:
        super().__init__(*(F(column) for column in columns))

    def as_sql(
        self, compiler: Any, connection: Any, *_parts: Any, **_extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Write it with the columns as the query names them."""
        names = [compiler.compile(column)[0] for column in self.get_source_expressions()]
        joined = names.pop()
        if names:
            joined = f"COALESCE({joined}, '')"
        while names:
            joined = f"(COALESCE(' ', '') || {joined})"
            joined = f"(COALESCE({names.pop()}, '') || COALESCE({joined}, ''))"
            joined = f"COALESCE({joined}, '')" if names else joined
        return f"voronka_fragments({joined})", ()


class _Typed(Func):
    template = "%(expressions)s::tsquery"
    output_field = SearchQueryField()


class Holds(Func):
    """Whether a tsvector holds a query, or its `tsquery`; true or false, for `filter`."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, vector: Combinable, query: FragmentQuery | str) -> None:
        if isinstance(vector, Fragments):
            vector = Written(*vector.columns)
        text = query if isinstance(query, str) else query.tsquery
        super().__init__(vector, _Typed(Value(text)))
