"""What strangers send as HTML becomes safe to show. Pure; no database.

Source: docs/domain/intake.md, "letters are text".
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable
from urllib.parse import unquote

import nh3

_SAFE = """
a abbr b blockquote br caption center cite code col colgroup dd del div dl dt em font h1 h2 h3
h4 h5 h6 hr i img ins li ol p pre q s small span strike strong sub sup table tbody td tfoot
th thead tr u ul
"""
_TAGS = set(_SAFE.split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign", "width"},
    "th": {"colspan", "rowspan", "align", "valign", "width"},
    "table": {"align", "border", "cellpadding", "cellspacing", "width"},
    "ol": {"start"},
    "font": {"color"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # safe to show
_BREAKS = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^>]*>", re.IGNORECASE)
_UNSEEN = re.compile(r"<(style|script|title|head)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


def clean_html(
    html: str,
    *,
    images: bool = True,
    link: Callable[[str], str] | None = None,
    picture: Callable[[str], str | None] | None = None,
    own: str = "",
) -> str:
    """Return HTML without scripts, styles, forms, frames and event handlers.

    Args:
        images: keep the addresses of remote pictures; shown without, nobody learns that the
            letter was opened. Pictures inside the letter (`cid:`) stay in any case.
        link: what each link is to lead to instead.
        picture: where the picture inside the letter with a content id is kept; None if nowhere.
        own: what the addresses of pictures begin with that are kept whatever `images` says.
    """

    def pass_attribute(tag: str, name: str, value: str) -> str | None:
        if link is not None and (tag, name) == ("a", "href"):
            return link(value)
        if picture is not None and (tag, name) == ("img", "src") and _is_inside(value):
            return picture(_content_id(value))
        remote = tag == "img" and name == "src" and not _is_inside(value)
        if own and value.startswith(own):
            remote = False
        return None if remote and not images else value

    return nh3.clean(
        html.replace("\x00", ""),
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "head"},
        attributes=_ATTRIBUTES,
        attribute_filter=pass_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def pictures_inside(html: str) -> list[str]:
    """Return the content ids of the pictures that cleaned HTML shows inside, each once."""
    found = re.findall(r"<img[^>]+src=\"(cid:[^\"]+)\"", html, re.IGNORECASE)
    return list(dict.fromkeys(_content_id(entities.unescape(one)) for one in found))


def _is_inside(source: str) -> bool:
    return source[:4].lower() == "cid:"


def _content_id(source: str) -> str:
    """Return what a `cid:` address names; its signs may be escaped (RFC 2392)."""
    return unquote(source[4:]).strip()


def has_remote_images(html: str) -> bool:
    """Whether showing cleaned HTML would fetch pictures from elsewhere."""
    return bool(re.search(r"<img[^>]+src=\"(?!cid:)", html, re.IGNORECASE))


def text_of(html: str) -> str:
    """Return the words of HTML as plain text, a line for each block."""
    lines = _BREAKS.sub("\n", _UNSEEN.sub("", html.replace("\x00", "")))
    text = entities.unescape(nh3.clean(lines, tags=set()))
    text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", text).strip()
