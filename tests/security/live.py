"""A visitor of a running site, over real sockets, for the tests of what happens when something breaks."""

import http.client
import re
import threading
import time
from urllib.parse import urlencode

from tests.accounts.people import PASSWORD
from tests.jobs.support import picture

# A busy machine may answer late; that it does answer is what counts, and what is late is looked at by each test.
RESPONSE_SECONDS = 900


class Visitor(threading.Thread):
    """Looks at pages and uploads pictures, one after the other, and writes down what came of it."""

    def __init__(self, port: int, name: str = "12345"):
        super().__init__()
        self.port, self.user, self.cookies, self.accepted = port, name, {}, []
        self.pages = (f"/{name}/", f"/{name}/history", f"/{name}/account", "/login", "/healthz")
        self.responses: list[tuple[float, float, int, str]] = []  # when begun, seconds, status, page
        self.leave = threading.Event()
        page = self.ask("GET", "/login")[1]
        form = urlencode({"csrf_token": token_in(page), "username": name, "password": PASSWORD})
        assert self.ask("POST", "/login", form, "application/x-www-form-urlencoded")[0] == 303
        self.token = token_in(self.ask("GET", f"/{name}/account")[1])
        self.responses.clear()

    def run(self) -> None:
        while not self.leave.is_set():
            for page in self.pages:
                self.ask("GET", page)
            status, job_id = self.begin_job(self.upload())
            if status == 303:
                self.accepted.append(job_id)
            self.leave.wait(0.1)

    def begin_job(self, body: bytes) -> tuple[int, str]:
        """Upload; return the status, and the id of the job if there is one."""
        status, text = self.ask("POST", f"/{self.user}/adjust", body, "multipart/form-data; boundary=x")
        return status, text.rsplit("/")[-1] if status == 303 else ""

    def ask(self, method: str, path: str, body=None, kind: str = "") -> tuple[int, str]:
        """Send a request; return the status of the answer, and its text or where it leads."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Content-Type": kind} if kind else {}
        headers |= {"Accept": "application/json"} if kind.startswith("multipart") else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=RESPONSE_SECONDS)
        begun = time.monotonic()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
        text = response.headers["Location"] if response.status == 303 else text
        assert response.status != 503 or path == "/healthz" or response.headers["Retry-After"]
        self.responses.append((begun, time.monotonic() - begun, response.status, path))
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, value = re.match(r"([^=]+)=([^;]*)", cookie).groups()
            self.cookies[name] = value
        connection.close()
        return response.status, text

    def head(self, path: str, length: int | None) -> bytes:
        """The head of a request with a form, in chunks when its length is None."""
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [
            f"POST {path} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Cookie: {cookies}",
            size,
            "Content-Type: multipart/form-data; boundary=x",
            "",
            "",
        ]
        return "\r\n".join(lines).encode()

    def upload(self, data: bytes | None = None) -> bytes:
        """The body of the form of Adjust with a picture, a small one unless given."""
        fields = {"csrf_token": self.token, "brightness": "1.5"}
        text = "".join(f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields.items())
        text += '--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        return text.encode() + (data or picture(64, 48)) + b"\r\n--x--\r\n"


def token_in(page: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def wait_for(condition, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.2)
