"""A site with one page more, on which a single element stands: for tests of what the browser does with it."""

import threading
from pathlib import Path

from flask import Response, render_template_string, request, send_from_directory
from playwright.sync_api import Page
from werkzeug.serving import make_server

import config
from app import create_app
from tests.browser.people import PICTURES

PAGE = """{% extends "base.html" %}
{% from "_parts.html" import icon, compare, csrf with context %}
{% from "_drawing.html" import drawing, frame_picker, point_picker with context %}
{% block head %}<link rel="stylesheet" href="{{ asset('bundles/workspace.css') }}">
{% include "_workspace_scripts.html" %}{% endblock %}
{% block main %}<div class="wrap"><h1>Bench</h1>
<form method="post" action="/bench/sent" enctype="multipart/form-data">{{ csrf() }}
<label for="image">Picture</label><input type="file" id="image" name="image">
BODY
<button>Send</button></form></div>{% endblock %}"""


class Bench:
    """Serves `body` (template text) at /bench, `pictures` below it, and keeps what is sent as name -> bytes."""

    def __init__(self, folder: Path):
        self.body, self.pictures, self.sent, self.asked = "", PICTURES, {}, []
        app = create_app(config.load({"INSTANCE_DIR": str(folder), "SECRET_KEY": "k" * 64}) | {"TESTING": True})
        app.add_url_rule("/bench", view_func=lambda: render_template_string(PAGE.replace("BODY", self.body)))
        app.add_url_rule("/bench/pictures/<name>", view_func=self._picture)
        app.add_url_rule("/bench/sent", view_func=self._take, methods=["POST"])
        app.before_request_funcs[None].insert(0, self._allow_pictures)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def show(self, page, body: str, pictures: Path = PICTURES, go=Page.goto) -> None:
        """Open the page with this body, as `go` opens an address."""
        self.body, self.pictures, self.sent, self.asked = body, pictures, {}, []
        go(page, f"{self.url}/bench")

    def _allow_pictures(self) -> None:
        request.max_content_length = 2**24

    def _picture(self, name: str) -> Response:
        self.asked.append(name)
        return send_from_directory(self.pictures, name)

    def _take(self) -> str:
        self.sent = request.form.to_dict() | {name: file.read() for name, file in request.files.items()}
        return "<p>taken</p>"
