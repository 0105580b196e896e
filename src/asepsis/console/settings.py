"""Django's settings of the console: those of the command line, and what serves pages.

The policy of contents lets nothing in but what the console itself serves: no script, style or picture of elsewhere, none in a page's text.
"""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF

from asepsis.settings import DATABASES, DEFAULT_AUTO_FIELD, LOGGING_CONFIG, TIME_ZONE, USE_TZ
from asepsis.settings import INSTALLED_APPS as CORE

from .directory import read as read_directory
from .serving import secret, served
from .sitting import SHIFT_S

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "LOGGING_CONFIG", "TIME_ZONE", "USE_TZ"]

SERVING = served()
SITE = Path(SERVING.site)

INSTALLED_APPS = [
    *CORE,
    "asepsis.console",
    "asepsis.lake",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
]
MIDDLEWARE = [
    "asepsis.console.gzip.Gzip",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "asepsis.console.visible.Visible",
    "asepsis.console.plain_text.PlainText",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "asepsis.console.sitting.Sitting",
    "asepsis.console.door.Door",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "asepsis.console.context.shared",
            ],
        },
    }
]
DEBUG = False
ROOT_URLCONF = "asepsis.console.urls"
SECRET_KEY = secret(SITE)
ALLOWED_HOSTS = [f"[{name}]" if ":" in name else name for name in SERVING.names]
USE_I18N = True
LANGUAGE_CODE = "en"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

AUTH_USER_MODEL = "console.Person"
# One backend for passwords, which hashes once whether there is such a name or not.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
DIRECTORY = read_directory(SITE)
if DIRECTORY:
    from .directory_settings import made

    AUTHENTICATION_BACKENDS.append("asepsis.console.directory_backend.Backend")
    globals().update(made(DIRECTORY, SITE))
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "asepsis.console.adapter.Adapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
MFA_ADAPTER = "asepsis.console.adapter.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = {"webauthn_login": ""}
MFA_FORMS = {
    "add_webauthn": "asepsis.console.forms.Add",
    "authenticate_webauthn": "asepsis.console.forms.Authenticate",
    "reauthenticate_webauthn": "asepsis.console.forms.Reauthenticate",
    "login_webauthn": "asepsis.console.forms.LogIn",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "asepsis"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
# Files are for `jobs.captures`, which takes them as they come; elsewhere none is kept.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
# Passwords are slowed by `guessing`; here codes are, for the person who is asked for one. Nothing is counted for an address alone: behind
# one there may be a whole ward.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "5/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SERVING.proxied else 0
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "console_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = SHIFT_S
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVING.secure
SESSION_COOKIE_NAME = "__Host-session" if SERVING.secure else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SERVING.secure else "csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SERVING.proxied else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SERVING.secure else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The hospital's other names are not ours to speak for (subdomains, preload), and nothing listens on plain HTTP that could lead on.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
