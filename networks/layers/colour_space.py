"""sRGB to CIE L*a*b* and back, in torch: the one place where colours change space.

sRGB after IEC 61966-2-1, CIELAB after CIE 015:2018, white point D65 as sRGB names it, (x, y) =
(0.3127, 0.3290). The matrices are computed from the chromaticities of the standard, in double precision, so
that white is exactly (100, 0, 0) and every grey has a = b = 0 up to rounding.

Planes are floats of any floating dtype, laid out (N, 3, H, W); L is in [0, 100], a and b are in CIE units,
within about [-108, 99] for colours that sRGB can show.
"""

import torch
from torch import Tensor

WHITE_XY = (0.3127, 0.3290)
PRIMARIES_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # red, green, blue

ROUNDING = 1e-5
DELTA = 6 / 29  # where CIELAB's cube root gives way to a straight line


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Return the CIELAB planes of sRGB-encoded `rgb`, (N, 3, H, W) in [0, 1]; same shape and dtype."""
    relative = _mix_channels(linear_from_srgb(rgb), RGB_TO_RELATIVE_XYZ)
    curved = torch.where(
        relative > DELTA**3, relative.clamp(min=DELTA**3) ** (1 / 3), relative / (3 * DELTA**2) + 4 / 29
    )
    x, y, z = curved.unbind(1)
    return torch.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), 1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Return `lab`, (N, 3, H, W), as sRGB, clipped channel by channel to [0, 1]; same shape and dtype.

    Clipping turns the hue of colours that lie outside sRGB; `map_into_gamut` first keeps it.
    """
    return srgb_from_linear(_linear_rgb(lab).clamp(0, 1))


def lab_to_rgb_in_gamut(lab: Tensor, halvings: int = 6) -> Tensor:
    """Return `lab`, (1, 3, H, W), as sRGB; colours that it cannot show lose chroma and keep lightness and hue.

    Only those are searched for, so that a picture that fits costs no more than `lab_to_rgb`.
    """
    rgb = lab_to_rgb(lab)
    clipped = ((rgb <= ROUNDING) | (rgb >= 1 - ROUNDING)).any(1)[0]  # one, encoded, may come out a little below
    if clipped.any():
        rgb[:, :, clipped] = lab_to_rgb(map_into_gamut(lab[:, :, clipped][..., None], halvings))[..., 0]
    return rgb


def map_into_gamut(lab: Tensor, halvings: int = 9) -> Tensor:
    """Return `lab`, (N, 3, H, W), with the chroma of colours outside sRGB lowered until they fit.

    Lightness (clamped to [0, 100]) and hue angle stay. The scale is found by bisection to 2 ** -`halvings`
    of the chroma, from below, so the result is inside.
    """
    lightness, chroma = lab[:, :1].clamp(0, 100), lab[:, 1:]
    fits = _inside(lightness, chroma)
    inside, outside = fits.to(lab.dtype), torch.ones_like(lightness)
    for _ in range(halvings):
        middle = (inside + outside) / 2
        fits = _inside(lightness, chroma * middle)
        inside, outside = torch.where(fits, middle, inside), torch.where(fits, outside, middle)
    return torch.cat((lightness, chroma * inside), 1)


def _inside(lightness: Tensor, chroma: Tensor) -> Tensor:
    """Where (N, 1, H, W) the colour needs no clipping, up to rounding."""
    rgb = _linear_rgb(torch.cat((lightness, chroma), 1))
    return ((rgb >= -1e-4) & (rgb <= 1 + 1e-4)).all(1, keepdim=True)


def linear_from_srgb(encoded: Tensor) -> Tensor:
    """sRGB-encoded values, of any shape, to linear light: [0, 1] to [0, 1], smooth beyond."""
    return torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(linear: Tensor) -> Tensor:
    """Linear light, of any shape, to sRGB-encoded values."""
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def _linear_rgb(lab: Tensor) -> Tensor:
    lightness, a, b = lab.unbind(1)
    y = (lightness + 16) / 116
    curved = torch.stack((y + a / 500, y, y - b / 200), 1)
    relative = torch.where(curved > DELTA, curved**3, 3 * DELTA**2 * (curved - 4 / 29))
    return _mix_channels(relative, RELATIVE_XYZ_TO_RGB)


def _mix_channels(planes: Tensor, matrix: Tensor) -> Tensor:
    """Apply a 3x3 matrix to the channels of (N, 3, H, W)."""
    return torch.einsum("ij,njhw->nihw", matrix.to(planes), planes)


def _rgb_to_relative_xyz() -> Tensor:
    """Linear sRGB to XYZ divided by the white point's XYZ: each row sums to one."""
    columns = torch.tensor([(x / y, 1.0, (1 - x - y) / y) for x, y in PRIMARIES_XY], dtype=torch.float64).T
    x, y = WHITE_XY
    white = torch.tensor((x / y, 1.0, (1 - x - y) / y), dtype=torch.float64)
    return columns * torch.linalg.solve(columns, white) / white[:, None]


RGB_TO_RELATIVE_XYZ = _rgb_to_relative_xyz()
RELATIVE_XYZ_TO_RGB = torch.linalg.inv(RGB_TO_RELATIVE_XYZ)
