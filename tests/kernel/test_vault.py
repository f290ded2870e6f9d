"""Secrets that must be read again."""

import pytest
from django.test import override_settings

from voronka.kernel.vault import VaultLocked, seal, unseal


def test_a_secret_comes_back_and_is_not_seen_on_the_way():
    sealed = seal({"password": "hunter2-hunter2", "empty": ""})
    assert "hunter2" not in sealed
    assert unseal(sealed) == {"password": "hunter2-hunter2"}
    assert seal({"a": ""}) == ""
    assert unseal("") == {}


def test_another_installation_can_t_read_it():
    sealed = seal({"password": "x"})
    with override_settings(SECRET_KEY="another"), pytest.raises(VaultLocked):
        unseal(sealed)
    with pytest.raises(VaultLocked):
        unseal("nonsense")
