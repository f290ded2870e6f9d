"""`--help` speaks the language of the terminal."""

import os
import subprocess
import sys

import pytest


def say(*arguments, language):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    done = subprocess.run(
        [sys.executable, "-m", "voronka.cli.main", *arguments],
        env=kept | {"LANG": f"{language}.UTF-8", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "russian", "english"),
    [
        (["--help"], ["Вызов:", "Команды", "Запустить Воронку"], ["Usage:", "Commands"]),
        (["user", "--help"], ["Сменить роль сотрудника"], ["Give a person another role"]),
        (["report", "--help"], ["Коды воронок", "по умолчанию: table"], ["Codes of funnels"]),
        (["nonsense"], ["Ошибка", "Нет команды 'nonsense'"], ["No such command 'nonsense'"]),
    ],
)
def test_help_and_what_typer_adds_to_it_are_in_the_terminals_language(arguments, russian, english):
    told = say(*arguments, language="ru_RU")
    for words in russian:
        assert words in told
    told = say(*arguments, language="en_US")
    for words in english:
        assert words in told
    for words in russian:
        assert words not in told
