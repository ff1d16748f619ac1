"""Which language a page speaks: the person's choice, then the account's, then the browser's.

What a program asks for comes before the account's: it says so itself, a browser does without being told.
"""

from flask import Blueprint, Flask, has_request_context, redirect, request
from flask_babel import Babel, get_locale
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from accounts.language import remember
from models import undo
from views.http.guards import check_next, is_api, is_own_script

# Code of the translation, name in itself, tag for `lang`.
LANGUAGES = (("en", "English", "en"), ("zh", "中文", "zh-CN"))
CODES = tuple(code for code, _, _ in LANGUAGES)
COOKIE = "language"
YEAR_SECONDS = 365 * 24 * 3600

blueprint = Blueprint("languages", __name__)


def init_app(app: Flask) -> None:
    """Start Babel, tell the templates about languages and answer `POST /language`."""
    Babel(app, locale_selector=choose_language)
    app.context_processor(provide_language_names)
    app.register_blueprint(blueprint)


@blueprint.post("/language")
def choose() -> Response:
    """Remember the language in a cookie of its own, which outlives signing in and out, and in the account."""
    response = redirect(check_next(request.form.get("next")), 303)
    language = request.form.get("language")
    if language in CODES:
        if current_user.is_authenticated:
            remember(current_user, language)
        response.set_cookie(
            COOKIE, language, max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure
        )
    return response


def choose_language() -> str:
    """The code of the language of this response."""
    if not has_request_context():  # a command or the worker
        return CODES[0]
    chosen = request.cookies.get(COOKIE)
    if chosen in CODES:
        return chosen
    if is_api() and not is_own_script():
        return _read_browser_language() or _read_account_language() or CODES[0]
    return _read_account_language() or _read_browser_language() or CODES[0]


def provide_language_names() -> dict[str, object]:
    """The names that templates find: the language's code, its tag, and all languages."""
    code = str(get_locale())
    tags = {code: tag for code, _, tag in LANGUAGES}
    return {"current_language": code, "html_language": tags.get(code, "en"), "languages": LANGUAGES}


def _read_account_language() -> str | None:
    try:
        language = getattr(current_user, "language", None)
    except SQLAlchemyError:
        undo()  # or whatever asks next in this request would fail, even if the database is back
        return None
    return language if language in CODES else None


def _read_browser_language() -> str | None:
    """The first language of the browser that we speak; zh-CN, zh-Hans and the like are zh."""
    for tag, _quality in request.accept_languages:
        if (code := tag.replace("_", "-").split("-")[0].lower()) in CODES:
            return code
    return None
