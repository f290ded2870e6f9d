"""A funnel of deals and its owner at the editor of robots."""

import pytest

from tests.factories import make_item_type, make_pipeline
from tests.people.factories import make_user


@pytest.fixture
def pipeline():
    return make_pipeline(make_item_type("deal"))


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def boss(client, owner):
    """A browser of the owner, in Russian."""
    client.force_login(owner)
    return client
