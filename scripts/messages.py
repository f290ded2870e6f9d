"""Translation catalogues: one for each package and for each page. No system gettext needed.

    python scripts/messages.py extract   bring the catalogues up to date with the code
    python scripts/messages.py compile   write the .mo files that Django reads
    python scripts/messages.py check     fail on whatever is missing, fuzzy or contradictory

The texts of voronka/web/<page>/ and voronka/web/templates/<page>/ belong to the page's catalogue,
voronka/web/<page>/locale; those of voronka/<package>/ to the package's.
"""

import io
import re
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "voronka"
LANGUAGE = "ru"
PLURALS = 3  # one, few, many
PLURAL_RULE = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<10 || n%100>=20) ? 1 : 2)"
)
FRAME = "frame"  # the page that owns what all pages share

KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "_": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDERS = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|%%|%[a-zA-Z]|\{\w*\}")

Key = tuple[str | None, str]  # context, msgid


@dataclass(frozen=True)
class Text:
    """One translatable string at one place of the code."""

    catalogue: Path  # the folder that holds locale/
    context: str | None
    singular: str
    plural: str | None
    file: str
    line: int

    @property
    def key(self) -> Key:
        return self.context, self.singular


def owner(file: Path) -> Path:
    """Return the folder whose catalogue keeps the texts of `file`."""
    parts = file.relative_to(PACKAGE).parts
    if parts[0] != "web":
        return PACKAGE / parts[0] if len(parts) > 1 else PACKAGE / "web" / FRAME
    inner = parts[2:] if parts[1] == "templates" else parts[1:]
    if len(inner) < 2:  # a base template, or a module of web/ itself
        return PACKAGE / "web" / FRAME
    return PACKAGE / "web" / inner[0]


def sources() -> Iterator[Path]:
    for suffix in ("*.py", "*.html", "*.txt"):
        for file in PACKAGE.rglob(suffix):
            inside = file.relative_to(PACKAGE).parts
            if {"migrations", "static", "locale"} & set(inside):
                continue
            if suffix == "*.py" or "templates" in inside:
                yield file


def extract() -> list[Text]:
    """Return all texts of the code, in order of file and line."""
    from django.utils.translation import template

    found = []
    for file in sorted(sources()):
        source = file.read_text("utf-8")
        if file.suffix != ".py":
            source = template.templatize(source, origin=str(file))
        name = str(file.relative_to(ROOT))
        try:
            rows = list(_texts(source))
        except (tokenize.TokenError, SyntaxError) as error:
            sys.exit(f"{name}: cannot be read: {error}")
        for line, context, singular, plural in rows:
            found.append(Text(owner(file), context, singular, plural, name, line))
    return found + list(_help_texts())


def _help_texts() -> Iterator[Text]:
    """Give what `voronka --help` says: docstrings and `help=` of the commands."""
    from voronka.cli import helping, main

    for module, text in helping.texts(main.gather()):
        name = f"{module.replace('.', '/')}.py"
        yield Text(owner(ROOT / name), None, text, None, name, 0)


def _texts(source: str) -> Iterator[tuple[int, str | None, str, str | None]]:
    calls = extract_python(io.BytesIO(source.encode()), list(KEYWORDS), [], {"encoding": "utf-8"})
    for line, function, arguments, _comments in calls:
        values = list(arguments) if isinstance(arguments, (list, tuple)) else [arguments]
        context = values.pop(0) if "pgettext" in function else None
        plural = values[1] if function.lstrip("p").startswith(("ngettext", "npgettext")) else None
        if values and isinstance(values[0], str) and values[0]:
            yield line, context, values[0], plural


def path_of(folder: Path) -> Path:
    return folder / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def load(file: Path) -> Catalog:
    if not file.exists():
        return Catalog(locale=LANGUAGE)
    with file.open("rb") as stream:
        return read_po(stream, locale=LANGUAGE)


def catalogues() -> list[Path]:
    return sorted(PACKAGE.glob(f"**/locale/{LANGUAGE}/LC_MESSAGES/django.po"))


def write_all() -> None:
    """Rewrite every catalogue: new texts empty, kept ones with their translation, old ones gone.

    A text that moved to another page takes its translation along.
    """
    wanted: dict[Path, list[Text]] = defaultdict(list)
    for text in extract():
        wanted[path_of(text.catalogue)].append(text)
    known: dict[Key, Message] = {}
    own: dict[Path, dict[Key, Message]] = {}
    for file in sorted({*wanted, *catalogues()}):
        own[file] = {(m.context, _id(m)): m for m in load(file) if m.id}
        known |= {key: m for key, m in own[file].items() if any(_strings(m))}
    for file, kept in own.items():
        if file not in wanted:
            file.unlink()
            continue
        catalogue = Catalog(locale=LANGUAGE, header_comment="", fuzzy=False)
        catalogue._num_plurals, catalogue._plural_expr = PLURALS, PLURAL_RULE.split("plural=")[1]
        for text in wanted[file]:
            old = kept.get(text.key)
            old = old if old and any(_strings(old)) else known.get(text.key)
            message = catalogue.get(text.singular, context=text.context)
            if message is None:
                catalogue.add(
                    (text.singular, text.plural) if text.plural else text.singular,
                    _translation(old, plural=bool(text.plural)),
                    locations=[(text.file, 0)],
                    flags=["fuzzy"] if old and old.fuzzy else [],
                    user_comments=old.user_comments if old else (),
                    context=text.context,
                )
            else:
                if text.plural and not message.pluralizable:
                    message.id = (text.singular, text.plural)
                    message.string = _translation(old, plural=True)
                message.locations = list(dict.fromkeys([*message.locations, (text.file, 0)]))
        _write(file, catalogue)


def _translation(old: Message | None, *, plural: bool) -> str | tuple[str, ...]:
    strings = _strings(old) if old else ()
    if not plural:
        return strings[0] if strings else ""
    return (*strings, *[""] * PLURALS)[:PLURALS]


def _write(file: Path, catalogue: Catalog) -> None:
    body = io.BytesIO()
    write_po(body, catalogue, width=100, omit_header=True, include_lineno=False, sort_by_file=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: ru\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {PLURAL_RULE};\\n"\n\n'
    )
    text = header + body.getvalue().decode().strip() + "\n"
    if not file.exists() or file.read_text("utf-8") != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        print(f"wrote {file.relative_to(ROOT)}")


def compile_all() -> None:
    """Write a .mo beside every .po, and remove the .mo of catalogues that are gone."""
    for old in PACKAGE.glob("**/locale/*/LC_MESSAGES/*.mo"):
        if not old.with_suffix(".po").exists():
            old.unlink()
    for file in catalogues():
        draft = file.with_suffix(".mo.new")
        with draft.open("wb") as stream:
            write_mo(stream, load(file))
        draft.replace(file.with_suffix(".mo"))


def problems() -> list[str]:
    """Return what is wrong with the catalogues, as "file:line: sentence"."""
    found = []
    texts: dict[Path, dict[Key, Text]] = defaultdict(dict)
    for text in extract():
        texts[path_of(text.catalogue)].setdefault(text.key, text)
    chosen: dict[Key, tuple[tuple[str, ...], str]] = {}
    for file in sorted({*texts, *catalogues()}):
        name = file.relative_to(ROOT)
        have = {(m.context, _id(m)): m for m in load(file) if m.id}
        for key, text in texts.get(file, {}).items():
            message = have.get(key)
            if message is None or (text.plural and not message.pluralizable):
                found.append(f"{text.file}:{text.line}: not in {name}: {text.singular!r}")
        for key, message in have.items():
            place = f"{name}:{message.lineno}"
            if key not in texts.get(file, {}):
                found.append(f"{place}: no longer used: {_id(message)!r}")
            found += [f"{place}: {fault}" for fault in _faults(message)]
            strings = _strings(message)
            before, where = chosen.setdefault(key, (strings, place))
            if any(strings) and any(before) and strings != before:
                found.append(
                    f"{place}: {_id(message)!r} is translated otherwise at {where}; Django "
                    "would show one of them everywhere: agree, or give a context (pgettext)"
                )
    return found


def _faults(message: Message) -> Iterator[str]:
    strings = _strings(message)
    if message.fuzzy:
        yield f"fuzzy: {_id(message)!r}"
    if not any(strings):
        yield f"not translated: {_id(message)!r}"
        return
    if message.pluralizable and (len(strings) != PLURALS or not all(strings)):
        yield f"needs {PLURALS} plural forms: {_id(message)!r}"
    ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    wanted = [sorted(set(PLACEHOLDERS.findall(text))) for text in ids]
    for text in filter(None, strings):
        # a plural form may name its number in words: the singular's set is as good
        if sorted(set(PLACEHOLDERS.findall(text))) not in wanted:
            yield f"placeholders differ from {wanted[-1]}: {text!r}"


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> tuple[str, ...]:
    if isinstance(message.string, str):
        return (message.string,)
    return tuple(message.string or ())


def main() -> None:
    """Do what the first argument says."""
    action = sys.argv[1] if len(sys.argv) == 2 else ""
    if not settings.configured:
        settings.configure(USE_I18N=True, INSTALLED_APPS=[])
        django.setup()
    if action == "extract":
        write_all()
    elif action == "compile":
        compile_all()
    elif action == "check":
        found = problems()
        print("\n".join(found) if found else "Translations are complete.")
        sys.exit(1 if found else 0)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
