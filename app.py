"""The Flask application: `create_app()` binds extensions and registers views, error pages and commands."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import config
import models
from accounts import commands as account_commands
from accounts.mail.outbox import mail
from models import db
from models.sqlite import make_sqlite_durable
from views import admin, api, guests, home, languages, metrics, ops, pages, static_files
from views.accounts import account, auth, webhooks
from views.http import admission, errors, guards, guest_pages, headers, request_ids, tracing
from views.jobs import albums, history, job_pages, shares, studio
from worker import commands as job_commands


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application; `settings` is for tests, else they come from the environment."""
    settings = dict(settings or config.load_or_exit())
    app = Flask(__name__, instance_path=str(settings["INSTANCE_DIR"]))
    app.config.update(settings)
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # Flask's own advice

    models.init_app(app)
    make_sqlite_durable(app)
    Migrate(app, db, directory=str(config.ROOT / "migrations"))
    mail.init_app(app)
    guarding = (request_ids, metrics, admission, languages, guards, guest_pages, headers)
    for module in (*guarding, static_files, pages, errors, tracing):
        module.init_app(app)
    own_pages = (home, guests, auth, account, webhooks, admin, job_pages, history, albums, shares, studio)
    for module in (ops, metrics, api, *own_pages):
        app.register_blueprint(module.blueprint)
    for module in (account_commands, job_commands):
        for command in module.commands:
            app.cli.add_command(command)
    return app
