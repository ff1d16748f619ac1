"""The services, in the order in which people see them. A new one is one more name in this tuple."""

from services import adjust, background, colorize, deblur, idphoto, inpaint
from services.base import Service

SERVICES: tuple[Service, ...] = (
    deblur.SERVICE,
    colorize.SERVICE,
    background.SERVICE,
    idphoto.SERVICE,
    inpaint.SERVICE,
    adjust.SERVICE,
)


def get(key: str) -> Service | None:
    """Return the service with this key, or None."""
    return next((service for service in SERVICES if service.key == key), None)
