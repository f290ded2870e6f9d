"""Letters of strangers on a sheet of paper: a page for a frame, in which nothing can happen."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from voronka.timeline.markup import clean_html

# No scripts, whatever cleaning has missed. Same origin only lets the page measure the height.
_POLICY = (
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data: {pictures}; base-uri 'none'; form-action 'none'"
)
# Letters are written for white paper: they get it in the dark theme too.
_PAPER = """<!doctype html><meta charset="utf-8"><style>
:root { color-scheme: light }
body { margin: 0; padding: 12px; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
body { color: #1d1b18; background: #fff }
img, table { max-width: 100% } img { height: auto } pre { white-space: pre-wrap }
p { margin: 0 0 8px } blockquote { margin: 8px 0; padding-inline-start: 10px; color: #57524a }
blockquote { border-inline-start: 2px solid #cdc8c0 }
</style><body>"""


def on_paper(
    html: str,
    *,
    images: bool = False,
    picture: Callable[[str], str | None] | None = None,
    kept_at: str = "",
    own: str = "",
) -> HttpResponse:
    """Return a page with a letter for its frame, cleaned.

    Args:
        html: as it came.
        images: fetch pictures from elsewhere, which tells the sender that it was read.
        picture: the address of a picture that came in the letter, by its content id.
        kept_at: what the addresses of such pictures begin with; nothing else of ours is fetched.
        own: what addresses of pictures begin with that are fetched in any case.
    """
    cleaned = clean_html(html, images=images, picture=picture, own=own)
    response = HttpResponse(_PAPER + cleaned)
    sources = filter(None, (kept_at, own, "https: http:" if images else ""))
    policy = _POLICY.format(pictures=" ".join(sources))
    response["Content-Security-Policy"] = policy
    response["Referrer-Policy"] = "no-referrer"
    return response
