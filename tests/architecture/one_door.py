"""Finds writes to the database outside of commands, by reading the source as a tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_SYNC = {"bulk_create", "bulk_update", "get_or_create", "update_or_create"}
_ASYNC = {"create", "save", "delete", "update", "add", "set", "remove", "clear", *_SYNC}
ALWAYS = frozenset({"_raw_delete", *_SYNC, *(f"a{name}" for name in _ASYNC)})
RELATED = frozenset({"add", "set", "remove", "clear"})
SQL_WRITE = re.compile(
    r"\b(INSERT\s+INTO|MERGE\s+INTO|DELETE\s+FROM|TRUNCATE\b|UPDATE\s+(ONLY\s+)?[\w.\"{}]+"
    r"(\s+(AS\s+)?\w+)?\s+SET\b|COPY\b.*\bFROM\s+STDIN)",
    re.IGNORECASE | re.DOTALL,
)
SQL_CALLS = frozenset({"execute", "executemany", "execute_values", "copy", "copy_expert"})
PRIMITIVES = {  # write for commands, and only they may import them
    "voronka/kernel/copying.py",
    "voronka/kernel/rows.py",
}
DICT_MAKERS = frozenset({"dict", "Counter", "defaultdict", "OrderedDict", "copy", "deepcopy"})


def is_command(file: Path) -> bool:
    """Whether writing is this file's business: commands, and migrations."""
    return file.name == "commands.py" or {"commands", "migrations"} & set(file.parts) != set()


def borrowed_pens(source: str) -> list[int]:
    """Return the lines that import a primitive for writing."""
    modules = {file.removesuffix(".py").replace("/", ".") for file in PRIMITIVES}
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
        for base in [getattr(node, "module", None)]
        if alias.name in modules or base in modules or f"{base}.{alias.name}" in modules
    ]


def writes(source: str, accessors: frozenset[str]) -> list[tuple[int, str]]:
    """Return (line, what is called) of each write in `source`.

    Args:
        accessors: names of many-to-many fields and reverse relations of all models; only on
            these are add, set, remove and clear the database's words.
    """
    tree = ast.parse(source)
    imported = {name for node in ast.walk(tree) for name in _imported(node)}
    plain = {name for node in ast.walk(tree) for name in _plain_mappings(node)}
    constants = {name: text for node in tree.body for name, text in _constants(node)}
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if _writes(node, node.func, imported, plain, constants, accessors):
            found.append((node.lineno, ast.unparse(node.func)))
    return sorted(found)


def _writes(
    call: ast.Call,
    function: ast.Attribute,
    imported: set[str],
    plain: set[str],
    constants: dict[str, str],
    accessors: frozenset[str],
) -> bool:
    name, receiver = function.attr, function.value
    last = _last_name(receiver)
    if name in ALWAYS:
        return True
    if name in SQL_CALLS:
        return any(SQL_WRITE.search(_text(argument, constants)) for argument in call.args)
    if isinstance(receiver, ast.Name) and (receiver.id in imported or receiver.id in plain):
        return False
    if name in RELATED:
        return last in accessors and isinstance(receiver, ast.Attribute)
    if name == "create":
        if isinstance(receiver, ast.Attribute):
            return last in accessors or last.endswith(("objects", "manager", "_set"))
        return not _is_class(receiver)
    if name == "save":  # a workbook is saved to a path, a row is not; a file field takes two
        if last.endswith(("storage", "session")):
            return False
        return len(call.args) != 1
    if name == "delete":  # storages, caches and HTTP clients say what they delete
        return not call.args and not last.endswith("session")
    if name == "update":  # a mapping or a hash is updated by a value, rows by named fields
        return not call.args and bool(call.keywords) and not isinstance(receiver, ast.Dict)
    return False


def _imported(node: ast.AST) -> Iterator[str]:
    """Names of modules and functions that an import brings; classes may still be models."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            if not name[:1].isupper():
                yield name


def _plain_mappings(node: ast.AST) -> Iterator[str]:
    """Names that hold a dictionary for certain."""
    if isinstance(node, ast.Assign):
        targets, value = node.targets, node.value
        made = isinstance(value, (ast.Dict, ast.DictComp)) or (
            isinstance(value, ast.Call) and _last_name(value.func) in DICT_MAKERS
        )
        if made:
            yield from (target.id for target in targets if isinstance(target, ast.Name))
    elif isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation:
        head = ast.unparse(node.annotation).split("[")[0].split(".")[-1]
        if head in {"dict", "Dict", "Mapping", "MutableMapping", "Counter", "defaultdict"}:
            if isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node.target, ast.Name):
                yield node.target.id


def _constants(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
        if isinstance(target, ast.Name):
            yield target.id, _text(node.value, {})


def _text(node: ast.AST, constants: dict[str, str]) -> str:
    """Return the text inside an expression as far as it can be read off."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Name):
        return constants.get(node.id, "")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, constants) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left, constants) + _text(node.right, constants)
    if isinstance(node, ast.Call):
        inside = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return " ".join(_text(part, constants) for part in (*inside, *node.args))
    return ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return ""


def _is_class(node: ast.AST) -> bool:
    """A class's own `create` is a factory; its manager's is a write."""
    return isinstance(node, ast.Name) and node.id[:1].isupper()
