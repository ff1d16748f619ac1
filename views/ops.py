"""For those who run the site: is it healthy."""

from flask import Blueprint, jsonify

from jobs import health as parts

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def health():
    report = parts.report()
    return jsonify(report), 503 if report["status"] == "down" else 200
