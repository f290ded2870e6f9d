"""Commands answer in the language of the sources here, whatever the installation speaks."""

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def speak_english():
    with translation.override("en"):
        yield
