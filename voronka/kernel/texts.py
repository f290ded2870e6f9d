"""Texts with a Russian and an English value (LG-2), and the model field that stores them."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.translation import get_language

LANGUAGES = ("ru", "en")


class LocalText:
    """A text in Russian and English; shows the person's language, else the other one.

    A text given in one language only is shown to everybody. Equality compares both values.
    """

    __slots__ = ("en", "ru")

    def __init__(self, ru: str = "", en: str = "") -> None:
        self.ru = ru
        self.en = en

    @classmethod
    def of(cls, value: "LocalText | Mapping[str, str] | str | None") -> "LocalText":
        """Read a text from a string (both languages alike), a {"ru", "en"} mapping, or None."""
        if isinstance(value, LocalText):
            return value
        if value is None:
            return cls()
        if isinstance(value, str):
            return cls(ru=value)
        return cls(ru=str(value.get("ru") or ""), en=str(value.get("en") or ""))

    def in_language(self, language: str) -> str:
        """Return the text for a language code such as "ru" or "en-gb", falling back."""
        own = self.en if language.startswith("en") else self.ru
        return own or self.ru or self.en

    def as_dict(self) -> dict[str, str]:
        """Return {"ru": …, "en": …} without empty values."""
        return {k: v for k, v in (("ru", self.ru), ("en", self.en)) if v}

    def __str__(self) -> str:
        return self.in_language(get_language() or "ru")

    def __repr__(self) -> str:
        return f"LocalText(ru={self.ru!r}, en={self.en!r})"

    def __bool__(self) -> bool:
        return bool(self.ru or self.en)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LocalText):
            return (self.ru, self.en) == (other.ru, other.en)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.ru, self.en))


@lru_cache(maxsize=4096)
def _read(stored: str) -> LocalText:
    """Read a stored text. Names of stages and fields come again and again; nobody changes one."""
    return LocalText.of(json.loads(stored))


class LocalTextField(models.JSONField):
    """Stores a LocalText as JSONB; assign a LocalText, a string or a mapping."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", LocalText)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> LocalText:
        if isinstance(value, str):
            return _read(value)
        return LocalText.of(super().from_db_value(value, expression, connection))

    def to_python(self, value: Any) -> LocalText:
        return LocalText.of(value)

    def get_prep_value(self, value: Any) -> Any:
        return LocalText.of(value).as_dict()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, LocalText):
            value = value.as_dict()
        return super().get_db_prep_value(value, connection, prepared)
