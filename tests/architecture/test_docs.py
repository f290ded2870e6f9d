"""A page of the docs that the source or another page names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_NAMED = re.compile(r"docs/[\w./-]+\.(?:md|json)")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")


def test_every_page_of_the_docs_named_in_the_source_exists():
    named = {
        name: path
        for folder in ("voronka", "bench", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".js", ".yaml", ".sh"} and "vendor" not in path.parts
        for name in _NAMED.findall(path.read_text(encoding="utf-8"))
    }
    gone = {name: str(path) for name, path in named.items() if not (ROOT / name).is_file()}
    assert not gone


def test_every_link_between_pages_of_the_docs_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    gone = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in _LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not gone
