"""Any kind of Pillow image as 8-bit RGB or RGBA that looks right, with the colour profile that fits it. Pillow only."""

from io import BytesIO
from typing import Literal

from PIL import Image, ImageCms

from imaging.io import cicp
from imaging.io.decoders.png import MAX_PROFILE_BYTES

_DIRECT = {"1", "L", "P", "RGB", "YCbCr", "HSV", "RGBX", "CMYK"}
_GREY = {"1", "L", "LA", "La", "F"}  # and those that begin with I
_WITH_ALPHA = {"LA", "La", "PA", "RGBA", "RGBa"}


def to_rgb(image: Image.Image) -> tuple[Image.Image, bytes | None]:
    """Return the image as RGB, or RGBA when it has transparency, and its RGB profile or None.

    An RGB profile is carried over, and colours that the file tells by numbers become one; HDR is brought to sRGB.
    Profiles of other colour spaces are converted to sRGB where they fit the pixels; a profile that is garbage is
    dropped.
    """
    if colours := image.info.get("colours"):
        rgb = _to_eight_bit_rgb(image)
        return (cicp.map_tones(rgb, colours), None) if colours.hdr else (rgb, cicp.make_profile(colours))
    icc = image.info.get("icc_profile")
    icc = icc if isinstance(icc, bytes) and 128 <= len(icc) <= MAX_PROFILE_BYTES else None
    if image.mode == "LAB":
        return _convert_lab(image), None
    if image.mode == "CMYK" and icc:
        return _convert(image, icc, b"CMYK") or image.convert("RGB"), None
    if icc and icc[16:20] == b"GRAY" and (image.mode in _GREY or image.mode.startswith("I")):
        return _convert_grey(image, icc), None
    return _to_eight_bit_rgb(image), icc if icc and _usable_for_rgb(icc) else None


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Return an RGB(A) image with profile `icc` as sRGB; without a profile it is taken to be sRGB already."""
    return convert_profile(image, icc, None)


def convert_profile(image: Image.Image, source: bytes | None, target: bytes | None) -> Image.Image:
    """Return an RGB(A) image converted from one RGB profile to another; None means sRGB."""
    if source == target:
        return image
    try:
        return _transform(image, _open_profile(source), _open_profile(target), image.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # colours a little off are better than no picture
        return image


def _open_profile(icc: bytes | None) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(icc)) if icc else _build_profile("sRGB")


def _build_profile(space: Literal["LAB", "sRGB"]) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space))


def _transform(
    image: Image.Image, source: ImageCms.ImageCmsProfile, target: ImageCms.ImageCmsProfile, mode: str
) -> Image.Image:
    converted = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    assert converted is not None  # it is where the image is not changed in place
    return converted


def _usable_for_rgb(icc: bytes) -> bool:
    if icc[16:20] != b"RGB " or icc[36:40] != b"acsp":
        return False
    return _convert(Image.new("RGB", (1, 1)), icc, b"RGB ") is not None


def _convert(image: Image.Image, icc: bytes, space: bytes) -> Image.Image | None:
    if icc[16:20] != space:
        return None
    try:
        return _transform(image, _open_profile(icc), _open_profile(None), "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _convert_lab(image: Image.Image) -> Image.Image:
    return _transform(image, _build_profile("LAB"), _build_profile("sRGB"), "RGB")


def _convert_grey(image: Image.Image, icc: bytes) -> Image.Image:
    """Return a grey image of any depth, with or without transparency, as sRGB by its grey profile."""
    plain = _to_eight_bit_rgb(image)
    found = _convert(plain.getchannel(0), icc, b"GRAY")
    if found is None:
        return plain
    if plain.mode == "RGBA":
        found.putalpha(plain.getchannel("A"))
    return found


def _to_eight_bit_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _WITH_ALPHA:
        return image.convert("RGBA")
    if image.mode in _DIRECT and not image.info.get("is_signed"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return _convert_deep(image)


def _convert_deep(image: Image.Image) -> Image.Image:
    """Bring grey of 16 or 32 bits, with a sign, or in floating point to 8 bits."""
    import numpy as np  # only these rare modes need both, and the checking process starts faster without

    from imaging.io.decoders.deep import to_eight_bits

    values = np.asarray(image, dtype=np.float32 if image.mode == "F" else None)
    bits = image.info.get("sample_bits", 16)
    if values.dtype == np.int32:  # Pillow has no mode for those without a sign
        values = values.view(np.uint32)
    grey = to_eight_bits(values, bits, image.info.get("is_signed", False))
    return Image.fromarray(255 - grey if image.info.get("is_white_zero") else grey).convert("RGB")
