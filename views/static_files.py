"""Static files: addresses that name their content, bundles, and texts compressed once.

In `static/` each element and each kind of page has a file of its own. What pages share is sent as a bundle, the files
of a list one after the other, so that a tool asks for eight files rather than for seventy.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

YEAR_SECONDS = 365 * 24 * 3600
TEXTS = (".css", ".js", ".svg")
SITE_SHEETS = ("tokens", "base", "parts", "compare")
WORKSPACE_SHEETS = ("studio", "job", "keep", "samples", "drawing", "guests", "live")
SITE_SCRIPTS = ("tool-nav", "theme-switch", "language-switch", "time-zone")
# What extends another element, or calls it, comes after it.
COMPARE_SCRIPTS = ("zoom-pane", "compare-tools", "compare-slider")
DRAWING_SCRIPTS = (
    *("drawing-layer", "drawing-brush", "drawing-tools", "drawing-file", "drawing-surface"),
    *("picture-place", "frame-rect", "frame-picker", "point-picker", "print-outline", "corners-picker"),
)
TOOL_SCRIPTS = (
    *("photo-preview", "photo-copy", "photo-drop", "page-drop", "photo-clear", "photo-reduce"),
    *("log-slider", "colour-code", "upload-line", "form-faults"),
    *("item-job", "tray-item", "picture-tray", "tray-head", "batch-album"),
    *("job-progress", "drawn-options", "mode-bar", "options-sheet", "job-stage", "tool-form"),
    *("keep-picture", "change-map", "run-steps", "copy-text", "finish-notice"),
    *("browser-store", "kept-work", "workspace-keys", "edit-history"),
)
LIVE_SCRIPTS = (
    *("small-picture", "live-picture", "live-result", "adjust-shape", "adjust-tones", "live-adjust"),
    *("backdrop-fill", "blurred-backdrop", "person-place", "live-background", "person-mover"),
    *("chroma-paint", "live-colorize", "live-strength", "soft-edge", "only-here", "live-save"),
)
BUNDLES = {
    "bundles/site.css": SITE_SHEETS,
    "bundles/workspace.css": WORKSPACE_SHEETS,
    "bundles/site.js": SITE_SCRIPTS,
    # Four, because a browser does something else between two scripts.
    "bundles/compare.js": COMPARE_SCRIPTS,
    "bundles/drawing.js": DRAWING_SCRIPTS,
    "bundles/tool.js": TOOL_SCRIPTS,
    "bundles/live.js": LIVE_SCRIPTS,
}


@dataclass(frozen=True)
class Text:
    """A style sheet, a script or a drawing: its bytes, plain and compressed, and a mark of its content."""

    plain: bytes
    compressed: bytes
    mark: str


def init_app(app: Flask) -> None:
    """Serve bundles and compressed texts at the addresses of static files, and let browsers keep what is marked."""
    app.view_functions["static"] = send_static
    app.session_interface = PageSessions()
    app.after_request(keep_versioned_files)


class PageSessions(SecureCookieSessionInterface):
    """Sessions of pages: a static file is the same for everybody, so browsers keep it whatever cookies change."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Put the session into its cookie, and that the response depends on it into `Vary`, but for static files."""
        if request.endpoint != "static" or response.status_code >= 400:  # a page says what is wrong
            super().save_session(app, session, response)


def asset(path: str) -> str:
    """The address of a static file or bundle, with a mark of its content so that browsers may keep it for a year."""
    return url_for("static", filename=path, v=_mark(path))


def keep_versioned_files(response: Response) -> Response:
    """A static address that names the present content never changes its response; any other is asked again."""
    if request.endpoint == "static" and response.status_code == 200:
        path = (request.view_args or {})["filename"]
        if request.args.get("v") == _mark(path):
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


def send_static(filename: str) -> BaseResponse:
    """Send a text compressed to whoever takes that, anything else as it lies on the disk."""
    parts = _list_parts(filename)
    if not filename.endswith(TEXTS) or not parts or not all(part.is_file() for part in parts):
        return current_app.send_static_file(filename)
    text = _read_text(parts, _changes(parts))
    shrinks = request.accept_encodings.quality("gzip") > 0
    response = Response(text.compressed if shrinks else text.plain, mimetype=mimetypes.guess_type(filename)[0])
    response.vary.add("Accept-Encoding")
    response.cache_control.no_cache = True  # it is asked again, unless the address names the content
    response.set_etag(f"{text.mark}-gzip" if shrinks else text.mark)
    if shrinks:
        response.content_encoding = "gzip"
    return response.make_conditional(request)


def _list_parts(path: str) -> tuple[Path, ...]:
    """Return the files that an address is made of; none for what leads out of the folder."""
    folder = current_app.static_folder or ""
    kind = path.rpartition(".")[2]
    names = [f"{kind}/{name}.{kind}" for name in BUNDLES[path]] if path in BUNDLES else [path]
    return tuple(Path(file) for name in names if (file := safe_join(folder, name)))


def _mark(path: str) -> str:
    parts = _list_parts(path)
    return _read_text(parts, _changes(parts)).mark if path.endswith(TEXTS) else _hash(parts[0], *_changes(parts))


def _changes(parts: tuple[Path, ...]) -> tuple[int, ...]:
    return tuple(part.stat().st_mtime_ns for part in parts)


@lru_cache(maxsize=512)
def _hash(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=256)
def _read_text(parts: tuple[Path, ...], _changed: tuple[int, ...]) -> Text:
    texts = [part.read_bytes() for part in parts]
    if len(parts) > 1 and parts[0].suffix == ".js":
        # A module's names are its own: in a block they stay so.
        texts = [b"{\n" + text + b"}\n" for text in texts]
    plain = b"".join(texts)
    return Text(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:12])
