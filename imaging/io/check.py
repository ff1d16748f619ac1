"""The decode check: an upload is opened for the first time in a child process with hard limits.

A file of legal size can keep a decoder busy for minutes or ask it for gigabytes, and a decoder may have bugs.
So the child limits its own processor time, memory and output before it reads a byte, decodes everything,
writes the small copies for the screen and says what it saw; the parent sets the clock and believes only that
reply. Run as `python -m imaging.io.check PATH --max-megapixels N --preview OUT --thumbnail OUT`.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

from PIL import Image

from imaging.io import child, metadata
from imaging.io.formats import DEFAULT_MAX_MEGAPIXELS, Header, open_image, read_header
from imaging.io.memory import Reservation
from imaging.io.modes import to_rgb
from imaging.io.previews import encode, make_small

PREVIEW_SIDE = 2048
THUMBNAIL_SIDE = 320
PREVIEW_QUALITY, THUMBNAIL_QUALITY = 85, 70
DEFAULT_SECONDS = 8  # of processor time
# The clock of the wall runs longer: a server that is busy must not take a plain picture for a costly one.
PATIENCE = 5
DEFAULT_MEMORY_MB = 1400
_MAX_WRITTEN_MB = 64
_SUFFIXES = {".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png"}


def inspect(
    path: str | os.PathLike[str],
    preview: str | os.PathLike[str],
    thumbnail: str | os.PathLike[str],
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    seconds: int | None = None,
    memory_mb: int | None = None,
    memory: child.Memory | None = None,
) -> Header:
    """Decode `path` in a limited child; write its preview and thumbnail; return its Header, upright.

    The limits grow with `max_megapixels` where they are not given. The suffix of `preview` and `thumbnail` (.webp,
    .jpg or .png) chooses their format. `memory` is asked for the megabytes that it takes before anything is decoded,
    see `imaging.io.child.ask`. On an error neither file is left behind. Raises PictureError (TooCostly
    when a limit was met, OutOfTime when the server was too busy to find out), and OSError when the small copies could
    not be written.
    """
    larger = max(1.0, max_megapixels / DEFAULT_MAX_MEGAPIXELS)
    seconds = seconds or round(DEFAULT_SECONDS * larger)
    memory_mb = memory_mb or round(DEFAULT_MEMORY_MB * larger)
    arguments = [os.path.abspath(path), "--max-megapixels", str(max_megapixels)]
    arguments += ["--seconds", str(seconds), "--memory-mb", str(memory_mb)]
    arguments += ["--preview", os.path.abspath(preview), "--thumbnail", os.path.abspath(thumbnail)]
    try:
        reply = child.ask("imaging.io.check", arguments, PATIENCE * seconds, memory)
        return Header(**reply["header"])
    except BaseException:
        for small_copy in (preview, thumbnail):
            Path(small_copy).unlink(missing_ok=True)
        raise


def main() -> None:
    """The child: set the limits, decode, write the small copies, print one JSON line."""
    arguments = _make_parser().parse_args()
    child.send_reply(
        lambda: {"header": vars(_inspect(arguments))},
        arguments.seconds,
        arguments.memory_mb,
        _MAX_WRITTEN_MB,
        reads=[arguments.path],
        writes=[arguments.preview, arguments.thumbnail],
    )


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imaging.io.check", description="Decode one picture within limits.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--max-megapixels", type=float, default=DEFAULT_MAX_MEGAPIXELS)
    parser.add_argument("--preview", type=Path, required=True)
    parser.add_argument("--thumbnail", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=DEFAULT_SECONDS)
    parser.add_argument("--memory-mb", type=int, default=DEFAULT_MEMORY_MB)
    return parser


def _inspect(arguments: argparse.Namespace) -> Header:
    with open_image(arguments.path, arguments.max_megapixels, memory=Reservation(child.wait_for_memory)) as image:
        header = read_header(image)
        # JPEG can be decoded at a half or a quarter of its size; every coefficient is still read.
        image.draft(None, (PREVIEW_SIDE, PREVIEW_SIDE))
        image.load()
        turn = metadata.read_orientation(image)
        rgb, icc = to_rgb(_reduce_hdr(image))
        preview = make_small(rgb, icc, PREVIEW_SIDE)
    preview = metadata.apply_orientation(preview, turn)
    _write(preview, arguments.preview)
    _write(make_small(preview, None, THUMBNAIL_SIDE), arguments.thumbnail, THUMBNAIL_QUALITY)
    if turn >= 5:
        header = replace(header, width=header.height, height=header.width)
    return header


def _reduce_hdr(image: Image.Image) -> Image.Image:
    """Return an HDR image at a size near the preview's, since tone mapping takes longer than decoding."""
    colours, factor = image.info.get("colours"), max(image.size) // PREVIEW_SIDE
    return image.reduce(factor) if colours and colours.hdr and factor > 1 else image


def _write(image: Image.Image, path: Path, quality: int = PREVIEW_QUALITY) -> None:
    path.write_bytes(encode(image, _SUFFIXES[path.suffix.lower()], quality))


if __name__ == "__main__":
    main()
