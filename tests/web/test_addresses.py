"""Addresses written once in a process are the ones that Django writes."""

import pytest
from django.template import engines
from django.urls import NoReverseMatch, reverse, set_script_prefix

from voronka.web.addresses import address, path_of


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("home", []),
        ("card:show", [7]),
        ("card:show", [1_000_000_007]),
        ("board:column", [3, 12]),
        ("board:column", [12, 3]),
        ("list:type", ["deal"]),
        ("list:cell", [0, "-"]),
    ],
)
def test_an_address_is_what_django_writes_at_every_asking(name, args):
    for _again in range(2):
        assert path_of(name, *args) == reverse(name, args=args)
        tag = engines["django"].from_string("{% url name " + " ".join(map(repr, args)) + " %}")
        assert tag.render({"name": name}) == reverse(name, args=args)


def test_an_address_follows_the_place_that_the_program_is_mounted_at():
    assert path_of("card:show", 7) == "/cards/7/"
    set_script_prefix("/crm/")
    try:
        assert path_of("card:show", 7) == "/crm/cards/7/"
    finally:
        set_script_prefix("/")
    assert path_of("card:show", 8) == "/cards/8/"


def test_what_is_no_page_has_no_address():
    assert address("no:such_page") == address("card:show") == address("card:show", -1) == ""
    with pytest.raises(NoReverseMatch):
        path_of("card:show", "seven")
    with pytest.raises(NoReverseMatch):
        engines["django"].from_string("{% url 'card:show' '' %}").render({})
