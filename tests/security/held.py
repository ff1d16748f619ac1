"""A form whose body arrives late: for tests of what has happened meanwhile."""

import io
from collections.abc import Callable

from werkzeug.test import encode_multipart

from tests.accounts.people import Browser


class HeldBody(io.RawIOBase):
    """A body that arrives after something has happened."""

    def __init__(self, body: bytes, happen: Callable[[], None]):
        super().__init__()
        self.body, self.happen = io.BytesIO(body), happen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        happen, self.happen = self.happen, None
        if happen:
            happen()
        return self.body.readinto(buffer)


def post_held(browser: Browser, path: str, fields: dict, happen: Callable[[], None]) -> int:
    """Send a form whose body is held back until `happen` has run; return the status of the answer."""
    boundary, body = encode_multipart(fields)
    environ = {
        "wsgi.input": HeldBody(body, happen),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": f"multipart/form-data; boundary={boundary}",
    }
    return browser.client.post(path, environ_overrides=environ | browser.environ).status_code
