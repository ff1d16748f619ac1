"""Pictures whose every corner is known, for the tests of imaging."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "pictures"
CORNERS = {"red": (220, 30, 30), "blue": (30, 30, 220), "white": (250, 250, 250), "green": (30, 160, 30)}


def quarters(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Red, blue / white, green: every turn and mirroring of it looks different."""
    image = Image.new("RGB", (width, height), CORNERS["red"])
    image.paste(CORNERS["blue"], (width // 2, 0, width, height // 2))
    image.paste(CORNERS["white"], (0, height // 2, width // 2, height))
    image.paste(CORNERS["green"], (width // 2, height // 2, width, height))
    return image.convert(mode)


def save(image: Image.Image, format: str, **settings) -> bytes:
    out = BytesIO()
    image.save(out, format, **settings)
    return out.getvalue()


def corners_of(pixels: np.ndarray) -> list[str]:
    """The names of the four quarters' colours: top left, top right, bottom left, bottom right."""
    height, width = pixels.shape[:2]
    points = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [
        min(CORNERS, key=lambda name: np.abs(pixels[point][:3].astype(int) - CORNERS[name]).sum()) for point in points
    ]


UPRIGHT = ["red", "blue", "white", "green"]


def private_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Artist], exif[Base.Copyright] = "Lubitel", "Erika Mustermann", "Erika 2021"
    exif.get_ifd(IFD.Exif).update(
        {
            Base.FNumber: 2.8,
            Base.DateTimeOriginal: "2021:05:01 10:00:00",
            Base.BodySerialNumber: "SN-4711",
            Base.LensSerialNumber: "LN-4712",
            Base.CameraOwnerName: "Erika Mustermann",
            Base.MakerNote: b"SN-4713 hidden",
            Base.UserComment: b"at home",
        }
    )
    exif.get_ifd(IFD.GPSInfo).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif
