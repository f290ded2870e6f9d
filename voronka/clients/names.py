"""Names of persons and companies: their parts, and the key by which look-alikes are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PATRONYMIC = re.compile(r".+(?:вич|ьич|вна|ична|инична|оглы|кызы)", re.IGNORECASE)
_SURNAME = re.compile(
    r".+(?:[её]в|[её]ва|ов|ова|ин|ина|ын|ына|ский|цкий|ская|цкая|енко|чук|щук|юк|ян|янц|"
    r"швили|дзе|ых|их|уа|ия|дин|дина|ой)",
    re.IGNORECASE,
)
# First names that end like surnames, or come so often that a guess by ending would be wrong.
_FIRST_NAMES = (
    "константин валентин вениамин мартин августин марина ирина галина нина полина алина карина "
    "екатерина кристина ангелина валентина зина антонина регина лина арина дарина сабина эльвина "
    "илья лия мария юлия анастасия виктория наталия софия евгения ксения лилия лидия валерия "
    "святослав ярослав мстислав вячеслав иван сергей александр андрей дмитрий алексей максим "
    "михаил николай владимир олег юрий игорь павел роман евгений виктор анатолий григорий пётр "
    "артём тимур руслан денис антон кирилл никита егор даниил арсений глеб марк лев тимофей "
    "анна елена ольга татьяна наталья светлана людмила оксана вера надежда любовь маргарита "
    "яна диана алёна евдокия зоя инна рита катя саша маша даша лена оля таня наташа света юля "
    "дима серёжа лёша коля миша вова паша петя женя слава ваня гена стас макс ян яков"
)
_FIRST = frozenset(_FIRST_NAMES.split())
_LEGAL = re.compile(
    r"\b(?:ооо|оао|зао|пао|нао|ао|ип|гуп|муп|фгуп|ано|нко|чоу|тоо|одо|тд|гк|пк|кфх|"
    r"общество с ограниченной ответственностью|акционерное общество|"
    r"индивидуальный предприниматель|llc|ltd|inc|gmbh|corp|co|plc|llp|jsc|limited|company)\b"
)
_NOT_WORD = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class PersonName:
    """The parts of a person's name; an unknown part is empty."""

    first: str = ""
    last: str = ""
    patronymic: str = ""

    def spoken(self) -> str:
        """As people say it: first name, then surname."""
        return " ".join(part for part in (self.first, self.last) if part) or self.patronymic


def person_name(text: str) -> PersonName:
    """Split "Иванов Иван Петрович", "Иван Петрович Иванов", "Иван Иванов" or "John Smith".

    A patronymic is known by its ending; without one, a word that ends like a surname and stands
    before a known or likelier first name is the surname. One word is a first name.
    """
    parts = [p for p in re.split(r"[\s,]+", text.strip()) if p]
    if len(parts) > 3 and parts[-1].lower() in ("оглы", "кызы"):
        parts[-2:] = [" ".join(parts[-2:])]
    if not parts or len(parts) > 4:
        return PersonName(first=" ".join(parts))
    if len(parts) == 1:
        return PersonName(first=parts[0])
    if len(parts) == 2:
        one, two = parts
        if _PATRONYMIC.fullmatch(two) and not _is_surname(one):
            return PersonName(first=one, patronymic=two)
        if _is_surname(one) and not _is_surname(two):
            return PersonName(first=two, last=one)
        return PersonName(first=one, last=two)
    if _PATRONYMIC.fullmatch(parts[2]) and not _PATRONYMIC.fullmatch(parts[1]):
        return PersonName(last=parts[0], first=parts[1], patronymic=" ".join(parts[2:]))
    if _PATRONYMIC.fullmatch(parts[1]):
        return PersonName(first=parts[0], patronymic=parts[1], last=" ".join(parts[2:]))
    return PersonName(first=" ".join(parts[:-1]), last=parts[-1])


def _is_surname(word: str) -> bool:
    return word.lower() not in _FIRST and bool(_SURNAME.fullmatch(word))


@lru_cache(maxsize=8192)
def name_key(name: str) -> str:
    """Return what two spellings of one name share: no case, ё, quotes, legal form, word order."""
    text = _NOT_WORD.sub(" ", name.lower().replace("ё", "е"))
    bare = _LEGAL.sub(" ", text)
    return " ".join(sorted((bare if bare.strip() else text).split()))
