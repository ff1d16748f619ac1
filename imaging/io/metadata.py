"""EXIF and XMP: what is kept of them, what is private, and which way is up. Pillow only.

EXIF travels as the bytes that Pillow's writers take, with the orientation already applied and gone.
Both lists below name what stays, so that a tag nobody thought of is dropped and not published.
"""

import math
import re
from collections.abc import Set

from PIL import Image
from PIL.ExifTags import IFD, Base

MAX_XMP_BYTES = 60_000  # one JPEG segment
MAX_EXIF_BYTES = 60_000

# Tags of the first directory that describe the picture; the rest describes how the old file stored it.
_DESCRIPTIVE = {
    Base.ImageDescription,
    Base.Make,
    Base.Model,
    Base.Software,
    Base.DateTime,
    Base.Artist,
    Base.HostComputer,
    Base.Rating,
    Base.Copyright,
    Base.XPTitle,
    Base.XPComment,
    Base.XPAuthor,
    Base.XPKeywords,
    Base.XPSubject,
    IFD.Exif,
    IFD.GPSInfo,
}
_PUBLIC = {Base.Make, Base.Model, Base.Software, Base.DateTime, IFD.Exif}
_PUBLIC_EXPOSURE = {
    Base.ExposureTime,
    Base.FNumber,
    Base.ExposureProgram,
    Base.ISOSpeedRatings,
    Base.SensitivityType,
    Base.RecommendedExposureIndex,
    Base.ExifVersion,
    Base.DateTimeOriginal,
    Base.DateTimeDigitized,
    Base.OffsetTime,
    Base.OffsetTimeOriginal,
    Base.OffsetTimeDigitized,
    Base.ShutterSpeedValue,
    Base.ApertureValue,
    Base.BrightnessValue,
    Base.ExposureBiasValue,
    Base.MaxApertureValue,
    Base.SubjectDistance,
    Base.MeteringMode,
    Base.LightSource,
    Base.Flash,
    Base.FocalLength,
    Base.SubsecTime,
    Base.SubsecTimeOriginal,
    Base.SubsecTimeDigitized,
    Base.ColorSpace,
    Base.SensingMethod,
    Base.ExposureMode,
    Base.WhiteBalance,
    Base.DigitalZoomRatio,
    Base.FocalLengthIn35mmFilm,
    Base.SceneCaptureType,
    Base.GainControl,
    Base.Contrast,
    Base.Saturation,
    Base.Sharpness,
    Base.SubjectDistanceRange,
    Base.LensSpecification,
    Base.LensMake,
    Base.LensModel,
}
_STALE = {Base.ExifImageWidth, Base.ExifImageHeight}
_XMP_ORIENTATION = re.compile(rb'\s*tiff:Orientation="[0-9]"|<tiff:Orientation>[0-9]</tiff:Orientation>')
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_orientation(image: Image.Image) -> int:
    """Return the EXIF (or XMP) orientation, 1 to 8; 1 when it is absent or broken."""
    try:
        value = image.getexif().get(Base.Orientation, 1)
    except Exception:  # broken EXIF is harmless: the pixels are still good
        return 1
    return value if value in _TURNS else 1


def apply_orientation(image: Image.Image, orientation: int) -> Image.Image:
    """Return the image upright."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def read_exif(image: Image.Image) -> bytes | None:
    """Return all that describes the picture, without orientation, thumbnail and storage tags."""
    try:
        return _copy_tags(image.getexif(), _DESCRIPTIVE, None)
    except Exception:  # as above
        return None


def read_xmp(image: Image.Image) -> bytes | None:
    """Return the XMP packet without its orientation, or None when there is none or it is very large."""
    xmp = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode("utf-8", "replace")
    if not isinstance(xmp, bytes) or len(xmp) > MAX_XMP_BYTES:
        return None
    return _XMP_ORIENTATION.sub(b"", xmp)


def keep_public(exif: bytes | None) -> bytes | None:
    """Return what the camera did, without place, owner, serial numbers, maker's note and free texts."""
    return _copy_tags(_load_exif(exif), _PUBLIC, _PUBLIC_EXPOSURE) if exif else None


def read_software(exif: bytes | None) -> str:
    """Return the program that made the picture, "" where the EXIF does not say."""
    text = _load_exif(exif).get(Base.Software, "")
    return text if isinstance(text, str) else ""


def set_software(exif: bytes | None, text: str) -> bytes:
    """Return the EXIF with `text` as the program that made the picture."""
    tags = _load_exif(exif)
    tags[Base.Software] = text
    return tags.tobytes()


def set_dpi(exif: bytes | None, dpi: tuple[float, float]) -> bytes:
    """Return the EXIF with the resolution written in it, for formats that have no other place for it."""
    tags = _load_exif(exif)
    tags[Base.XResolution], tags[Base.YResolution] = dpi
    tags[Base.ResolutionUnit] = 2  # inches
    return tags.tobytes()


def read_dpi(image: Image.Image) -> tuple[float, float] | None:
    """Return the resolution (across, down) in dots per inch, or None when it is absent or absurd."""
    try:
        dpi = image.info.get("dpi")
        if dpi is None:
            tags = image.getexif()
            per_inch = 2.54 if tags.get(Base.ResolutionUnit) == 3 else 1.0
            dpi = tags[Base.XResolution] * per_inch, tags[Base.YResolution] * per_inch
        across, down = (float(value) for value in dpi)
    except Exception:  # absent or broken
        return None
    sane = all(math.isfinite(value) and 1 <= value <= 100_000 for value in (across, down))
    return (across, down) if sane else None


def _load_exif(exif: bytes | None) -> Image.Exif:
    tags = Image.Exif()
    if exif:
        tags.load(exif)
    return tags


def _copy_tags(tags: Image.Exif, first: Set[int], exposure: Set[int] | None) -> bytes | None:
    """Copy the named tags into new EXIF bytes; `exposure` None means the whole Exif directory."""
    kept = Image.Exif()
    for tag in first & set(tags):
        if tag == IFD.Exif:
            inner = tags.get_ifd(IFD.Exif)
            inner = {t: v for t, v in inner.items() if t not in _STALE and (exposure is None or t in exposure)}
            if inner:
                kept.get_ifd(IFD.Exif).update(inner)
        elif tag == IFD.GPSInfo:
            kept.get_ifd(IFD.GPSInfo).update(tags.get_ifd(IFD.GPSInfo))
        else:
            kept[tag] = tags[tag]
    if not len(kept) and not any(kept._ifds.values()):
        return None
    data = kept.tobytes()
    return data if len(data) <= MAX_EXIF_BYTES else None
