"""Colours told by numbers (ITU-T H.273, "CICP") or by chromaticities: as an ICC profile, or tone-mapped where HDR.

Pillow, and numpy for HDR only: the process that checks uploads starts faster without.
"""

import struct
from dataclasses import dataclass
from math import exp

from PIL import Image

_D65, _C, _E, _DCI = (0.3127, 0.3290), (0.3100, 0.3160), (1 / 3, 1 / 3), (0.3140, 0.3510)
BT709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65)
_BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65)
_SMPTE170M = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65)
# Chromaticities (x, y) of red, green, blue and white by the number of the primaries.
_PRIMARIES = {
    1: BT709,
    4: ((0.670, 0.330), (0.210, 0.710), (0.140, 0.080), _C),
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), _D65),
    6: _SMPTE170M,
    7: _SMPTE170M,
    9: _BT2020,
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
# Exponents by the number of the transfer; the curves of BT.709 and its kin are shown by that of sRGB, as others do.
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_PQ, _HLG = 16, 18
_WHITE_NITS = 203.0  # of HDR: white paper, after ITU-R BT.2408
_HLG_PEAK_NITS, _HLG_GAMMA = 1000.0, 1.2
_KNEE = 0.5  # of linear light, from which on tone mapping compresses
_BT2020_LUMINANCE = (0.2627, 0.6780, 0.0593)
_ENCODING_STEPS = 16_383  # of linear light: fine enough for the dark end of 8 bits
_STRIP_ROWS = 128  # decoded at a time
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_SAME = 0.002  # chromaticities nearer than this are those of sRGB
_SAME_GAMMA = 0.05

Chromaticities = tuple[tuple[float, float], ...]
Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Colours:
    """`primaries`: (x, y) of red, green, blue, white. `gamma`: the exponent, or None for sRGB's curve.

    `hdr`: "pq", "hlg" or None.
    """

    primaries: Chromaticities = BT709
    gamma: float | None = None
    hdr: str | None = None

    @property
    def is_srgb(self) -> bool:
        pairs = zip(sum(self.primaries, ()), sum(BT709, ()), strict=True)
        same = all(abs(own - other) <= _SAME for own, other in pairs)
        return same and not self.hdr and (self.gamma is None or abs(self.gamma - 2.2) <= _SAME_GAMMA)


def read_numbers(primaries: int, transfer: int) -> Colours | None:
    """Return the colours that two numbers of ITU-T H.273 mean; None for sRGB and for what they leave open."""
    hdr = {_PQ: "pq", _HLG: "hlg"}.get(transfer)
    colours = Colours(_PRIMARIES.get(primaries, BT709), _GAMMAS.get(transfer), hdr)
    return None if colours.is_srgb else colours


def read_png(gamma: float | None, chromaticity: tuple[float, ...] | None) -> Colours | None:
    """Return the colours that gAMA (such as 0.45455) and cHRM (white, red, green, blue) mean; None for sRGB."""
    exponent = 1 / gamma if gamma and 0.1 <= gamma <= 10 else None
    primaries: Chromaticities = BT709
    if chromaticity and len(chromaticity) == 8:
        white, red, green, blue = ((chromaticity[at], chromaticity[at + 1]) for at in range(0, 8, 2))
        primaries = (red, green, blue, white)
    colours = Colours(primaries, exponent)
    return None if colours.is_srgb or not _is_sane(primaries) else colours


def make_profile(colours: Colours) -> bytes:
    """Return an ICC profile (version 4, matrix and curves) of colours that are not HDR."""
    to_xyz = _multiply(_compute_adaptation(_chromaticity_to_xyz(colours.primaries[3])), _to_xyz(colours.primaries))
    if colours.gamma is None:
        curve = b"para" + struct.pack(">IHH5i", 0, 3, 0, *map(_to_fixed_point, _SRGB_CURVE))
    else:
        curve = b"para" + struct.pack(">IHHi", 0, 0, 0, _to_fixed_point(colours.gamma))
    columns = zip(*to_xyz, strict=True)
    tags = {
        b"desc": _build_text("Colours told by the file"),
        b"cprt": _build_text("No copyright"),
        b"wtpt": _build_xyz(_D50),
    }
    tags |= {name: _build_xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _assemble(tags)


def map_tones(image: Image.Image, colours: Colours) -> Image.Image:
    """Return an RGB(A) image of HDR colours as sRGB, with its own transparency.

    What is half as bright as paper or darker keeps its light; what is brighter is compressed towards white.
    """
    import numpy as np  # HDR files are rare, and the checking process starts faster without

    pixels = np.array(image)
    curve = np.array(
        [(_decode_pq if colours.hdr == "pq" else _decode_hlg)(code / 255) for code in range(256)], np.float32
    )
    to_srgb = np.array(_multiply(_invert(_to_xyz(BT709)), _to_xyz(colours.primaries)), np.float32)
    encoding = np.array([_encode_srgb(step / _ENCODING_STEPS) for step in range(_ENCODING_STEPS + 1)], np.uint8)
    for start in range(0, len(pixels), _STRIP_ROWS):
        strip = pixels[start : start + _STRIP_ROWS]
        light = curve[strip[:, :, :3]]
        if colours.hdr == "hlg":
            luminance = light @ np.array(_BT2020_LUMINANCE, np.float32)
            light *= _HLG_PEAK_NITS / _WHITE_NITS * luminance[:, :, None] ** np.float32(_HLG_GAMMA - 1)
        peak = np.maximum(light.max(2, keepdims=True), _KNEE)
        light *= (_KNEE + (1 - _KNEE) * (1 - np.exp((_KNEE - peak) / (1 - _KNEE)))) / peak
        strip[:, :, :3] = encoding[np.rint(np.clip(light @ to_srgb.T, 0, 1) * _ENCODING_STEPS).astype(np.int32)]
    return Image.fromarray(pixels)


def _decode_pq(value: float) -> float:
    """Return SMPTE ST 2084's light of a value in [0, 1], with white paper as 1."""
    root = value ** (32 / 2523)
    light: float = (max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (8192 / 1305)
    return 10_000 / _WHITE_NITS * light


def _decode_hlg(value: float) -> float:
    """Return the light of the scene, in [0, 1], by ARIB STD-B67."""
    return value * value / 3 if value <= 0.5 else (exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12


def _encode_srgb(light: float) -> int:
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


def _is_sane(primaries: Chromaticities) -> bool:
    (ax, ay), (bx, by), (cx, cy), (_, white) = primaries
    area = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    inside = all(0 <= value <= 1 for pair in primaries for value in pair)
    return inside and area > 0.01 and min(ay, by, cy, white) > 0


def _chromaticity_to_xyz(chromaticity: tuple[float, float]) -> tuple[float, float, float]:
    x, y = chromaticity
    return x / y, 1.0, (1 - x - y) / y


def _to_xyz(primaries: Chromaticities) -> Matrix:
    """Return the matrix from linear RGB to CIE XYZ under the primaries' own white."""
    columns = [_chromaticity_to_xyz(primary) for primary in primaries[:3]]
    matrix = tuple(zip(*columns, strict=True))
    gains = _apply_matrix(_invert(matrix), _chromaticity_to_xyz(primaries[3]))
    return tuple(tuple(value * gain for value, gain in zip(row, gains, strict=True)) for row in matrix)


def _compute_adaptation(white: tuple[float, ...]) -> Matrix:
    """Return Bradford's matrix from a white to D50."""
    gains = [to / of for to, of in zip(_apply_matrix(_BRADFORD, _D50), _apply_matrix(_BRADFORD, white), strict=True)]
    scaled = tuple(tuple(gain * value for value in row) for gain, row in zip(gains, _BRADFORD, strict=True))
    return _multiply(_invert(_BRADFORD), scaled)


def _apply_matrix(matrix: Matrix, vector: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def _multiply(left: Matrix, right: Matrix) -> Matrix:
    columns = tuple(zip(*right, strict=True))
    return tuple(tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns) for row in left)


def _invert(matrix: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    return tuple(tuple(value / determinant for value in row) for row in cofactors)


def _to_fixed_point(value: float) -> int:
    return round(value * 65536)


def _build_xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *map(_to_fixed_point, values))


def _build_text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    place = 128 + 4 + 12 * len(tags)
    table, body, places = b"", b"", {}
    for name, content in tags.items():
        if content not in places:
            places[content] = place + len(body)
            body += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    head = struct.pack(">I4sI4s4s4s12x4s", place + len(body), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", *map(_to_fixed_point, _D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
