"""Places for work that holds a thread of the web process for long: all but two threads, which are left for pages."""

import threading

from flask import current_app

_FOR_PAGES = 2
_making = threading.Lock()


def places() -> threading.BoundedSemaphore:
    """Return the places of this process. Who checks an upload or converts a picture takes one.

    Archives do not: they are few (`jobs/files/zip_stream.py`), and one may be sent for as long as its reader likes.
    """
    with _making:
        threads = current_app.config["WEB_THREADS"]
        return current_app.extensions.setdefault("places", threading.BoundedSemaphore(max(1, threads - _FOR_PAGES)))
