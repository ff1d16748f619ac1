"""What comes with the pixels: orientation, resolution, profile, EXIF and XMP."""

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import IFD, Base

from imaging.io.files import decode, encode
from tests.imaging.pictures import UPRIGHT, corners_of, private_exif, quarters, save

TURNED_AWAY = {
    1: lambda im: im,
    2: lambda im: im.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda im: im.transpose(Image.Transpose.ROTATE_180),
    4: lambda im: im.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda im: im.transpose(Image.Transpose.TRANSPOSE),
    6: lambda im: im.transpose(Image.Transpose.ROTATE_90),
    7: lambda im: im.transpose(Image.Transpose.TRANSVERSE),
    8: lambda im: im.transpose(Image.Transpose.ROTATE_270),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_comes_out_upright_without_its_tag(format, orientation):
    exif = Image.Exif()
    exif[Base.Orientation], exif[Base.Make] = orientation, "Lubitel"
    picture = decode(save(TURNED_AWAY[orientation](quarters()), format, exif=exif))
    assert corners_of(picture.pixels) == UPRIGHT
    assert (picture.width, picture.height) == (64, 48)
    kept = Image.Exif()
    kept.load(picture.exif)
    assert Base.Orientation not in kept and kept[Base.Make] == "Lubitel"


def test_orientation_written_only_in_xmp_is_applied_and_removed():
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r tiff:Orientation="6"/></x:xmpmeta>'
    picture = decode(save(TURNED_AWAY[6](quarters()), "JPEG", xmp=xmp))
    assert corners_of(picture.pixels) == UPRIGHT
    assert b"Orientation" not in picture.xmp and b"xmpmeta" in picture.xmp


def test_the_resolution_turns_with_the_picture():
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    data = save(TURNED_AWAY[6](quarters()), "JPEG", exif=exif, dpi=(300, 150))
    assert decode(data).dpi == pytest.approx((150, 300), abs=0.1)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 2000, b"Exif\0\0"])
def test_broken_exif_is_harmless(exif):
    picture = decode(save(quarters(), "JPEG", exif=exif))
    assert corners_of(picture.pixels) == UPRIGHT
    encode(picture, "jpeg", metadata="all")


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">secret place</x:xmpmeta>'


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_results_keep_the_camera_and_drop_place_owner_and_serial_numbers(format):
    picture = decode(save(quarters(), "JPEG", exif=private_exif(), xmp=XMP))
    data = encode(picture, format)
    with Image.open(BytesIO(data)) as image:
        exif = image.getexif()
        assert exif[Base.Make] == "Lubitel"
        assert exif.get_ifd(IFD.Exif)[Base.FNumber] == pytest.approx(2.8)
        assert not exif.get_ifd(IFD.GPSInfo)
    for secret in (b"Erika", b"SN-47", b"LN-47", b"at home", b"secret place"):
        assert secret not in data


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_all_metadata_stays_for_those_who_ask(format):
    data = encode(decode(save(quarters(), "JPEG", exif=private_exif(), xmp=XMP)), format, metadata="all")
    with Image.open(BytesIO(data)) as image:
        exif = image.getexif()
        assert exif[Base.Artist] == "Erika Mustermann"
        assert exif.get_ifd(IFD.GPSInfo)[1] == "N"
        assert exif.get_ifd(IFD.Exif)[Base.BodySerialNumber] == "SN-4711"
    assert decode(data).xmp == XMP


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_strip_leaves_no_metadata_but_the_profile(format):
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = decode(save(quarters(), "JPEG", exif=private_exif(), xmp=XMP, icc_profile=icc))
    stripped = decode(encode(picture, format, metadata="strip"))
    assert (stripped.exif, stripped.xmp, stripped.icc) == (None, None, icc)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
@pytest.mark.parametrize("metadata", ["keep", "strip", "all"])
def test_the_resolution_survives_each_output_format(format, metadata):
    picture = decode(save(quarters(), "JPEG", dpi=(300, 300)))
    assert decode(encode(picture, format, metadata=metadata)).dpi == pytest.approx((300, 300), abs=0.1)


def test_an_rgb_profile_is_carried_over_and_garbage_is_dropped():
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert decode(save(quarters(), "PNG", icc_profile=icc)).icc == icc
    for bad in (b"garbage" * 40, icc[:200], lab, b"\0" * 500):
        picture = decode(save(quarters(), "PNG", icc_profile=bad))
        assert picture.icc is None and corners_of(picture.pixels) == UPRIGHT


def grey_profile() -> bytes:
    """An ICC profile of grey in linear light: 64 of 255 is seen as 137."""
    head = struct.pack(">I4sI4s4s4s12s4s", 0, b"test", 0x02100000, b"mntr", b"GRAY", b"XYZ ", bytes(12), b"acsp")
    head += bytes(68 - len(head)) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)
    first = 128 + 4 + 2 * 12
    table = struct.pack(">I", 2) + struct.pack(">4sII", b"wtpt", first, len(white))
    table += struct.pack(">4sII", b"kTRC", first + len(white), len(curve))
    profile = head[:128] + table + white + curve
    return struct.pack(">I", len(profile)) + profile[4:]


@pytest.mark.parametrize(
    "mode, value, format",
    [("L", 64, "PNG"), ("LA", (64, 128), "PNG"), ("I;16", 64 * 257, "PNG"), ("I;16", 64 * 257, "TIFF")],
)
def test_a_grey_profile_counts_at_every_depth_and_beside_transparency(mode, value, format):
    picture = decode(save(Image.new(mode, (4, 4), value), format, icc_profile=grey_profile()))
    assert np.abs(picture.pixels[..., :3].astype(int) - 137).max() <= 1 and picture.icc is None
    assert picture.has_alpha == (mode == "LA")
