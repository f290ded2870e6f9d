"""Whatever a site posts is read, or kept with a reason; never a crash (IN-4)."""

import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voronka.channels.bodies import Posted, read_body
from voronka.channels.contract import BadEvent
from voronka.channels.guessing import marks_of, target_of

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def multipart(*parts: tuple[bytes, bytes], boundary: str = "XX") -> tuple[bytes, str]:
    body = b""
    for head, content in parts:
        body += b"--XX\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--XX--\r\n", f"multipart/form-data; boundary={boundary}"


def test_urlencoded_in_utf_8_and_in_the_old_code_page():
    for charset in ("utf-8", "cp1251"):
        body = urlencode({"Имя": "Анна", "phone": "+7 916"}, encoding=charset).encode()
        assert read_body(body, FORM).values == {"Имя": ["Анна"], "phone": ["+7 916"]}
    body = urlencode({"Имя": "Анна"}, encoding="koi8-r").encode()
    assert read_body(body, f"{FORM}; charset=koi8-r").values == {"Имя": ["Анна"]}


def test_json_is_flattened_and_pairs_are_understood():
    data = {"client": {"phone": 7916, "tags": ["a", "b"], "vip": True}, "none": None}
    assert read_body(json.dumps(data).encode(), JSON).values == {
        "client.phone": ["7916"],
        "client.tags": ["a", "b"],
        "client.vip": ["1"],
    }
    pairs = [{"name": "phone", "value": "7916"}, {"name": "x", "value": ["1"]}]
    assert read_body(json.dumps(pairs).encode(), JSON).values == {"phone": ["7916"], "x": ["1"]}


def test_json_without_its_type_is_recognised():
    assert read_body(b'{"phone": "1"}', "text/plain").values == {"phone": ["1"]}
    assert read_body(b"phone=1", "").values == {"phone": ["1"]}


@given(st.binary(max_size=300))
def test_files_come_through_to_the_byte(content):
    if b"--XX" in content:
        return
    body, kind = multipart(
        (b'name="plan"; filename="a.bin"\r\nContent-Type: application/octet-stream', content),
        ('name="Имя"'.encode(), "Анна".encode()),
    )
    posted = read_body(body, kind)
    assert [(n, f.name, f.content) for n, f in posted.files] == [("plan", "a.bin", content)]
    assert posted.values == {"Имя": ["Анна"]}


def test_an_empty_file_field_is_no_file():
    body, kind = multipart((b'name="plan"; filename=""', b""), (b'name="a"', b"1"))
    assert read_body(body, kind).files == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{broken", JSON),
        (b"[1, 2]", JSON),
        (b"no pairs at all", FORM),
        (b"<xml/>", "application/xml"),
        (b"whatever", "multipart/form-data"),
        (b"&".join(b"a=1" for _ in range(2000)), FORM),
        (b"[" * 100_000, JSON),
    ],
)
def test_what_can_t_be_read_is_said_so(body, kind):
    with pytest.raises(BadEvent):
        read_body(body, kind)


@given(
    st.binary(max_size=500),
    st.sampled_from([FORM, JSON, "multipart/form-data; boundary=XX", "text/plain", "", "\x00;;="]),
)
def test_noise_is_read_or_refused_in_words(body, kind):
    posted = Posted()
    with suppress(BadEvent):  # and nothing else
        posted = read_body(body, kind)
    assert all(isinstance(v, str) for values in posted.values.values() for v in values)


def _nested(inner):
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=20)


@given(st.recursive(LEAVES, _nested, max_leaves=20))
def test_any_json_is_read_or_refused_in_words(data):
    with suppress(BadEvent):  # and nothing else
        read_body(json.dumps(data).encode(), JSON)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Phone", "phone"),
        ("your-tel-123", "phone"),
        ("tel-901", "phone"),
        ("form[phone]", "phone"),
        ("client.phone_2", "phone"),
        ("Телефон*", "phone"),
        ("E-mail", "email"),
        ("your-email", "email"),
        ("Ваше имя", "name"),
        ("Name", "name"),
        ("Textarea", "text"),
        ("your-message", "text"),
        ("Telegram", "account:telegram"),
        ("Компания", "company"),
        ("kitchen_size", ""),
        ("", ""),
        ("[]", ""),
    ],
)
def test_foreign_names_are_understood(name, target):
    assert target_of(name) == target


def test_marks_are_found_in_fields_cookies_and_the_address():
    posted = Posted(
        {
            "utm_source": ["field"],
            "COOKIES": ["TILDAUTM=utm_source%3Dcookie%7C%7C%7Cutm_medium%3Dcpc; x=1"],
            "page": ["https://a.ru/?utm_source=page&utm_term=oak&yclid=7&other=1"],
        }
    )
    assert marks_of(posted) == {
        "utm_source": "field",
        "utm_medium": "cpc",
        "utm_term": "oak",
        "yclid": "7",
    }
    assert marks_of(Posted({"COOKIES": ['"']})) == {}
