"""What a schema refuses is said in our own words, in the person's language."""

import re
from typing import Literal

import pytest
from django.utils.translation import override
from pydantic import BaseModel, Field, HttpUrl, ValidationError

from voronka.kernel import unfit


class Asked(BaseModel, extra="forbid"):
    host: str = Field(min_length=1, max_length=5)
    code: str = Field("abc", min_length=3)
    port: int = Field(1, gt=0, le=65535)
    share: float = 0
    site: HttpUrl = HttpUrl("https://example.com")
    safety: Literal["tls", "none"] = "tls"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Без этого нельзя."),
        ({"host": ""}, "Без этого нельзя."),
        ({"host": "a" * 6}, "Слишком длинно: предел — 5."),
        ({"host": "a", "code": "a"}, "Слишком коротко."),
        ({"host": "a", "port": "ten"}, "Введите целое число."),
        ({"host": "a", "port": 0}, "Должно быть больше 0."),
        ({"host": "a", "port": 70000}, "Не больше 65535."),
        ({"host": "a", "share": "half"}, "Введите число."),
        ({"host": "a", "site": "nowhere"}, "Введите адрес целиком, например https://example.com."),
        ({"host": "a", "safety": "hope"}, "Выберите из списка."),
        ({"host": "a", "colour": 1}, "Здесь такого нет."),
        ({"host": 5}, "Это сюда не подходит."),
    ],
)
def test_a_refusal_of_a_schema_is_a_russian_sentence(given, said):
    with pytest.raises(ValidationError) as refusal:
        Asked.model_validate(given)
    with override("ru"):
        [sentence] = [unfit.sentence(dict(problem)) for problem in refusal.value.errors()]
    assert sentence == said
    assert not re.search("[a-z]", str(sentence).replace("https://example.com", ""))
