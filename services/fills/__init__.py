"""The ways of filling holes, in the order in which people see them. A new one is one more name in this tuple."""

from services.fills import automatic, dfnet, faces, neural, patch
from services.fills.base import Engine, Fill

__all__ = ["ENGINES", "VERDICTS", "Engine", "Fill", "get"]

ENGINES: tuple[Engine, ...] = (
    automatic.ENGINE,
    patch.ENGINE,
    *dfnet.ENGINES,
    *faces.ENGINES,
    *neural.ENGINES,
)
VERDICTS = automatic.VERDICTS | faces.VERDICTS


def get(key: str) -> Engine | None:
    """Return the engine with this key, or None."""
    return next((engine for engine in ENGINES if engine.key == key), None)
