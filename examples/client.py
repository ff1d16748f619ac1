"""A small client of Revive's API, without any package: `python client.py adjust photo.jpg out.png brightness=1.5`.

It reads the site from REVIVE (http://127.0.0.1:5000 when absent) and an access token from TOKEN.
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Refused(Exception):
    """What the site refused: `status`, and `error` with key, message, field, allowed and documentation."""

    def __init__(self, status: int, error: dict[str, Any]):
        super().__init__(error["message"])
        self.status, self.error = status, error


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the access token would go along to wherever it leads."""

    def redirect_request(self, request: Any, file: Any, code: int, words: str, headers: Any, place: str) -> None:
        message = f"The site redirects to {place}. If that is your site, set REVIVE to it."
        raise Refused(code, {"key": "redirected", "message": message})


class Revive:
    """One site, used with one access token."""

    def __init__(self, site: str, token: str):
        self.site, self.token = site.rstrip("/"), token
        self._opener = urllib.request.build_opener(_NoRedirects)

    def tools(self) -> list[dict[str, Any]]:
        """Return the tools with their options."""
        return self._json("GET", "/api/v1/tools")["tools"]

    def start(self, tool: str, picture: Path, **options: str) -> dict[str, Any]:
        """Upload a picture and start a job on it; return the job. A lost connection never makes two of it."""
        boundary, key = uuid.uuid4().hex, uuid.uuid4().hex
        kind = f"multipart/form-data; boundary={boundary}"
        body = _encode_form(boundary, picture, options)
        headers = {"Content-Type": kind, "Idempotency-Key": key}
        return self._json("POST", f"/api/v1/tools/{tool}/jobs", body, headers)

    def make_album(self, name: str, jobs: list[dict[str, Any]]) -> dict[str, Any]:
        """Put the photos of jobs into a new album; return it."""
        return self._post_json("/api/v1/albums", {"name": name, "ids": [job["id"] for job in jobs]})

    def run_on_album(self, album: dict[str, Any], tool: str, **options: str) -> list[dict[str, Any]]:
        """Start a job for each photo of an album; return of each its `job_url`, or the `error`."""
        return self._post_json(f"{album['url']}/jobs", {"service": tool, "options": options})["outcomes"]

    def wait(self, job: dict[str, Any], tell: Callable[[dict[str, Any]], None] | None = None) -> dict[str, Any]:
        """Return the job once it has ended; `tell` is called with each progress of it."""
        while job["status"] in ("queued", "running"):
            job = self._json("GET", f"{job['url']}?wait=20&progress={job['progress']}")
            if tell:
                tell(job)
        return job

    def download(self, job: dict[str, Any], target: Path) -> None:
        """Write the result of a job to a file."""
        target.write_bytes(self._ask("GET", job["result_url"]))

    def _post_json(self, path: str, facts: dict[str, Any]) -> dict[str, Any]:
        return self._json("POST", path, json.dumps(facts).encode(), {"Content-Type": "application/json"})

    def _json(self, *request: Any) -> dict[str, Any]:
        return json.loads(self._ask(*request))

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        own = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        try:
            with self._opener.open(urllib.request.Request(self.site + path, body, own, method=method)) as response:
                return response.read()
        except urllib.error.HTTPError as refusal:
            raise Refused(refusal.code, json.load(refusal)["error"]) from None


def _encode_form(boundary: str, picture: Path, options: dict[str, str]) -> bytes:
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    fields = "".join(f'{start}{name}"\r\n\r\n{value}\r\n' for name, value in options.items())
    fields += f'{start}image"; filename="{picture.suffix or ".jpg"}"\r\n\r\n'
    return fields.encode() + picture.read_bytes() + f"\r\n--{boundary}--\r\n".encode()


def main(tool: str, source: str, target: str, *options: str) -> None:
    site = Revive(os.environ.get("REVIVE", "http://127.0.0.1:5000"), os.environ["TOKEN"])
    try:
        job = site.start(tool, Path(source), **dict(option.split("=", 1) for option in options))
        job = site.wait(job, lambda job: print(f"{job['status']} {job['progress']:.0%}", file=sys.stderr))
    except Refused as refusal:
        sys.exit(f"{refusal} ({refusal.error['key']})")
    if not job["has_result"]:
        sys.exit(job["verdict_message"] or (job["error"] or {}).get("message") or job["status"])
    site.download(job, Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
