"""Values of custom fields: what a person typed becomes what is stored, or a sentence.

Stored shapes: text kinds, phone (E.164), e-mail, URL and address as strings; number as a JSON
number; money as a string with two decimals; dates as ISO strings (date-time in UTC); yes/no as a
boolean; list as an option code, multi-list as codes; user, client, item and file as ids.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dateutil import parser as dates
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from voronka.kernel import phones
from voronka.kernel.errors import InvalidInput, Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Field

_LONGEST = {"text": 500, "long_text": 20_000, "address": 500}  # characters
_YES = {"1", "true", "yes", "да", "on", "истина", "y"}
_NO = {"0", "false", "no", "нет", "off", "ложь", "n"}
_MAX_MONEY = Decimal("1e12")
_ISO_START = re.compile(r"\d{4}-\d\d?-\d\d?")


class BadValue(Exception):
    """One value can't be read; the sentence says what the field takes."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def clean_values(fields: Iterable[Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """Turn typed values into stored ones; an empty value becomes None ("clear it").

    Args:
        raw: field code -> what was typed or sent.
    Raises:
        InvalidInput: with a sentence per field that can't be read, or that is unknown.
    """
    by_code = {field.code: field for field in fields}
    clean: dict[str, Any] = {}
    wrong: dict[str, Sentence] = {}
    for code, value in raw.items():
        field = by_code.get(code)
        if field is None:
            wrong[code] = _("There is no such field here.")
            continue
        try:
            clean[code] = clean_value(field, value)
        except BadValue as bad:
            wrong[code] = bad.sentence
    if wrong:
        raise InvalidInput(
            _("Some fields can't be saved yet. Mend them and try again."), fields=wrong
        )
    return clean


def clean_value(field: Field, raw: Any) -> Any:
    """Turn one typed value into a stored one; None when it is empty.

    Raises:
        BadValue: it can't be read as the field's kind, breaks the field's rules, or the field
            is counted by a formula.
    """
    if field.formula:
        raise BadValue(_("This field is counted by its formula. Change what it counts on."))
    if isinstance(raw, str):
        raw = raw.strip()
    if raw is None or raw == "" or raw == []:
        return None
    value = _CLEANERS[field.kind](field, raw)
    _check_rules(field, value)
    return value


def is_filled(value: Any) -> bool:
    """Whether a stored value counts as filled; "no" and zero do."""
    return value is not None and value != "" and value != []


def _text(field: Field, raw: Any) -> str:
    text = str(raw).replace("\x00", "")
    longest = int(field.rules.get("max_length") or _LONGEST.get(field.kind, 500))
    if len(text) > longest:
        raise BadValue(_("At most %(count)d characters fit here.") % {"count": longest})
    return text


def parse_decimal(raw: Any) -> Decimal:
    """Read a number written in Russian or English style: "1 200,50", "1,200.50", "1200".

    Raises:
        BadValue: it is not a finite number.
    """
    if isinstance(raw, bool):
        raise BadValue(_("Give a number, such as 1200 or 1200.50."))
    text = re.sub(r"[\s\u00a0\u202f₽$€']|руб\.?|р\.", "", str(raw))
    if "," in text and "." in text:
        text = text.replace("," if text.rfind(".") > text.rfind(",") else ".", "")
    if text.count(",") == 1:
        text = text.replace(",", ".")
    text = text.replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadValue(_("Give a number, such as 1200 or 1200.50.")) from None
    if not number.is_finite():
        raise BadValue(_("Give a number, such as 1200 or 1200.50."))
    return number


def parse_money(raw: Any) -> Decimal:
    """Read an amount in the company currency with two decimals, zero or more.

    Raises:
        BadValue: not a number, negative, or too large to be an amount.
    """
    amount = parse_decimal(raw)
    if amount < 0:
        raise BadValue(_("An amount can't be negative."))
    if amount >= _MAX_MONEY:
        raise BadValue(_("The amount is too large."))
    return amount.quantize(Decimal("0.01"))


def _number(field: Field, raw: Any) -> int | float:
    number = parse_decimal(raw)
    if abs(number) >= Decimal("1e15"):
        raise BadValue(_("The number is too large."))
    return int(number) if number == number.to_integral_value() else float(number)


def _money(field: Field, raw: Any) -> str:
    return str(parse_money(raw))


def parse_date(raw: Any) -> date:
    """Read a date: ISO, or day first as in Russia ("31.12.2025").

    Raises:
        BadValue: it is not a date.
    """
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    return _parse_moment(raw).date()


def parse_datetime(raw: Any) -> datetime:
    """Read a moment; without a zone it is in the current time zone.

    Raises:
        BadValue: it is not a date with a time.
    """
    moment = raw if isinstance(raw, datetime) else _parse_moment(raw)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _parse_moment(raw: Any) -> datetime:
    text = str(raw)
    try:
        moment = dates.parse(text, dayfirst=not _ISO_START.match(text))
    except (ValueError, OverflowError):
        raise BadValue(_("Give a date, such as 31.12.2025.")) from None
    if not 1900 <= moment.year <= 2200:
        raise BadValue(_("Give a date, such as 31.12.2025."))
    return moment


def _boolean(field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = str(raw).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadValue(_("Answer yes or no."))


def _option(field: Field, raw: Any) -> str:
    text = str(raw).strip()
    for option in field.options:
        name = LocalText.of(option.get("name"))
        if text == option["code"] or text.lower() in {name.ru.lower(), name.en.lower()} - {""}:
            return str(option["code"])
    raise BadValue(_("“%(value)s” is not in the list.") % {"value": text[:60]})


def _options(field: Field, raw: Any) -> list[str]:
    parts = raw if isinstance(raw, list | tuple) else re.split(r"[;,|]", str(raw))
    chosen = dict.fromkeys(_option(field, part) for part in parts if str(part).strip())
    return list(chosen)


def _reference(field: Field, raw: Any) -> int:
    text = str(raw).strip().lstrip("№#")
    if not text.isdecimal() or len(text) > 18:
        raise BadValue(_("Choose from the list."))
    return int(text)


def _phone(field: Field, raw: Any) -> str:
    phone = phones.parse(str(raw), country=settings.COUNTRY)
    if phone is None:
        raise BadValue(_("This is not a phone number. Write it like +7 916 123-45-67."))
    return phone.e164


def _email(field: Field, raw: Any) -> str:
    address = str(raw).strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise BadValue(
            _("This is not an e-mail address. Write it like name@example.com.")
        ) from None
    return address


def _url(field: Field, raw: Any) -> str:
    address = str(raw).strip()
    if "://" not in address:
        address = f"https://{address}"
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        raise BadValue(_("This is not a web address. Write it like https://example.com.")) from None
    return address


_CLEANERS: dict[str, Callable[[Field, Any], Any]] = {
    Field.Kind.TEXT: _text,
    Field.Kind.LONG_TEXT: _text,
    Field.Kind.ADDRESS: _text,
    Field.Kind.NUMBER: _number,
    Field.Kind.MONEY: _money,
    Field.Kind.DATE: lambda field, raw: parse_date(raw).isoformat(),
    Field.Kind.DATETIME: lambda field, raw: parse_datetime(raw).astimezone(UTC).isoformat(),
    Field.Kind.BOOLEAN: _boolean,
    Field.Kind.LIST: _option,
    Field.Kind.MULTI_LIST: _options,
    Field.Kind.USER: _reference,
    Field.Kind.CLIENT: _reference,
    Field.Kind.ITEM: _reference,
    Field.Kind.FILE: _reference,
    Field.Kind.PHONE: _phone,
    Field.Kind.EMAIL: _email,
    Field.Kind.URL: _url,
}


def _check_rules(field: Field, value: Any) -> None:
    low, high = field.rules.get("min"), field.rules.get("max")
    if field.kind in (Field.Kind.NUMBER, Field.Kind.MONEY):
        number = Decimal(str(value))
        if low is not None and number < Decimal(str(low)):
            raise BadValue(_("Give at least %(low)s.") % {"low": low})
        if high is not None and number > Decimal(str(high)):
            raise BadValue(_("Give at most %(high)s.") % {"high": high})
    pattern = field.rules.get("pattern")
    if pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
        hint = str(LocalText.of(field.rules.get("pattern_hint")))
        raise BadValue(hint or _("This does not look as it should. See the hint of the field."))
