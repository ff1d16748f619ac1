"""Small copies for the screen: sRGB, no metadata. Pillow only."""

from io import BytesIO

from PIL import Image

from imaging.io.modes import to_srgb


def make_small(image: Image.Image, icc: bytes | None, longest_side: int) -> Image.Image:
    """Return an RGB(A) image as sRGB with no side over `longest_side` pixels and none under one."""
    scale = min(1.0, longest_side / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return to_srgb(image, icc)


def encode(image: Image.Image, format: str, quality: int) -> bytes:
    """Return the bytes of an RGB(A) image as "webp", "png" or "jpeg", which shows transparent areas white."""
    if format == "jpeg" and image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image).convert("RGB")
    image.info = {}  # or Pillow would write the profile and the comment again
    out = BytesIO()
    settings = {"quality": quality, "method": 2} if format == "webp" else {"quality": quality}
    image.save(out, format.upper(), **({} if format == "png" else settings))
    return out.getvalue()


def encode_small(image: Image.Image, icc: bytes | None, longest_side: int, format: str, quality: int) -> bytes:
    """`small`, then `encode`."""
    return encode(make_small(image, icc, longest_side), format, quality)
