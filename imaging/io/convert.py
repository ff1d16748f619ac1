"""One picture file into another format, in a child process with limits.

A conversion of a large picture takes hundreds of megabytes for a moment; in a process of its own they are
given back at once, and a file that is costly to decode costs nobody else anything.
Run as `python -m imaging.io.convert SOURCE TARGET --format png|jpeg|webp --metadata keep|strip|all`.
"""

import argparse
import os
from pathlib import Path

from imaging.io import child
from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS, DEFAULT_QUALITY, open_image
from imaging.io.memory import Reservation

DEFAULT_SECONDS = 60
MEMORY_MB = 3000
_MAX_WRITTEN_MB = 1024
# What decoding and encoding took at most, measured on 24 megapixels: of each pixel, and in any case.
_BYTES_PER_PIXEL = 22
_MIN_MB = 100


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    format: str,
    metadata: str = "keep",
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    seconds: int = DEFAULT_SECONDS,
    quality: int = DEFAULT_QUALITY,
    memory: child.Memory | None = None,
) -> None:
    """Write `source` as a "png", "jpeg" or "webp" file to `target`.

    See `imaging.io.files.encode` for `metadata` and `quality` (1 to 100), `imaging.io.child.ask` for `memory`.

    On an error no target is left behind. Raises PictureError (AlphaNeedsPng for JPEG with alpha), and OSError when
    the target could not be written.
    """
    arguments = [os.path.abspath(source), os.path.abspath(target), "--format", format, "--metadata", metadata]
    arguments += ["--max-megapixels", str(max_megapixels), "--seconds", str(seconds), "--quality", str(quality)]
    try:
        child.ask("imaging.io.convert", arguments, seconds, memory)
    except BaseException:
        Path(target).unlink(missing_ok=True)
        raise


def main() -> None:
    arguments = _make_parser().parse_args()
    child.send_reply(
        lambda: _convert(arguments),
        arguments.seconds,
        _estimate_memory_mb(arguments.max_megapixels),
        _MAX_WRITTEN_MB,
        reads=[arguments.source],
        writes=[arguments.target],
    )


def _estimate_memory_mb(max_megapixels: float) -> int:
    return round(MEMORY_MB * max(1.0, max_megapixels / DEFAULT_MAX_MEGAPIXELS))


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imaging.io.convert", description="Write a picture in another format.")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--format", required=True)
    parser.add_argument("--metadata", default="keep")
    parser.add_argument("--max-megapixels", type=float, default=DEFAULT_MAX_MEGAPIXELS)
    parser.add_argument("--seconds", type=int, default=DEFAULT_SECONDS)
    parser.add_argument("--quality", type=int, default=DEFAULT_QUALITY)
    return parser


def _convert(arguments: argparse.Namespace) -> dict[str, int]:
    memory = Reservation(child.wait_for_memory, _BYTES_PER_PIXEL, _MIN_MB)
    with open_image(arguments.source, arguments.max_megapixels, memory=memory):
        pass
    from imaging.io.files import decode, encode  # numpy is loaded under the limits as well

    picture = decode(arguments.source, arguments.max_megapixels)
    arguments.target.write_bytes(encode(picture, arguments.format, arguments.quality, arguments.metadata))
    return {"bytes": arguments.target.stat().st_size}


if __name__ == "__main__":
    main()
