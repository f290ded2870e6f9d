"""From YAML text to a Blueprint, or to problems with file, line and path."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from voronka.blueprints import checks
from voronka.blueprints.errors import BrokenBlueprint, Path, Problem
from voronka.blueprints.explaining import explain
from voronka.blueprints.schema import VERSION, Blueprint

MOST_BYTES = 4 * 1024 * 1024


def read(text: str, *, file: str = "blueprint.yaml") -> Blueprint:
    """Read and check a blueprint.

    Raises:
        BrokenBlueprint: with every mistake of its shape, or, when the shape is right, every
            reference that leads nowhere.
    """
    blueprint, problems = examine(text, file=file)
    if blueprint is None or problems:
        raise BrokenBlueprint(problems)
    return blueprint


def examine(text: str, *, file: str = "blueprint.yaml") -> tuple[Blueprint | None, list[Problem]]:
    """Read a blueprint; return it with its problems, or None when its shape is wrong."""
    tree, problem = _parse(text, file)
    if problem:
        return None, [problem]
    place = partial(_problem, file, tree)
    if not isinstance(tree, CommentedMap):
        return None, [place((), _("A blueprint is a mapping that begins with “version: 1”."))]
    if "version" in tree and tree["version"] != VERSION:
        sentence = _("This Voronka reads version %(version)s.") % {"version": VERSION}
        return None, [place(("version",), sentence)]
    try:
        blueprint = Blueprint.model_validate(tree)
    except ValidationError as error:
        found = [place(e["loc"], explain(dict(e))) for e in error.errors(include_url=False)]
        return None, sorted(found, key=lambda p: p.line)
    problems = [place(path, message) for path, message in checks.mistakes(blueprint)]
    return blueprint, sorted(problems, key=lambda p: p.line)


def _parse(text: str, file: str) -> tuple[Any, Problem | None]:
    if len(text.encode()) > MOST_BYTES:
        return None, Problem(file, 0, "", _("The file is larger than 4 MB; is it a blueprint?"))
    try:
        return YAML(typ="rt").load(text), None
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return None, Problem(file, line, "", _("This key stands twice in the same place."))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        sentence = _("This is not YAML: %(problem)s.") % {"problem": error.problem or error.context}
        return None, Problem(file, line, "", sentence)
    except (YAMLError, RecursionError, ValueError) as error:
        sentence = _("This is not YAML: %(problem)s.") % {"problem": str(error).split("\n")[0]}
        return None, Problem(file, 0, "", sentence)


def _problem(file: str, tree: Any, path: Path, message: str) -> Problem:
    return Problem(file, line_of(tree, path), ".".join(str(step) for step in path), message)


def line_of(tree: Any, path: Path) -> int:
    """Return the line of a place in a ruamel tree: of its key, else of the nearest one above."""
    line = 1
    for step in path:
        if isinstance(tree, CommentedMap) and step in tree:
            line = tree.lc.key(step)[0] + 1
        elif isinstance(tree, CommentedSeq) and isinstance(step, int) and step < len(tree):
            line = tree.lc.item(step)[0] + 1
        else:
            break
        tree = tree[step]
    return line
