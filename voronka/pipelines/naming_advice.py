"""A better name for a stage: "Отправка КП" becomes "КП отправлено", and the other way round.

Source: docs/domain/stages.md, "names" (F3, X4, FS-4, LG-5). A hint is advice: nothing is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from voronka.kernel.errors import Sentence
from voronka.kernel.texts import LocalText
from voronka.pipelines.models import Pipeline
from voronka.pipelines.naming import morphology, naming_of

# participle: what the work is called as a noun and as verbs, and what we say while doing it
_WORK = {
    "отправлен": ("отправка отправлять отправить высылать", "отправляем"),
    "подготовлен": ("подготовка готовить подготавливать", "готовим"),
    "согласован": ("согласование согласовывать согласовать", "согласуем"),
    "подписан": ("подписание подписывать", "подписываем"),
    "проведён": ("проведение проводить", "проводим"),
    "выставлен": ("выставление выставлять", "выставляем"),
    "получен": ("получение получать ожидание ожидать ждать", "ждём"),
    "рассчитан": ("расчёт рассчитывать считать", "рассчитываем"),
    "проверен": ("проверка проверять", "проверяем"),
    "доставлен": ("доставка доставлять везти", "доставляем"),
    "отгружен": ("отгрузка отгружать", "отгружаем"),
    "смонтирован": ("монтаж монтировать", "монтируем"),
    "изготовлен": ("изготовление изготавливать", "изготавливаем"),
    "заключён": ("заключение заключать", "заключаем"),
    "составлен": ("составление составлять", "составляем"),
    "утверждён": ("утверждение утверждать", "утверждаем"),
    "выявлен": ("выявление выявлять", "выявляем"),
    "квалифицирован": ("квалификация квалифицировать", "квалифицируем"),
    "обработан": ("обработка обрабатывать", "обрабатываем"),
    "назначен": ("назначение назначать", "назначаем"),
    "закуплен": ("закупка закупать", "закупаем"),
    "собран": ("сборка сбор собирать", "собираем"),
    "установлен": ("установка устанавливать", "устанавливаем"),
    "разработан": ("разработка разрабатывать", "разрабатываем"),
    "оформлен": ("оформление оформлять", "оформляем"),
    "передан": ("передача передавать", "передаём"),
    "внедрён": ("внедрение внедрять", "внедряем"),
    "запущен": ("запуск запускать", "запускаем"),
    "сдан": ("сдача сдавать", "сдаём"),
    "принят": ("приёмка приём принимать", "принимаем"),
    "отработан": ("отработка отрабатывать", "отрабатываем"),
    "подобран": ("подбор подбирать", "подбираем"),
    "найден": ("поиск искать", "ищем"),
    "выполнен": ("выполнение выполнять делать", "выполняем"),
    "сделан": ("", "делаем"),
}
# a thing or an event named alone: what happens to it
_ALONE = {
    "проведён": "встреча презентация демонстрация показ переговоры собеседование консультация "
    "осмотр экскурсия диагностика обучение",
    "выполнен": "замер монтаж доставка отгрузка расчёт сборка установка",
    "сделан": "звонок созвон",
    "получен": "оплата предоплата аванс согласие ответ заявка задание тз отзыв решение деньга",
    "подписан": "договор акт контракт",
    "отправлен": "кп предложение письмо коммерческий",
    "выставлен": "счёт",
    "установлен": "контакт",
    "выявлен": "потребность",
    "отработан": "возражение",
    "согласован": "проект смета макет",
}
_NEUTER = {"кп", "тз", "дс"}  # abbreviations that pymorphy takes for names
_BLURRED = re.compile(
    r"^(дума\w*|обрабатыва\w*|в работе|в процессе|завис\w*|на (завтра|потом|паузе)|через \w+|"
    r"прочее|разное|позже|перезвонить|thinking|in progress|on hold|pending|later|tomorrow|"
    r"next month|misc|other|stuck|processing)\b",
    re.IGNORECASE,
)
_DONE_EN = {
    "sending": "sent", "making": "made", "holding": "held", "paying": "paid", "finding": "found",
    "waiting": "received", "awaiting": "received", "getting": "received", "winning": "won",
    "choosing": "chosen", "giving": "given", "taking": "taken", "building": "built",
    "buying": "bought", "selling": "sold", "doing": "done",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamingHint:
    """What is wrong with a stage's name, and a better one; "" when none is known."""

    text: Sentence
    better: str = ""


def naming_hint(name: str, naming: str, *, language: str = "ru") -> NamingHint | None:
    """Return advice on a stage's name as it is being typed, or None when it is good.

    Args:
        naming: what the funnel names, a `Pipeline.Naming`.
        language: of the name, "ru" or "en".
    """
    name = " ".join(name.split())
    if len(name) < 2:
        return None
    text = LocalText(en=name) if language == "en" else LocalText(ru=name)
    better = suggest_name(name, naming, language=language)
    if _BLURRED.match(name):
        sentence = _("A blurred name: nobody can tell when a card belongs here. Name a fact.")
        return NamingHint(sentence, better)
    kind = naming_of(text)
    if kind == naming:
        return None
    if kind is not None:
        if naming == Pipeline.Naming.RESULTS:
            return NamingHint(_("This is work in progress; here stages name a result."), better)
        return NamingHint(_("This is a result; here stages name the work in progress."), better)
    if better and naming == Pipeline.Naming.RESULTS:
        return NamingHint(_("It does not say what has been reached."), better)
    return None


def suggest_name(name: str, naming: str, *, language: str = "ru") -> str:
    """Return a name of the wanted style, or "" when none is known."""
    if language == "en":
        better = _english_result(name) if naming == Pipeline.Naming.RESULTS else _english_work(name)
    elif naming == Pipeline.Naming.RESULTS:
        better = _russian_result(name)
    else:
        better = _russian_work(name)
    better = better[:1].upper() + better[1:]
    return "" if better.lower() == name.lower() else better


@cache
def _participles() -> tuple[dict[str, str], dict[str, str]]:
    work = {_plain(w): done for done, (words, _we) in _WORK.items() for w in words.split()}
    alone = {_plain(w): done for done, words in _ALONE.items() for w in words.split()}
    return work, alone


def _plain(word: str) -> str:
    return word.lower().replace("ё", "е")


def _lemmas(word: str) -> list[str]:
    return [_plain(word), *(_plain(p.normal_form) for p in morphology().parse(word.lower())[:3])]


def _known(word: str, words: dict[str, str]) -> str:
    return next((words[lemma] for lemma in _lemmas(word) if lemma in words), "")


def _russian_result(name: str) -> str:
    words = name.split()
    work, alone = _participles()
    done = _known(words[0], work)
    if done and len(words) > 1 and not _is_link(words[1]):
        thing, tail = _split(words[1:])
        return _joined(thing, [done, *tail]) if not _has_conjunction(tail) else ""
    thing, tail = _split(words)
    done = _known(words[0], alone) if len(thing) == 1 else _known(thing[-1], alone)
    return _joined(thing, [*tail, done]) if done and not _has_conjunction(tail) else ""


def _is_link(word: str) -> bool:
    tag = morphology().parse(word.lower())[0].tag
    return "PREP" in tag or "CONJ" in tag


def _has_conjunction(words: list[str]) -> bool:
    return any("CONJ" in morphology().parse(word.lower())[0].tag for word in words)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Cut a phrase before its first preposition or conjunction."""
    cut = next((n for n, word in enumerate(words) if n and _is_link(word)), len(words))
    return words[:cut], words[cut:]


def _head(words: list[str]) -> int | None:
    """Return the place of the noun that the phrase is about: "новая заявка" -> 1."""
    for n, word in enumerate(words):
        parses = morphology().parse(word.lower())[: None if len(words) == 1 else 1]
        if _plain(word) in _NEUTER or any("NOUN" in p.tag for p in parses):
            return n
    return None


def _parse_of_head(words: list[str], head: int, number: str) -> Any:
    """Return the noun's parse that agrees with what stands beside it, else the likeliest."""
    parses = [p for p in morphology().parse(words[head].lower()) if "NOUN" in p.tag]
    if number:
        parses = [p for p in parses if p.tag.number == number] or parses
    elif head:
        before = {(p.tag.case, p.tag.number) for p in morphology().parse(words[head - 1].lower())}
        agreeing = [p for p in parses if (p.tag.case, p.tag.number) in before]
        parses = agreeing or parses
    return parses[0] if parses else None


def _phrase(words: list[str], case: str, number: str = "") -> tuple[list[str], set[str]] | None:
    """Put a phrase into a case; return it with the gender and number that agree with it.

    Args:
        number: "sing" or "plur" where something beside the phrase tells it.

    What stands behind the noun depends on it and stays: "смета проекта".
    """
    head = _head(words)
    if head is None:
        return None
    if _plain(words[head]) in _NEUTER:
        noun, agreement = words[head].upper(), {"neut", "sing"}
    else:
        parse = _parse_of_head(words, head, number)
        number = (parse.tag.number or "") if parse else ""
        straight = parse.inflect({case, number}) if number else None
        if straight is None or words[head].isupper():
            return None
        noun = straight.word
        agreement = {"plur"} if number == "plur" else {parse.tag.gender or "masc", "sing"}
    before = []
    for word in words[:head]:
        wanted = {*agreement, case, *(("inan",) if case == "accs" else ())}
        adjective = morphology().parse(word.lower())[0].inflect(wanted)
        if adjective is None:
            return None
        before.append(adjective.word)
    return [*before, noun, *words[head + 1 :]], agreement


def _joined(thing: list[str], rest: list[str]) -> str:
    """Say that something is done: the thing in the nominative, the participle agreeing."""
    found = _phrase(thing, "nomn")
    if found is None:
        return ""
    words, agreement = found
    said = []
    for word in rest:
        done = next((p for p in morphology().parse(word) if "PRTS" in p.tag), None)
        agreed = done.inflect(agreement) if done and word in _WORK else None
        said.append(agreed.word if agreed else word)
    return " ".join([*words, *said])


def _russian_work(name: str) -> str:
    words = name.split()
    for n, word in enumerate(words):
        for parse in morphology().parse(word.lower()):
            masculine = parse.inflect({"masc", "sing"}) if "PRTS" in parse.tag else None
            if masculine is None:
                continue
            key = _plain(masculine.word)
            doing = next((we for done, (_w, we) in _WORK.items() if _plain(done) == key), "")
            thing, tail = _split(words[:n]) if n else ([], [])
            found = _phrase(thing, "accs", parse.tag.number) if doing else None
            return " ".join([doing, *found[0], *tail, *words[n + 1 :]]) if found else ""
    return ""


def _english_result(name: str) -> str:
    words = [w for w in name.split() if w.lower() not in ("the", "a", "an", "for")]
    first = words[0].lower() if words else ""
    if not first.endswith("ing") or len(words) < 2:
        return ""
    stem = first[:-3]
    regular = stem[:-1] + "ied" if re.search(r"[^aeiou]y$", stem) else stem + "ed"
    return " ".join([*words[1:], _DONE_EN.get(first, regular)])


def _english_work(name: str) -> str:
    words = name.split()
    last = words[-1].lower() if words else ""
    doing = next((doing for doing, done in _DONE_EN.items() if done == last), "")
    doing = doing or (last[:-2] + "ing" if last.endswith("ed") else "")
    if len(words) < 2 or not doing:
        return ""
    doing += " for" if doing in ("waiting", "awaiting") else ""
    return " ".join([doing, "the", *(w if w.isupper() else w.lower() for w in words[:-1])])
