"""What `--help` says, in the language of the terminal: our texts, and Typer's words around them.

The English texts stand where Typer looks for them, in docstrings and in `help=`; here they are
found for the catalogue and replaced before the command line is read.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer import Typer
from typer.core import TyperCommand, TyperGroup
from typer.models import ParameterInfo

from voronka.cli.words import gettext as _

# Typer asks for these itself, from the catalogue that the package names to gettext.
TYPERS = (
    _("Arguments"),
    _("Options"),
    _("Commands"),
    _("Error"),
    _("Aborted."),
    _("[required]"),
    _("[default: {}]"),
    _("[env var: {}]"),
    _("Missing command."),
    _("No such command {name!r}."),
    _("Try [blue]'{command_path} {help_option}'[/] for help."),
)


class _Command(TyperCommand):
    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _help_option(super().get_help_option(ctx))


class _Group(TyperGroup):
    def get_usage(self, ctx: Any) -> str:
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        return _help_option(super().get_help_option(ctx))


def _usage(usage: str) -> str:
    """Translate what Typer has written into its code."""
    for english, said in (
        ("Usage:", _("Usage:")),
        ("[OPTIONS]", _("[OPTIONS]")),
        ("COMMAND [ARGS]...", _("COMMAND [ARGS]...")),
    ):
        usage = usage.replace(english, said, 1)
    return usage


def _help_option(option: Any) -> Any:
    if option is not None:
        option.help = _("Show this message and exit.")
    return option


def texts(app: Typer) -> Iterator[tuple[str, str]]:
    """Give what the help of our commands says: (module, English text)."""
    found: list[tuple[str, str]] = []

    def keep(module: str, text: str) -> str:
        found.append((module, text))
        return text

    _each(app, keep)
    yield from found


def translate(app: Typer) -> None:
    """Let all commands speak the language of the terminal."""
    _each(app, lambda _module, text: _(text))


def _each(app: Typer, change: Callable[[str, str], str]) -> None:
    app.info.cls = _Group
    if isinstance(app.info.help, str):
        app.info.help = change(_module_of(app), app.info.help)
    for command in app.registered_commands:
        callback = command.callback
        if callback is None or command.hidden:
            continue
        command.cls = _Command
        command.help = change(callback.__module__, command.help or inspect.getdoc(callback) or "")
        for given in _parameters(callback):
            if given.help:
                given.help = change(callback.__module__, given.help)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.cls = _Group
            _each(group.typer_instance, change)


def _parameters(callback: Callable[..., Any]) -> Iterator[ParameterInfo]:
    for hint in get_type_hints(callback, include_extras=True).values():
        if get_origin(hint) is Annotated:
            yield from (part for part in get_args(hint) if isinstance(part, ParameterInfo))


def _module_of(app: Typer) -> str:
    """Return the module of a group's commands; of the whole program without any of its own."""
    own = next((c.callback for c in app.registered_commands if c.callback), None)
    shared = any(group.typer_instance for group in app.registered_groups)
    return own.__module__ if own and not shared else "voronka.cli.main"
