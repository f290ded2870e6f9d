"""Browsers of people with different roles, and a furniture maker's clients."""

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from tests.people.factories import make_department, make_user


def browse(user):
    """A browser where `user` is logged in."""
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def office():
    return make_department()


@pytest.fixture
def boss():
    return make_user("owner", name="Пётр Андреев")


@pytest.fixture
def rop(office):
    return make_user("head_of_sales", name="Мария Кравцова", department=office)


@pytest.fixture
def manager(office):
    return make_user("manager", name="Ольга Серова", department=office)


@pytest.fixture
def observer():
    return make_user("observer", name="Глеб Тихий")


@pytest.fixture
def browser(boss):
    return browse(boss)


def queries_of(browser, address):
    """How many SQL queries a page takes once everything about the person is warm."""
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)
