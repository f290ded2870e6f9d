"""A real Chromium against our own web front, on the test database."""

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's sync API keeps a loop in this thread

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-extensions",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}

Login = Callable[[Page, Any], None]


def chromium_path() -> str:
    """Return the system's Chromium; `make test` installs it."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    for name in (os.environ.get("VORONKA_CHROMIUM", ""), *names):
        if name and (found := shutil.which(name)):
            return found
    pytest.fail("Chromium is missing. Run: make test, or set VORONKA_CHROMIUM")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def live_url(transactional_db: None) -> Iterator[str]:
    """Serve the front (live stream included) from a thread; everything committed is visible."""
    import uvicorn

    from voronka.asgi import application, chat, live

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                application,
                lifespan="on",
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=2,
            )
        )
        loop = asyncio.new_event_loop()
        thread = threading.Thread(
            target=lambda: loop.run_until_complete(server.serve(sockets=[listener])),
            name="web",
            daemon=True,
        )
        thread.start()
        _wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
        live.close_soon()
        chat.close_soon()
        server.should_exit = True
        thread.join(timeout=10)
        loop.close()


@pytest.fixture
def open_page(browser: Browser, live_url: str) -> Iterator[Callable[..., Page]]:
    """Open pages in browsers of their own: `open_page()`, `open_page(viewport=PHONE)`."""
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> Page:
        options = {"viewport": DESKTOP, "locale": "ru-RU", "base_url": live_url, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(8_000)
        context.set_default_navigation_timeout(30_000)  # the first page of a process reads much
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    errors: list[str] = []
    yield opened
    for context in contexts:
        context.close()
    assert not errors, f"the page's scripts failed: {errors}"


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A desktop page with nobody logged in."""
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """A page of a phone: 390 px wide, touch."""
    return open_page(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)


@pytest.fixture
def login(live_url: str) -> Login:
    """Log a user in by a session cookie: `login(page, user)`."""
    from django.conf import settings
    from django.test import Client

    def logged_in(page: Page, user: Any) -> None:
        client = Client()
        client.force_login(user)
        page.context.add_cookies(
            [
                {
                    "name": settings.SESSION_COOKIE_NAME,
                    "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                    "url": live_url,
                }
            ]
        )

    return logged_in


def _wait_for_port(port: int) -> None:
    """Wait until the server accepts; the listening socket answers at once, so this is a check."""
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        return
