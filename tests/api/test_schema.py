"""Schemathesis tries every operation against its own OpenAPI description."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories import make_item, make_pipeline
from voronka.wsgi import application

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_keeps_its_own_description(case, stocked):
    headers = {"Authorization": f"Bearer {stocked}", "Accept-Encoding": "identity"}
    case.call_and_validate(headers=headers, checks=CHECKS)


@pytest.fixture
def stocked(caller):
    """A token of somebody whose base has a card in it."""
    owner = caller()
    make_item(make_pipeline())
    signals = (request_started, request_finished)
    for signal in signals:  # as Django's own test client does: the test holds the connection
        signal.disconnect(close_old_connections)
    yield owner.token
    for signal in signals:
        signal.connect(close_old_connections)
