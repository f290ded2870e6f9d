"""A name that somebody sent leads nowhere and can be kept."""

import pytest
from django.utils.text import get_valid_filename
from hypothesis import given
from hypothesis import strategies as st

from voronka.kernel.file_names import clean_file_name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("план (1).pdf", "план (1).pdf"),
        ("C:\\Мои документы\\план.pdf", "план.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\n.txt", "ab.txt"),
        ("..", "file"),
        ("!!!", "file"),
        ("", "file"),
    ],
)
def test_the_last_part_is_the_name(raw, name):
    assert clean_file_name(raw) == name


@given(st.text())
def test_any_name_can_be_shown_and_stored(raw):
    name = clean_file_name(raw)
    assert 0 < len(name) <= 255
    assert "/" not in name
    assert "\\" not in name
    assert get_valid_filename(clean_file_name(name[-80:])) not in {"", ".", ".."}
