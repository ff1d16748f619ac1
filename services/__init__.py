"""The services, in the order in which people see them. A new one is one more name in this tuple."""

from services import (
    adjust,
    background,
    colorize,
    deblur,
    denoise,
    enlarge,
    idphoto,
    inpaint,
    onlyhere,
    restore,
    scan,
    tone,
)
from services.base import Service

SERVICES: tuple[Service, ...] = (
    restore.SERVICE,
    scan.SERVICE,
    deblur.SERVICE,
    denoise.SERVICE,
    tone.SERVICE,
    enlarge.SERVICE,
    colorize.SERVICE,
    background.SERVICE,
    idphoto.SERVICE,
    inpaint.SERVICE,
    adjust.SERVICE,
)
# Tools that work on the results of others: a job leads to them, no menu does.
ON_RESULTS: tuple[Service, ...] = (onlyhere.SERVICE,)


def list_all() -> tuple[Service, ...]:
    """Return the services of the menu, and those that only a result leads to."""
    return *SERVICES, *ON_RESULTS


def get(key: str) -> Service | None:
    """Return the service with this key, or None."""
    return next((service for service in list_all() if service.key == key), None)
