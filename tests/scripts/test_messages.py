"""The catalogues' keeper, on a small house of its own."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "messages.py"


@pytest.fixture
def house(tmp_path, monkeypatch) -> tuple[ModuleType, Path]:
    """The script, looking at a package in a temporary folder."""
    spec = importlib.util.spec_from_file_location("messages_script", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "messages_script", script)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "PACKAGE", tmp_path / "voronka")
    for name, text in (
        (
            "voronka/items/errors.py",
            'A = _("Stage")\nB = ngettext("%(n)d day", "%(n)d days", 1)\n',
        ),
        ("voronka/web/board/views.py", 'C = pgettext("scope", "own")\n'),
        ("voronka/web/templates/board/_card.html", '{% trans "Move" %}'),
        ("voronka/web/templates/base.html", "{% blocktrans %}Hello {{ name }}{% endblocktrans %}"),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return script, tmp_path / "voronka"


def catalogue(package: Path, folder: str) -> Path:
    return package / folder / "locale" / "ru" / "LC_MESSAGES" / "django.po"


def translate(file: Path, text: str, translation: str) -> None:
    said = file.read_text()
    assert f'msgid "{text}"\nmsgstr ""' in said
    file.write_text(
        said.replace(f'msgid "{text}"\nmsgstr ""', f'msgid "{text}"\nmsgstr "{translation}"')
    )


def test_each_page_has_a_catalogue_and_shared_templates_belong_to_the_frame(house):
    script, package = house
    script.write_all()
    assert "Stage" in catalogue(package, "items").read_text()
    board = catalogue(package, "web/board").read_text()
    assert "Move" in board
    assert 'msgctxt "scope"' in board
    assert "Hello %(name)s" in catalogue(package, "web/frame").read_text()


def test_a_text_that_moves_to_another_page_takes_its_translation_along(house):
    script, package = house
    script.write_all()
    translate(catalogue(package, "web/board"), "Move", "Перенести")
    old = package / "web/templates/board/_card.html"
    new = package / "web/templates/list/_row.html"
    new.parent.mkdir()
    old.rename(new)
    script.write_all()
    assert "Перенести" in catalogue(package, "web/list").read_text()
    assert "Move" not in catalogue(package, "web/board").read_text()


def test_what_is_missing_or_wrong_is_named_with_its_place(house):
    script, package = house
    assert any("items/errors.py:1: not in" in p for p in script.problems())
    script.write_all()
    assert any("not translated: 'Stage'" in p for p in script.problems())
    translate(catalogue(package, "web/frame"), "Hello %(name)s", "Привет, %(imya)s")
    assert any("placeholders differ" in p for p in script.problems())
    plural = catalogue(package, "items")
    plural.write_text(plural.read_text().replace('msgstr[0] ""', 'msgstr[0] "%(n)d день"'))
    assert any("needs 3 plural forms" in p for p in script.problems())


def test_one_text_with_two_translations_is_refused(house):
    script, package = house
    (package / "items/rules.py").write_text('D = _("Move")\n')
    script.write_all()
    translate(catalogue(package, "web/board"), "Move", "Перенести")
    translate(catalogue(package, "items"), "Move", "Двигать")
    assert any("translated otherwise" in p for p in script.problems())
