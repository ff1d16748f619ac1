"""How near two pictures are: PSNR and SSIM, for pictures as a person gets them, in eight bits."""

import numpy as np
import torch
import torch.nn.functional as F


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in dB of two uint8 arrays of one shape; 100 when they are equal."""
    error = np.mean((first.astype(np.float64) - second.astype(np.float64)) ** 2)
    return 100.0 if error == 0 else float(10 * np.log10(255.0**2 / error))


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the structural similarity, at most 1, of two uint8 (H, W, 3) pictures, the mean of the channels.

    Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural
    Similarity", 2004: an 11x11 Gaussian window of 1.5 pixels, constants 0.01 and 0.03, no border.
    """
    x, y = (torch.from_numpy(picture.astype(np.float64) / 255).permute(2, 0, 1)[:, None] for picture in (first, second))
    offsets = torch.arange(11, dtype=torch.float64) - 5
    window = torch.exp(-(offsets**2) / (2 * 1.5**2))
    window /= window.sum()

    def local_mean(plane: torch.Tensor) -> torch.Tensor:
        return F.conv2d(F.conv2d(plane, window.view(1, 1, 1, -1)), window.view(1, 1, -1, 1))

    mean_x, mean_y = local_mean(x), local_mean(y)
    variance_x, variance_y = local_mean(x * x) - mean_x**2, local_mean(y * y) - mean_y**2
    covariance = local_mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)
    return float((luminance * structure).mean())
