"""How much memory decoding takes, asked for before anything is decoded. No numpy."""

from collections.abc import Callable

# What decoding and the small copies took at most, measured on 12 and 24 megapixels: of each pixel, and in any case.
_BYTES_PER_PIXEL = {"jpeg": 10, "gif": 10, "bmp": 12, "webp": 22}
_MAX_BYTES_PER_PIXEL = 16
_MIN_MB = 80


class Reservation:
    """Asks once for the memory that a picture takes, by the first step that decodes it.

    `ask` gets the megabytes, and returns when they may be used; without it nobody is asked. `min_bytes_per_pixel` is
    what the work after decoding takes, `min_mb` what it takes of any picture.
    """

    def __init__(self, ask: Callable[[int], None] | None = None, min_bytes_per_pixel: int = 0, min_mb: int = _MIN_MB):
        self._ask, self._min_bytes_per_pixel, self._min_mb = ask, min_bytes_per_pixel, min_mb

    def take(self, pixels: int, format: str, bytes_per_pixel: int = 0) -> None:
        """Ask for what decoding takes in a format, a value of `formats.FORMATS`, or more if the step knows better."""
        ask, self._ask = self._ask, None
        if ask:
            usual = _BYTES_PER_PIXEL.get(format, _MAX_BYTES_PER_PIXEL)
            ask(self._min_mb + pixels * max(usual, bytes_per_pixel, self._min_bytes_per_pixel) // 2**20)
