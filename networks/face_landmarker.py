"""Faces in a photo and the points of each, by linear regression on histograms of edge directions: small and fast."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CELL = 8  # pixels of a side of a cell, in which edges are counted
DIRECTIONS = 8
WINDOW = 64  # pixels: the square that the detector judges
CROP = 96  # pixels: the square around one face in which its points are looked for
STAGES = 2


class Edges(nn.Module):
    """Input: RGB (N, 3, H, W) in [0, 1], sides that CELL divides. Output: (N, 8, H / 8, W / 8), none negative.

    How strong the edges of each of eight directions are around each cell, relative to those of its neighbours.
    """

    kernels: Tensor

    def __init__(self):
        super().__init__()
        angles = torch.arange(DIRECTIONS) * (2 * torch.pi / DIRECTIONS)
        across = torch.tensor([[1.0, 2.0, 1.0]]).T @ torch.tensor([[-1.0, 0.0, 1.0]]) / 4
        kernels = [torch.cos(angle) * across + torch.sin(angle) * across.T for angle in angles]
        self.register_buffer("kernels", torch.stack(kernels)[:, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        grey = pictures.mean(1, keepdim=True).clamp(0, 1).sqrt()
        edges = F.relu(F.conv2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), self.kernels))
        cells = F.avg_pool2d(edges, 12, CELL, 2)
        around = F.avg_pool2d(cells.square().sum(1, keepdim=True), 3, 1, 1, count_include_pad=False)
        return (cells / (around + 1e-4).sqrt()).sqrt()


class FaceLandmarker(nn.Module):
    """Says of each window how much it is a face, and of a square around a face where its points are."""

    multiple_of = CELL
    minimum_side = WINDOW

    def __init__(self, points: int = 23, hidden: int = 48):
        super().__init__()
        cells, count = WINDOW // CELL, (CROP // CELL) ** 2 * DIRECTIONS
        self.edges = Edges()
        self.detector = nn.Sequential(nn.Conv2d(DIRECTIONS, hidden, cells), nn.ReLU(), nn.Conv2d(hidden, 1, 1))
        self.stages = nn.ModuleList(nn.Linear(count, 2 * points) for _ in range(STAGES))
        self.judge = nn.Sequential(nn.Linear(count, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return scores (N, 1, h, w) of windows of 64 pixels, 8 apart, in pictures (N, 3, H, W) in [0, 1].

        Over 0 is a face that is 1 / 1.3 as large as the window, upright and in its middle.
        """
        return self.detector(self.edges(pictures))

    def locate(self, crops: Tensor, stage: int) -> Tensor:
        """Return the points (N, P, 2), x and y in parts, of crops (N, 3, 96, 96) in [0, 1] around one face each.

        The later the stage, the closer the face has to be to the middle, to upright and to 1 / 1.5 of the crop.
        """
        return self.stages[stage](self.edges(crops).flatten(1)).view(len(crops), -1, 2)

    def judge_crops(self, crops: Tensor) -> Tensor:
        """Return scores (N,) of crops (N, 3, 96, 96) as the last stage takes: over 0 there is a face in the middle."""
        return self.judge(self.edges(crops).flatten(1))[:, 0]
