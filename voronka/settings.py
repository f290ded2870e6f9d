"""The only wiring. Every setting comes from the environment by a typed reader."""

import os
import secrets
from pathlib import Path
from typing import Any

from voronka.kernel import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = env.path("VORONKA_HOME", BASE_DIR / "var")  # database, files, secret key
PORT = env.integer("PORT", 8000, low=1, high=65535)
BIND = env.text("VORONKA_BIND", "127.0.0.1")
PUBLIC_URL = env.text("VORONKA_URL", f"http://127.0.0.1:{PORT}")
WEB_PROCESSES = env.integer("VORONKA_WEB_PROCESSES", min(2, os.cpu_count() or 1), low=1, high=64)
WEB_THREADS = env.integer("VORONKA_WEB_THREADS", 12, low=1, high=200)  # in each web process
TRUSTED_PROXIES = env.text("VORONKA_TRUSTED_PROXIES")  # addresses whose X-Forwarded-* we believe
DEBUG = env.flag("VORONKA_DEBUG")
TESTING = env.flag("VORONKA_TESTING")


def _secret_key() -> str:
    """Return the installation's secret key, made on the first run with mode 600."""
    if key := env.text("VORONKA_SECRET_KEY"):
        return key
    file = HOME / "secret.key"
    if not file.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        draft = HOME / f".secret.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            file.hardlink_to(draft)  # whoever is first wins; nobody reads half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.text("VORONKA_HOSTS", "127.0.0.1,localhost,[::1],testserver").split(",")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "voronka_session"
SESSION_ENGINE = "voronka.web.account.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600  # seconds

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "django_htmx",
    "ninja",  # serves the API docs page from here, not from a CDN
    "voronka.journal",
    "voronka.people",
    "voronka.pipelines",
    "voronka.products",
    "voronka.clients",
    "voronka.items",
    "voronka.routing",
    "voronka.timeline",
    "voronka.automation",
    "voronka.channels",
    "voronka.channels.providers.chat",
    "voronka.channels.providers.forms",
    "voronka.search",
    "voronka.exports",
    "voronka.imports",
    "voronka.drafts",
    "voronka.web",
    "voronka.api",
]
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["voronka.web.account.backend.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"  # tests only: thousands of log-ins
    if TESTING
    else "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account:login"
LOGIN_REDIRECT_URL = "home"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "voronka.web.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "voronka.urls"
FORM_RENDERER = "voronka.web.forms.Renderer"
CSRF_FAILURE_VIEW = "voronka.web.frame.views.expired"
WSGI_APPLICATION = "voronka.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "voronka.web.frame.context",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "voronka.web.templatetags.addresses",
                "voronka.web.templatetags.sentences",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **(env.postgres("DATABASE_URL") or embedded.database(HOME)),
        "CONN_HEALTH_CHECKS": True,
    }
}
_pool_size = env.integer("VORONKA_POOL", 16, low=2, high=500)
# Statements asked often are planned once: planning is half of the database's work else.
_prepare = env.integer("VORONKA_PREPARE", 5, low=0, high=1000) or None
_driver = {"server_side_binding": True, "prepare_threshold": _prepare}
DATABASES["default"]["OPTIONS"] = _driver | DATABASES["default"].get("OPTIONS", {})
if not TESTING:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": _pool_size, "timeout": 15}
if _replica := env.postgres("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = {"ENGINE": "django.db.backends.postgresql", **_replica}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = sorted(str(p) for p in (BASE_DIR / "voronka").glob("**/locale") if p.is_dir())
TIME_ZONE = env.text("VORONKA_TIME_ZONE", "Europe/Moscow")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = None if TESTING else BASE_DIR / "staticfiles"  # tests read the sources
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(HOME / "files")},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "voronka.web.assets.Storage",
    },
}
WHITENOISE_USE_FINDERS = DEBUG or TESTING
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "webp", "woff2", "map")  # maps: for developers
WHITENOISE_AUTOREFRESH = DEBUG or TESTING  # else each test client lists all files anew
MEDIA_ROOT = HOME / "files"
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024  # bytes
UPLOAD_MAX_BYTES = 50 * 1024 * 1024  # one file
IMPORT_MAX_BYTES = 200 * 1024 * 1024  # one CSV file to be imported by a page; it is read by lines

API_RATE_PER_MINUTE = env.integer(
    "VORONKA_API_RATE", 3000, low=1, high=10_000_000
)  # a token, a process

# Robots and webhooks may call addresses inside the company's own network.
ALLOW_PRIVATE_REQUESTS = env.flag("VORONKA_ALLOW_PRIVATE_REQUESTS")

FORM_RATE_PER_MINUTE = env.integer(
    "VORONKA_FORM_RATE", 60, low=1, high=10_000_000
)  # posts to one form from one address, a process

HOOK_RATE_PER_MINUTE = env.integer(
    "VORONKA_HOOK_RATE", 600, low=1, high=10_000_000
)  # calls of one webhook's address by one caller, a process

CHAT_RATE_PER_MINUTE = env.integer(
    "VORONKA_CHAT_RATE", 30, low=1, high=10_000_000
)  # lines of one visitor; of one address four times as many, a process

KEEP_RAW_DAYS = env.integer(
    "VORONKA_KEEP_RAW_DAYS", 90, low=0, high=36_500
)  # how long the ledger keeps what came in as it came; 0: for ever

CURRENCY = env.text("VORONKA_CURRENCY", "RUB")  # the company's currency, ISO 4217
COUNTRY = env.text("VORONKA_COUNTRY", "RU")  # phones without a country code, public holidays

PROCRASTINATE_IMPORT_PATHS = ["voronka.cli.upkeep"]  # besides tasks.py of each package

# Everything that wakes on an event: verb prefix -> dotted functions (event) -> None, in order.
EVENT_HANDLERS: dict[str, list[str]] = {
    "": ["voronka.journal.commands.announce"],
    "stage.changed": ["voronka.items.commands.inheriting.on_stage_changed"],
    "stage.removed": ["voronka.automation.commands.robots.on_stage_removed"],
    "item_type.changed": ["voronka.items.commands.regrading.on_setup_changed"],
    "field.created": ["voronka.items.commands.recounting.on_setup_changed"],
    "field.changed": [
        "voronka.items.commands.regrading.on_setup_changed",
        "voronka.items.commands.recounting.on_setup_changed",
    ],
    "field.restored": ["voronka.items.commands.recounting.on_setup_changed"],
    "calendar.": ["voronka.items.commands.recounting.on_calendar_changed"],
    "pipeline.changed": ["voronka.items.commands.inheriting.on_pipeline_changed"],
    "channel.created": ["voronka.channels.providers.chat.commands.on_channel_saved"],
    "channel.changed": ["voronka.channels.providers.chat.commands.on_channel_saved"],
    "item.activity_": ["voronka.timeline.commands.notifications.on_planned"],
    "client.activity_": ["voronka.timeline.commands.notifications.on_planned"],
    "activity.": ["voronka.timeline.commands.notifications.on_planned"],
    "bulk.": ["voronka.timeline.commands.notifications.on_bulk_ended"],
    "mass_deletion.asked": ["voronka.timeline.commands.notifications.on_deletion_asked"],
    "mass_deletion.agreed": ["voronka.timeline.commands.notifications.on_deletion_decided"],
    "mass_deletion.refused": ["voronka.timeline.commands.notifications.on_deletion_decided"],
    "item.assigned": [
        "voronka.timeline.commands.notifications.on_assigned",
        "voronka.timeline.commands.conversations.on_card_assigned",
        "voronka.automation.commands.auto_tasks.on_assigned",
        "voronka.routing.commands.giving.on_settled",
    ],
    "item.answered": [
        "voronka.routing.commands.giving.on_settled",
        "voronka.channels.commands.ledger.on_answered",
    ],
    "item.created": ["voronka.timeline.commands.notifications.on_enquiry"],
    "item.enquiry_joined": ["voronka.timeline.commands.notices.talking.on_enquiry_joined"],
    "item.message_received": ["voronka.timeline.commands.notices.talking.on_message"],
    "client.message_received": ["voronka.timeline.commands.notices.talking.on_message"],
    "item.message_failed": ["voronka.timeline.commands.notices.talking.on_message_failed"],
    "client.message_failed": ["voronka.timeline.commands.notices.talking.on_message_failed"],
    "item.verdict_asked": ["voronka.automation.commands.telling.on_verdict_asked"],
    "channel.broken": ["voronka.channels.commands.telling.on_channel_broken"],
    "user.logged_out": ["voronka.timeline.commands.notices.devices.on_sessions_ended"],
    "user.session_closed": ["voronka.timeline.commands.notices.devices.on_sessions_ended"],
    "user.dismissed": ["voronka.timeline.commands.notices.devices.on_sessions_ended"],
    "user.read_unusually": ["voronka.timeline.commands.notices.watching.on_read_unusually"],
    "item.nobody_fits": ["voronka.timeline.commands.notifications.on_nobody_fits"],
    "item.converted": [
        "voronka.timeline.commands.conversations.on_converted",
        "voronka.automation.commands.closing.on_converted",
    ],
    "item.conversion_undone": [
        "voronka.timeline.commands.conversations.on_conversion_undone",
        "voronka.automation.commands.closing.on_conversion_undone",
    ],
    "item.message_written": ["voronka.channels.commands.sending.on_message_written"],
    "client.message_written": ["voronka.channels.commands.sending.on_message_written"],
    "item.message_retried": ["voronka.channels.commands.sending.on_message_written"],
    "client.message_retried": ["voronka.channels.commands.sending.on_message_written"],
    "item.moved": ["voronka.timeline.commands.notifications.on_moved"],
    "item.won": [
        "voronka.timeline.commands.notifications.on_moved",
        "voronka.automation.commands.closing.on_closed",
    ],
    "item.lost": [
        "voronka.timeline.commands.notifications.on_moved",
        "voronka.automation.commands.closing.on_closed",
    ],
    "item.move_undone": ["voronka.automation.commands.closing.on_returned"],
    "item.loss_overturned": ["voronka.automation.commands.closing.on_returned"],
    "item.corrected": ["voronka.automation.commands.closing.on_returned"],
    "item.": ["voronka.automation.commands.waking.on_event"],
    "client.": ["voronka.automation.commands.waking.on_event"],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("VORONKA_LOG", "WARNING")},
}
