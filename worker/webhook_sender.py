"""A worker's part in webhooks: writes the deliveries of ended jobs, and sends what is due, a few at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from models import release
from webhooks import announcements, deliveries

_THREADS = 4


def work(app: Flask, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Send until nothing is due; return how many attempts that were. Raises DBAPIError when the database is away."""
    with app.app_context():
        announcements.announce()
    attempts = 0
    with ThreadPoolExecutor(_THREADS, "webhooks") as pool:
        while not is_stopping() and (due := _list_due(app)):
            attempts += len(list(pool.map(lambda delivery_id: _send(app, delivery_id), due)))
    return attempts


def _list_due(app: Flask) -> list[str]:
    with app.app_context():
        return deliveries.list_due()


def _send(app: Flask, delivery_id: str) -> None:
    with app.app_context():
        try:
            deliveries.send(delivery_id)
        finally:
            release()
