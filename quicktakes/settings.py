"""Settings of the site, read from the environment (and from `.env` beside manage.py, where there is one).

Every variable is described in README.md and `.env.example`. A bad or missing value stops start-up with all
errors in one message.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from environs import EnvValidationError, validate

from learn.limits import parse_rate

from . import (
    databases,
    editor_settings,
    error_reports,
    log_settings,
    media_settings,
    policy,
    reader_settings,
    variables,
)

BASE_DIR = Path(__file__).resolve().parent.parent

env = variables.Env(eager=False)
env.read_env(BASE_DIR / ".env", recurse=False)

# --- What the site is ---------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
# Queries, templates and times beside each page, for who works on the code.
DEBUG_TOOLBAR = env.bool("DEBUG_TOOLBAR", default=False) and DEBUG
# Under DEBUG a fixed key keeps a developer logged in over restarts; it protects nothing.
SECRET_KEY = (
    env.str("SECRET_KEY", default="development-only")
    if DEBUG
    else env.str("SECRET_KEY", validate=variables.secret_key)
)
# Where a platform says which port it wants; BIND says it more exactly, and wins.
PORT = env.int("PORT", default=None, validate=variables.optional(validate.Range(min=1, max=65_535)))
# The only source of absolute URLs: canonical links, sitemaps, feeds, social cards. No trailing slash.
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT or 8000}", validate=variables.site_url)
SITE_NAME = env.str("SITE_NAME", default="QuickTakes")
SIGNUP_URL = env.str("SIGNUP_URL", default="")
ABOUT_ANSWERS_URL = env.str("ABOUT_ANSWERS_URL", default="")
# Where the admin is found. One of our own pages must not stand below it, nor it below them.
ADMIN_PATH = env.str(
    "ADMIN_PATH",
    default="/admin/",
    validate=validate.Regexp(
        r"\A/?(?!(?:learn|static|media|og|healthz|readyz|sitemap)(?:/|\Z))[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9_-]+)*/?\Z",
        error="Write a path such as /admin/, of letters, digits, hyphens and underscores, outside /learn and /static.",
    ),
)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[], validate=variables.host_names)
DATABASE_URL = env.str(
    "DATABASE_URL",
    default=f"sqlite:///{quote(str(BASE_DIR / 'var' / 'db.sqlite3'))}",
    validate=variables.database_url,
)
# A copy that public pages may read from, a moment behind the primary (quicktakes.routers).
DATABASE_REPLICA_URL = env.str(
    "DATABASE_REPLICA_URL", default=None, validate=variables.optional(variables.database_url)
)
# Shared by all processes and machines where it names a Redis or Valkey; otherwise each process has its own.
CACHE_URL = env.dj_cache_url("CACHE_URL", default="locmem://")
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=4, validate=validate.Range(min=1))
# Seconds that a query of a public page may take, and may wait for a lock. The admin's may take 6 and 10 times as long,
# commands as long as they need (learn.db.budgets).
DATABASE_STATEMENT_TIMEOUT = env.float(
    "DATABASE_STATEMENT_TIMEOUT", default=5.0, validate=validate.Range(min=0.1)
)
DATABASE_LOCK_TIMEOUT = env.float("DATABASE_LOCK_TIMEOUT", default=0.8, validate=validate.Range(min=0.01))
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=str(SITE_URL).startswith("https://"))
TRUST_PROXY_HEADERS = env.bool("TRUST_PROXY_HEADERS", default=None)  # None: nobody has said
# What HSTS asks of the host's other names, too, is for who runs them to decide.
HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SECURE_COOKIES = env.bool("SECURE_COOKIES", default=not DEBUG)
# Which part of X-Forwarded-For our own proxies wrote (learn.limits.client_address): by their number or their networks.
TRUSTED_PROXY_COUNT = env.int(
    "TRUSTED_PROXY_COUNT", default=None, validate=variables.optional(validate.Range(min=0))
)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[], subcast=ipaddress.ip_network)
# How often one address may ask (learn.limits); off where a proxy in front sees to it.
RATE_LIMITS = env.bool("RATE_LIMITS", default=True)
_rates = {
    "search": env.str("LIMIT_SEARCH", default="120/m", validate=parse_rate),
    "suggest": env.str("LIMIT_SUGGEST", default="600/m", validate=parse_rate),
    "missing": env.str("LIMIT_MISSING", default="30/m", validate=parse_rate),
    "login": env.str("LIMIT_LOGIN", default="10/m", validate=parse_rate),
    "forms": env.str("LIMIT_FORMS", default="60/m", validate=parse_rate),
}
_of_editors = editor_settings.read(env)
LOGIN_ATTEMPTS_PER_HOUR, SESSION_IDLE_MINUTES, EDITORS_MAY_PUBLISH, REDIRECT_HOSTS = _of_editors[:4]
REQUIRE_SECOND_FACTOR, TRASH_DAYS, CHANGE_SETS_DAYS = _of_editors[4:]
# EMAIL_BACKEND and what belongs to it, DEFAULT_FROM_EMAIL; OTP_WEBAUTHN_RP_ID and what belongs to that.
_more = editor_settings.mail(env, debug=DEBUG, site_url=SITE_URL)
_more |= editor_settings.passkeys(SITE_URL, SITE_NAME)
vars().update(_more)
SENDS_MAIL: bool = _more["SENDS_MAIL"]
PASSKEYS: bool = _more["PASSKEYS"]

# --- What search engines, social networks and AI readers are told ---

# "article": the page is an Article with a Question in it. "qapage": it is a QAPage, which Google allows only where
# readers ask and may answer, or for homework questions that were submitted and answered by experts.
SEO_QA_PROFILE = env.str("SEO_QA_PROFILE", default="article", validate=validate.OneOf(["article", "qapage"]))
# How the answers were made, such as TrainedAlgorithmicMediaDigitalSource; empty says nothing about it.
DIGITAL_SOURCE_TYPE = env.str("DIGITAL_SOURCE_TYPE", default="")
CONTENT_LICENSE_URL = env.str("CONTENT_LICENSE_URL", default="")
# The same organisation elsewhere: its home page, its profiles.
ORGANIZATION_SAME_AS: list[str] = env.list("ORGANIZATION_SAME_AS", default=[])
# Crawlers that answer a reader's question with our page, and those that collect text to train models with.
AI_SEARCH_CRAWLERS = env.str(
    "AI_SEARCH_CRAWLERS", default="allow", validate=validate.OneOf(["allow", "disallow"])
)
AI_TRAINING_CRAWLERS = env.str(
    "AI_TRAINING_CRAWLERS", default="allow", validate=validate.OneOf(["allow", "disallow"])
)
# Whether an article's own address answers in Markdown to who prefers it (Accept: text/markdown).
MARKDOWN_NEGOTIATION = env.bool("MARKDOWN_NEGOTIATION", default=True)
INDEXNOW_KEY = env.str("INDEXNOW_KEY", default="", validate=validate.Regexp(r"\A(?:[A-Za-z0-9-]{8,128})?\Z"))
INDEXNOW_URL = env.str("INDEXNOW_URL", default="https://api.indexnow.org/indexnow")
# For /.well-known/security.txt: mailto:, https: or tel:.
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
CARDS_DIR = env.path("CARDS_DIR", default=BASE_DIR / "var" / "cards")
MEDIA_ROOT, MEDIA_URL, PICTURE_MAX_MB, PICTURE_STORAGE, MEDIA_HOSTS = media_settings.read(env, BASE_DIR)

# --- Caches in front of us ---

# What to tell when a page changes: "http" sends PURGE requests to a cache such as Varnish or nginx.
PURGE_BACKEND = env.str(
    "PURGE_BACKEND", default="none", validate=validate.OneOf(["none", "http", "cloudflare", "cloudfront"])
)
PURGE_URLS: list[str] = env.list(
    "PURGE_URLS", default=[]
)  # of our caches; of a CDN's interface, where it is another
PURGE_TIMEOUT = env.float("PURGE_TIMEOUT", default=5.0, validate=validate.Range(min=0.1))  # seconds
CLOUDFLARE_ZONE_ID = env.str("CLOUDFLARE_ZONE_ID", default="")
CLOUDFLARE_API_TOKEN = env.str("CLOUDFLARE_API_TOKEN", default="")
CLOUDFRONT_DISTRIBUTION_ID = env.str("CLOUDFRONT_DISTRIBUTION_ID", default="")
AWS_ACCESS_KEY_ID = env.str("AWS_ACCESS_KEY_ID", default="")
AWS_SECRET_ACCESS_KEY = env.str("AWS_SECRET_ACCESS_KEY", default="")
AWS_SESSION_TOKEN = env.str("AWS_SESSION_TOKEN", default="")
# Seconds. A browser asks again after PAGE_MAX_AGE, a CDN after CDN_MAX_AGE: long where a change is announced to it.
PAGE_MAX_AGE = env.int("PAGE_MAX_AGE", default=60, validate=validate.Range(min=0))
CDN_MAX_AGE = env.int(
    "CDN_MAX_AGE", default=600 if PURGE_BACKEND == "none" else 86_400, validate=validate.Range(min=0)
)
# How long an old copy may be shown while a new one is fetched, and while we cannot be reached.
STALE_WHILE_REVALIDATE = env.int("STALE_WHILE_REVALIDATE", default=600, validate=validate.Range(min=0))
STALE_IF_ERROR = env.int("STALE_IF_ERROR", default=86_400, validate=validate.Range(min=0))
# Finished pages that each process keeps; 0 keeps none. 64 MB hold about 10,000 compressed pages.
PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", default=64, validate=validate.Range(min=0))
# Brotli and gzip of pages, done here; off where a proxy in front does it, and under DEBUG, where tools such as
# django-debug-toolbar write into the page.
COMPRESS_PAGES = env.bool("COMPRESS_PAGES", default=not DEBUG)

# Where the server listens, and in how many processes: 0 stands for one per core (quicktakes.server).
BIND = env.str("BIND", default=f"0.0.0.0:{PORT}" if PORT else "127.0.0.1:8000", validate=variables.bind)
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=0, validate=validate.Range(min=0))

SEARCH_LOG, SAVE_OFFLINE, COUNT_READS, READS_FROM_LOGS = reader_settings.read(env)
LOG_LEVEL, LOG_FORMAT, ACCESS_LOG, SLOW_REQUEST_MS, SLOW_QUERY_MS, METRICS_TOKEN, SENTRY_DSN = (
    log_settings.read(env)
)
SYNC_REPOSITORY, SYNC_BRANCH = env.str("SYNC_REPOSITORY", default=""), env.str("SYNC_BRANCH", default="main")
SYNC_PREFIX, SYNC_PUSH = env.str("SYNC_PREFIX", default=""), env.str("SYNC_PUSH", default="from-the-site")
SYNC_WEBHOOK_SECRET = env.str("SYNC_WEBHOOK_SECRET", default="", validate=variables.long_secret)
# The largest file that an editor may upload, in megabytes.
UPLOAD_MAX_MB = env.int("UPLOAD_MAX_MB", default=200, validate=validate.Range(min=1))
# What an archive may unpack to, in megabytes, with what the import skips: seven times today's library.
ARCHIVE_MAX_MB = env.int("ARCHIVE_MAX_MB", default=1000, validate=validate.Range(min=1))
problems = variables.contradictions(
    debug=DEBUG,
    site_url=SITE_URL,
    allowed_hosts=ALLOWED_HOSTS,
    secure_cookies=SECURE_COOKIES,
    trust_proxy_headers=TRUST_PROXY_HEADERS,
    knows_proxies=TRUSTED_PROXY_COUNT is not None or bool(TRUSTED_PROXIES),
    bind=BIND,
    hsts_include_subdomains=HSTS_INCLUDE_SUBDOMAINS,
    hsts_preload=HSTS_PRELOAD,
)
try:
    env.seal()
except EnvValidationError as error:
    problems |= variables.explained(error.error_messages)
if problems:
    variables.refuse(problems)

LIMITS = {name: parse_rate(text) for name, text in _rates.items()}
SITE_URL = SITE_URL.rstrip("/")
ADMIN_PATH = f"/{ADMIN_PATH.strip('/')}/"
ALLOWED_HOSTS = ALLOWED_HOSTS or [urlsplit(SITE_URL).hostname or "127.0.0.1"]
if DEBUG:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, "127.0.0.1", "localhost"]

# --- Applications -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "learn",
    "markdownify",
    "csp",
    "simple_history",
    "quicktakes.accounts",
    "quicktakes.apps.LearnAdminConfig",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_otp_webauthn",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

# A reader's request passes sessions, accounts and messages by (quicktakes.middleware): no cookie is set and no
# `Vary: Cookie` sent. tests/test_guards.py holds every public page to that.
MIDDLEWARE = [
    "quicktakes.request_log.log_requests",
    "learn.middleware.known_host",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "learn.middleware.budgets",
    "learn.caching.pages.page_cache",
    "quicktakes.middleware.content_security_policy",
    "learn.middleware.security_headers",
    "learn.middleware.navigation_hints",
    "learn.middleware.refusals",
    "quicktakes.middleware.no_cookies_from_readers",
    "quicktakes.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "quicktakes.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "quicktakes.middleware.MessageMiddleware",
    "quicktakes.sessions.idle_sessions",
    "learn.middleware.rate_limits",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "learn.middleware.redirects",
    "axes.middleware.AxesMiddleware",
    "quicktakes.time_zones.DeskTimeZone",
]

# A development dependency.
if DEBUG_TOOLBAR:
    INSTALLED_APPS.append("debug_toolbar")
    # Inside of what keeps pages: a kept page shows the queries of the request that made it.
    behind = MIDDLEWARE.index("learn.caching.pages.page_cache") + 1
    MIDDLEWARE.insert(behind, "debug_toolbar.middleware.DebugToolbarMiddleware")
    INTERNAL_IPS = ["127.0.0.1", "::1"]

ROOT_URLCONF = "quicktakes.urls"
WSGI_APPLICATION = "quicktakes.wsgi.application"
APPEND_SLASH = False  # public URLs have no trailing slash; learn.middleware.redirects sends the other form on
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATE_LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        # Under DEBUG Django's own loaders, which notice a changed template.
        "APP_DIRS": DEBUG,
        "OPTIONS": {
            **({} if DEBUG else {"loaders": [("quicktakes.templates.Loader", TEMPLATE_LOADERS)]}),
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------------------

DATABASES = {"default": databases.settings_of(DATABASE_URL, BASE_DIR)}
if DATABASE_REPLICA_URL:
    DATABASES["replica"] = {
        **databases.settings_of(DATABASE_REPLICA_URL, BASE_DIR),
        "TEST": {"MIRROR": "default"},
    }
    DATABASE_ROUTERS = ["quicktakes.routers.ReplicaRouter"]
    MIDDLEWARE.insert(0, "quicktakes.routers.public_reads")
# A cache that hangs must cost a reader less than making the page.
CACHE_TIMEOUTS = {"socket_connect_timeout": 0.25, "socket_timeout": 0.25}  # seconds
if "redis" in CACHE_URL["BACKEND"]:
    # No pickle: who can write to the cache would run code here.
    serializer = {"serializer": "learn.caching.sealed.BytesSerializer"}
    CACHE_URL = {**CACHE_URL, "OPTIONS": {**CACHE_URL.get("OPTIONS", {}), **CACHE_TIMEOUTS, **serializer}}
elif not CACHE_URL["BACKEND"].endswith((".LocMemCache", ".DummyCache")):
    variables.refuse({"CACHE_URL": ["give redis://host:6379/0 or locmem://; other caches store pickles."]})
CACHES = {"default": CACHE_URL, "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# --- Static files -------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "pictures": PICTURE_STORAGE,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "quicktakes.storage.StaticStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_MIMETYPES = {".speculationrules": "application/speculationrules+json"}

# --- Answers ---

# The filter's own defaults remove paragraphs, headings and tables, and link "hello.sh"; learn.E001 guards this profile.
# It sanitises with bleach, which is no longer maintained: learn.rendering does it with nh3, behind the filter.
MARKDOWNIFY = {
    "answer": {
        "MARKDOWN_EXTENSIONS": ["learn.rendering.markdown:CommonMarkExtension"],
        "BLEACH": False,
        "LINKIFY_TEXT": {"PARSE_URLS": False},
    }
}

# --- Security -----------------------------------------------------------------------------------------------

if TRUST_PROXY_HEADERS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 63_072_000 if SECURE_SSL_REDIRECT else 0  # two years, as the preload list asks
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_INCLUDE_SUBDOMAINS
SECURE_HSTS_PRELOAD = HSTS_PRELOAD
# `check --deploy` would ask for both: they bind hosts that are not ours, for years.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy.directives(MEDIA_HOSTS, upgrade_requests=SECURE_SSL_REDIRECT)}

# --- Editors ------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # refuses those who are locked out, before the password is looked at
    "django.contrib.auth.backends.ModelBackend",
]
# The others read passwords that were set before; each becomes the first kind when its owner logs in.
PASSWORD_HASHERS = [
    "quicktakes.login.Argon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = editor_settings.PASSWORD_VALIDATORS
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600  # seconds, of an invitation; who forgot a password has an hour
CSRF_FAILURE_VIEW = "learn.views.errors.csrf_failure"
LOGIN_URL = "admin:login"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # seconds
# Five wrong passwords for one account from one address: a quarter of an hour's rest. Not by address alone, which
# editors in one office share; not by account alone, or anybody could lock an editor out.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "learn.limits.client_address"
# A browser that the account knows has a budget of its own (quicktakes.login): nobody locks its owner out.
AXES_WHITELIST_CALLABLE = "quicktakes.login.is_known_device"
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_DISABLE_ACCESS_LOG = True  # failures are recorded; a row per successful login tells nobody anything
AXES_VERBOSE = False
OTP_TOTP_ISSUER = SITE_NAME
OTP_ADMIN_HIDE_SENSITIVE_DATA = True  # nobody looks at another's second factor; each sets up their own
# Files that editors upload wait here until they are imported. Nothing serves this folder.
UPLOAD_DIR = BASE_DIR / "var" / "uploads"

# --- Time, language, logs -----------------------------------------------------------------------------------

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
NUMBER_GROUPING = 3  # 35,915 where a template asks for it: floatformat:"0g"
USE_TZ = True

LOGGING = log_settings.configuration(LOG_LEVEL, LOG_FORMAT)
if SENTRY_DSN:
    error_reports.begin(SENTRY_DSN, SITE_NAME)
