"""Files to pictures and back, on files that Pillow and others really wrote."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from imaging.io.files import (
    AlphaNeedsPng,
    BrokenPicture,
    ForeignFormat,
    Picture,
    PictureError,
    TooLongForFormat,
    TooManyBytes,
    TooManyPixels,
    choose_format,
    decode,
    encode,
    make_preview,
    probe,
)
from tests.imaging.pictures import FIXTURES, UPRIGHT, corners_of, private_exif, quarters, save


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "MPO"])
def test_each_allowed_format_is_read_whatever_its_name(format, tmp_path):
    path = tmp_path / "holiday.exe"
    settings = {"save_all": True, "append_images": [quarters()]} if format == "MPO" else {}
    path.write_bytes(save(quarters(), format, **settings))
    picture = decode(path)
    assert corners_of(picture.pixels) == UPRIGHT
    assert picture.pixels.shape == (48, 64, 3)
    assert picture.format == ("jpeg" if format == "MPO" else format.lower())


def test_heic_is_read():
    picture = decode(FIXTURES / "quarters.heic")
    assert (picture.format, picture.width, picture.height) == ("heic", 64, 48)
    assert picture.pixels[40, 50, 1] > 120 > picture.pixels[40, 50, 0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"push graphic-context\nviewbox 0 0 1 1",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"%PDF-1.7\n",
        b"PK\x03\x04" + bytes(40),
        b"\x80\x04\x95" + bytes(40),
        b"8BPS\0\1" + bytes(40),
        b"P6\n1 1\n255\n\0\0\0",
        b"\0\0\1\0\1\0\1\1" + bytes(40),
        b"SIMPLE  =                    T" + bytes(40),
        b"BMW is a carmaker from Munich, founded in 1916.",
        b"\0\0\0\x20ftypisom" + bytes(40),
    ],
    ids=["empty", "html", "svg", "mvg", "eps", "pdf", "zip", "pickle", "psd", "ppm", "ico", "fits", "text", "mp4"],
)
def test_a_foreign_file_is_refused(content):
    with pytest.raises(ForeignFormat) as caught:
        decode(content)
    assert caught.value.key == "foreign_format" and caught.value.message.endswith(".")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"])
@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_a_truncated_file_is_broken_and_never_half_a_picture(format, share):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    whole = save(noise, format)
    with pytest.raises(BrokenPicture):
        decode(whole[: int(len(whole) * share)])


def test_random_damage_raises_only_picture_errors():
    rng = np.random.default_rng(1)
    for format in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"):
        whole = np.frombuffer(save(quarters(), format), np.uint8)
        for _ in range(40):
            damaged = whole.copy()
            damaged[rng.integers(0, len(whole), 12)] = rng.integers(0, 256, 12)
            try:
                decode(damaged.tobytes())
            except PictureError:
                pass


def test_too_many_pixels_are_refused_from_the_header_alone():
    """The file says 60000 x 60000 and holds nothing: only its header can have been read."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    png += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(TooManyPixels):
        probe(png)


def test_the_pixel_limit_is_the_callers():
    data = save(quarters(100, 100), "PNG")
    assert decode(data, max_megapixels=0.01).width == 100
    with pytest.raises(TooManyPixels):
        decode(data, max_megapixels=0.0099)


def test_too_many_bytes_are_refused():
    data = save(quarters(), "PNG")
    assert probe(data, max_bytes=len(data)).width == 64
    with pytest.raises(TooManyBytes):
        probe(data, max_bytes=len(data) - 1)


def test_probe_tells_format_and_size(tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(save(quarters(), "WEBP"))
    header = probe(path)
    assert (header.format, header.width, header.height) == ("webp", 64, 48)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16", "I;16B", "F", "LAB"])
def test_every_mode_looks_right_as_eight_bit_colours(mode):
    image, format = _in_mode(mode)
    picture = decode(save(image, format))
    assert picture.pixels.dtype == np.uint8 and picture.pixels.ndim == 3
    expected = np.asarray(quarters(mode="L")).astype(int)
    grey = np.asarray(Image.fromarray(np.ascontiguousarray(picture.rgb)).convert("L")).astype(int)
    if mode == "1":
        assert set(np.unique(grey)) == {0, 255} and grey[40, 10] == 255
    else:
        assert np.abs(grey - expected)[::8, ::8].mean() < 14
    assert picture.has_alpha == (mode in ("LA", "RGBA"))


def _in_mode(mode: str) -> tuple[Image.Image, str]:
    if mode in ("I;16", "I;16B"):
        deep = np.asarray(quarters(mode="L")).astype(np.uint16) * 257
        return Image.fromarray(deep if mode == "I;16" else deep.astype(">u2")), "TIFF"
    if mode == "F":
        return Image.fromarray(np.asarray(quarters(mode="L")).astype(np.float32) / 255), "TIFF"
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(quarters(), srgb, lab, outputMode="LAB"), "TIFF"
    if mode in ("CMYK", "YCbCr"):
        return quarters(mode=mode), "JPEG" if mode == "CMYK" else "TIFF"
    return quarters(mode=mode), "PNG"


def test_a_sixteen_bit_png_is_scaled_and_not_clipped():
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(4, 0)
    picture = decode(save(Image.fromarray(ramp), "PNG"))
    assert np.array_equal(picture.pixels[0, :, 0], np.arange(256))


def test_palette_transparency_becomes_alpha():
    image = quarters(mode="P")
    index = image.getpixel((0, 0))
    picture = decode(save(image, "GIF", transparency=index))
    assert picture.has_alpha and picture.alpha[0, 0] == 0 and picture.alpha[-1, -1] == 255


def test_of_an_animation_the_first_frame_is_read():
    frames = [quarters(), Image.new("RGB", (64, 48))]
    for format in ("GIF", "WEBP", "PNG"):
        assert corners_of(decode(save(frames[0], format, save_all=True, append_images=frames[1:])).pixels) == UPRIGHT


def test_jpeg_refuses_alpha_and_says_what_to_use():
    picture = decode(save(quarters(mode="RGBA"), "PNG"))
    with pytest.raises(AlphaNeedsPng, match="PNG or WebP"):
        encode(picture, "jpeg")
    assert choose_format(Picture(picture.pixels, format="jpeg")) == "png"


def test_png_gives_back_every_bit():
    pixels = np.random.default_rng(0).integers(0, 256, (33, 17, 4), dtype=np.uint8)
    assert np.array_equal(decode(encode(Picture(pixels), "png")).pixels, pixels)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (37, 53), (65_500, 1)])
def test_odd_shapes_pass_in_and_out(size):
    picture = decode(save(Image.new("RGB", size, "teal"), "PNG"))
    again = decode(encode(picture, choose_format(picture)))
    assert (again.width, again.height) == size


def test_a_picture_longer_than_the_format_allows_is_refused():
    with pytest.raises(TooLongForFormat):
        encode(Picture(np.zeros((1, 16_384, 3), np.uint8)), "webp")


def test_a_reencoded_polyglot_keeps_no_tail():
    data = save(quarters(), "JPEG", comment=b"<script>canary</script>") + b"PK\x03\x04canary"
    out = encode(decode(data), "jpeg", metadata="all")
    assert b"canary" not in out and b"script" not in out


def test_a_preview_is_small_srgb_and_without_metadata():
    picture = Picture(np.full((300, 600, 3), 90, np.uint8), exif=private_exif().tobytes())
    small = decode(make_preview(picture, longest_side=100))
    assert (small.width, small.height, small.exif, small.format) == (100, 50, None, "webp")
