"""Convolution with an unknown kernel as a division of spectra: float32, differentiable, one kernel a picture."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def compute_gradients(plane: Tensor) -> Tensor:
    """Return the forward differences of (N, 1, H, W) along x and y: (N, 2, H, W), zero at the far border."""
    along_x = F.pad(plane[:, :, :, 1:] - plane[:, :, :, :-1], (0, 1, 0, 0))
    along_y = F.pad(plane[:, :, 1:] - plane[:, :, :-1], (0, 0, 0, 1))
    return torch.cat([along_x, along_y], 1)


def solve_kernel(sharp: Tensor, blurred: Tensor, damping: Tensor, radius: int) -> Tensor:
    """Return the kernels (N, K, K), K = 2 * radius + 1, that best turn `sharp` (N, M, H, W) into `blurred`.

    Both are features, faded out towards the border, where what moved in from outside is unknown. Frequencies without
    evidence, next to `damping` times the mean evidence, are taken from a kernel that is a point.
    """
    height, width = sharp.shape[-2:]
    fade = make_window(height, 2 * radius, sharp)[:, None] * make_window(width, 2 * radius, sharp)
    size = (height + 2 * radius, width + 2 * radius)
    sharp_spectrum, blurred_spectrum = (torch.fft.rfft2(features * fade, s=size) for features in (sharp, blurred))
    evidence = compute_power(sharp_spectrum).sum(1)
    floor = damping * evidence.mean((1, 2), keepdim=True) + 1e-8
    common = (sharp_spectrum.conj() * blurred_spectrum).sum(1)
    kernel = torch.fft.irfft2((common + floor) / (evidence + floor), s=size)
    kernel = torch.roll(kernel, (radius, radius), (1, 2))
    return kernel[:, : 2 * radius + 1, : 2 * radius + 1]


def wiener_deconvolve(frame: Tensor, kernel: Tensor, damping: Tensor, radius: int) -> Tensor:
    """Wiener's filter with a prior of small gradients: `frame` from `taper_border` -> (N, C, H, W) without its
    margin.
    """
    size = frame.shape[-2:]
    transfer = transform_kernel(kernel, size)[:, None]
    weight = transfer.conj() / (compute_power(transfer) + damping * compute_roughness(size, frame))
    sharp = torch.fft.irfft2(torch.fft.rfft2(frame) * weight, s=size)
    return sharp[:, :, 2 * radius : -2 * radius, 2 * radius : -2 * radius]


def taper_border(picture: Tensor, kernel: Tensor, radius: int) -> Tensor:
    """Continue (N, C, H, W) by 2 * radius pixels a side and blur the margin, so that opposite sides meet smoothly."""
    margin = 2 * radius
    frame = F.pad(picture, (margin,) * 4, mode="reflect")
    size = frame.shape[-2:]
    transfer = transform_kernel(kernel, size)[:, None]
    smeared = torch.fft.irfft2(torch.fft.rfft2(frame) * transfer * transfer.conj(), s=size)
    inside = make_window(size[0], margin, frame)[:, None] * make_window(size[1], margin, frame)
    return smeared + (frame - smeared) * inside


def transform_kernel(kernel: Tensor, size: tuple[int, ...]) -> Tensor:
    """Return the transfer function of (N, K, K) kernels, centred, for pictures of `size`."""
    side = kernel.shape[-1]
    framed = F.pad(kernel, (0, size[1] - side, 0, size[0] - side))
    return torch.fft.rfft2(torch.roll(framed, (-(side // 2), -(side // 2)), (1, 2)))


def compute_roughness(size: tuple[int, ...], like: Tensor) -> Tensor:
    """Return the power of the two gradient filters at each frequency; zero for flat pictures."""
    down = torch.fft.fftfreq(size[0], device=like.device)[:, None]
    along = torch.fft.rfftfreq(size[1], device=like.device)
    return 4 * torch.sin(math.pi * down) ** 2 + 4 * torch.sin(math.pi * along) ** 2


def make_window(length: int, ramp: int, like: Tensor) -> Tensor:
    """Ones that rise from nearly 0 over `ramp` pixels at one end and fall likewise at the other (raised cosine)."""
    places = torch.arange(length, device=like.device, dtype=like.dtype) + 0.5
    nearest = torch.minimum(places, length - places).clamp(max=ramp)
    return 0.5 - 0.5 * torch.cos(math.pi * nearest / ramp)


def compute_power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()
