"""The description of the API, for programs and for people who want to try it."""

from typing import Any

from flask import Response, jsonify, render_template

from views.api.description import describe_api
from views.api.operation import blueprint


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return jsonify(describe_api())


@blueprint.get("/docs")
def docs() -> str:
    """The same as a page, on which each operation can be tried with a token of one's own."""
    document = describe_api()
    groups: dict[str, list[dict[str, Any]]] = {tag["description"]: [] for tag in document["tags"]}
    words = {tag["name"]: tag["description"] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            groups[words[said["tags"][0]]].append({"path": path, "method": method.upper(), **said})
    return render_template("api.html", groups=groups, schemas=document["components"]["schemas"])
