"""What the fields of a foreign form mean, told by their names. Pure.

Tilda, Contact Form 7, Elementor, hand-made ones: everybody calls a phone something else.
"""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, unquote, urlsplit

from voronka.channels.bodies import Posted

_WORDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "tel", "telephone", "mobile", "телефон", "тел", "номер телефона"),
    "email": ("email", "e-mail", "mail", "почта", "эл почта", "электронная почта"),
    "name": ("name", "fio", "fullname", "full name", "firstname", "first name", "имя", "фио",
             "ваше имя", "как вас зовут"),
    "company": ("company", "organization", "organisation", "компания", "организация"),
    "text": ("message", "comment", "comments", "text", "textarea", "question", "сообщение",
             "комментарий", "вопрос", "текст"),
    "account:telegram": ("telegram", "tg", "телеграм", "телеграмм"),
    "account:whatsapp": ("whatsapp", "wa", "ватсап", "вотсап"),
    "account:vk": ("vk", "vkontakte", "вк", "вконтакте"),
    "account:max": ("max", "макс"),
}  # fmt: skip
_BY_WORD = {word: target for target, words in _WORDS.items() for word in words}
_NOISE = re.compile(r"^(?:your|form|field|input|fields|client|lead|user|data|contact)[\s._-]+")
_NUMBER = re.compile(r"[\s._-]*\d+$")
_PUNCTUATION = re.compile(r"[\s._\-\[\]:*]+")
MARKS = re.compile(r"utm_[a-z0-9_]{1,40}|[gy]clid|fbclid|ymclid|rb_clickid|_ym_uid|roistat")
PAGE = ("page", "page_url", "pageurl", "url", "_page", "href", "landing", "form_page")
REFERER = ("referer", "referrer", "_referer", "http_referer", "prev")
SERVICE = re.compile(
    r"_wpcf7\w*|_wpnonce|_wp_http_referer|csrf\w*|formid|formname|formservices\S*|tildaspec\S*|"
    r"tranid|cookies|g-recaptcha-response|h-captcha-response|submit|_form|_id|_t|_hp|form_id"
)  # of the machinery of a form: nothing that a visitor has said


def target_of(name: str) -> str:
    """Return what a field of this name holds; "" when it says nothing.

    "your-tel-123", "form[phone]", "Ваше имя" and "lead.E-mail" are understood.
    """
    text = name.strip().lower()
    inner = re.fullmatch(r"[^\[\]]*\[([^\[\]]+)\]", text)
    text = inner[1] if inner else text.rsplit(".", 1)[-1]
    for _again in range(2):
        text = _NOISE.sub("", text)
    text = _NUMBER.sub("", text).strip()
    return _BY_WORD.get(text) or _BY_WORD.get(_PUNCTUATION.sub(" ", text).strip(), "")


def marks_of(posted: Posted) -> dict[str, str]:
    """Return the marks of advertising: sent as fields, in Tilda's cookies, in the page's address.

    A field outranks a cookie, a cookie the address.
    """
    found: dict[str, str] = {}
    page = page_of(posted)
    for name, value in _query(page):
        found[name] = value
    for name, value in _tilda(posted.first("COOKIES") or posted.first("cookies")):
        found[name] = value
    for name in posted.values:
        if MARKS.fullmatch(name.lower()) and posted.first(name):
            found[name.lower()] = posted.first(name)
    return {k: v for k, v in found.items() if MARKS.fullmatch(k)}


def page_of(posted: Posted) -> str:
    """Return the page that the form says it was on."""
    return _first(posted, PAGE)


def referer_of(posted: Posted) -> str:
    """Return the page that the form says the visitor came from."""
    return _first(posted, REFERER)


def _first(posted: Posted, names: tuple[str, ...]) -> str:
    lower = {name.lower(): name for name in posted.values}
    values = (posted.first(lower[name]) for name in names if name in lower)
    return next((v for v in values if "://" in v), "")


def _query(address: str) -> list[tuple[str, str]]:
    try:
        return [(k.lower(), v) for k, v in parse_qsl(urlsplit(address).query, max_num_fields=200)]
    except ValueError:
        return []


def _tilda(cookies: str) -> list[tuple[str, str]]:
    """Read the TILDAUTM cookie: "utm_source%3Dyandex%7C%7C%7Cutm_medium%3Dcpc"."""
    try:
        morsel = SimpleCookie(cookies).get("TILDAUTM")
    except CookieError:
        return []
    if morsel is None:
        return []
    pairs = (pair.partition("=") for pair in unquote(morsel.value).split("|||"))
    return [(name.lower(), value) for name, _eq, value in pairs if value]
