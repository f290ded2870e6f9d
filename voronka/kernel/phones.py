"""Phones: read however a person wrote them, kept as E.164."""

import re
from dataclasses import dataclass

import phonenumbers

_NOT_A_NUMBER = re.compile(r"^[^\d]*$")
_SEVERAL = re.compile(r"[;,/\n|]| и | or ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: `e164` such as +79161234567, `extension` digits or an empty string."""

    e164: str
    extension: str = ""


def parse(raw: str, *, country: str = "RU") -> Phone | None:
    """Read one number in any of the usual spellings; None when it is not a possible number.

    Args:
        country: ISO 3166 code for numbers written without a country code.
    """
    text = raw.strip().strip("'").replace("\u00a0", " ")
    if not text or _NOT_A_NUMBER.match(text) or len(set(re.sub(r"\D", "", text))) == 1:
        return None
    for region in (country, None):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return Phone(e164, number.extension or "")
    return None


def parse_several(raw: str, *, country: str = "RU") -> list[Phone]:
    """Read all numbers of a cell such as "8 916 …, +7 495 …"; each once, in order."""
    found = dict.fromkeys(p for part in _SEVERAL.split(raw) if (p := parse(part, country=country)))
    return list(found)


def pretty(e164: str) -> str:
    """Write a number for people: national spacing, with the country code."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
