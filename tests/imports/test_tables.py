"""Any table that people have can be read."""

import io
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voronka.imports.tables import Reading, guess_delimiter, guess_encoding, open_table
from voronka.kernel.errors import InvalidInput

TEXT = "Имя;Телефон;Примечание\nИванов Иван;8 916 123-45-67;перезвонить завтра\nЁлкин;;«срочно»\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8_r", "cp866"])
def test_russian_tables_are_read_in_every_usual_encoding(tmp_path: Path, encoding):
    text = TEXT if encoding not in ("koi8_r", "cp866") else TEXT.replace("«", '"').replace("»", '"')
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    table = open_table(tmp_path / "a.csv")
    assert table.headers == ["Имя", "Телефон", "Примечание"]
    assert next(table.rows)[0] == "Иванов Иван"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_by_itself(delimiter):
    rows = [["a", "b", "c"], ["1", "x y", ""], ["2", "", "z"]]
    assert guess_delimiter("\n".join(delimiter.join(r) for r in rows)) == delimiter


def test_quotes_may_hold_delimiters_and_line_breaks(tmp_path: Path):
    (tmp_path / "a.csv").write_text('id;text\n1;"two\nlines; here"\n')
    assert list(open_table(tmp_path / "a.csv").rows) == [["1", "two\nlines; here"]]


def test_a_spreadsheet_gives_the_same_texts_as_a_csv(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["Имя", "Сумма", "Имя"])
    book.active.append(["Пётр", 1200.5, None])
    book.active.append(["Анна", 7.0, "да"])
    book.save(tmp_path / "a.xlsx")
    table = open_table(tmp_path / "a.xlsx")
    assert table.headers == ["Имя", "Сумма", "Имя (2)"]
    assert list(table.rows) == [["Пётр", "1200.5", ""], ["Анна", "7", "да"]]


@pytest.mark.parametrize("content", [b"", b"   \n", b"PK\x03\x04rubbish"])
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InvalidInput):
        open_table(tmp_path / "a.csv")
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(InvalidInput):
        open_table(tmp_path / "a.xlsx")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_crash(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("t") / "a.csv"
    path.write_bytes(content)
    try:
        table = open_table(path, reading=Reading())
        for _row in table.rows:
            pass
    except InvalidInput:
        return
    assert table.headers


def test_utf8_wins_over_the_guess():
    assert guess_encoding("Привет".encode()) == "utf-8"
    assert guess_encoding(io.BytesIO("Стоимость мебели".encode("cp1251")).read()) == "cp1251"
