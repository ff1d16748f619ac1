"""Holes in faces: what is found, what is filled and what is left as it was."""

import numpy as np
import pytest
import torch

from imaging.inpainting import faces
from networks.dcgan import DCGAN
from networks.face_finder import NOWHERE, FaceBox, FaceFinder, find_face
from networks.pluralistic import Pluralistic


def finder(score: float) -> FaceFinder:
    """One to which everything is a face, or nothing is, by the sign of `score`."""
    network = FaceFinder(width=2).eval().requires_grad_(False)
    network.layers[-1].weight.zero_()
    network.layers[-1].bias.copy_(torch.tensor([score, 0, 0, 0]))
    return network


def photo(height: int = 90, width: int = 120) -> np.ndarray:
    down, across = np.mgrid[:height, :width]
    return np.dstack([down + 40, across + 60, np.full_like(down, 90)]).astype(np.uint8)


def hole(top: int = 40, bottom: int = 52, left: int = 50, right: int = 64) -> np.ndarray:
    missing = np.zeros((90, 120), bool)
    missing[top:bottom, left:right] = True
    return missing


def bright(pictures, known, report):
    report(1.0)
    return torch.full((1, 3, 64, 64), 0.9)


def test_only_the_hole_changes_and_nothing_under_it_is_looked_at():
    rgb, missing, seen = photo(), hole(), []

    def remembered(pictures, known, report):
        seen.append(pictures.clone())
        return bright(pictures, known, report)

    one, left = faces.complete_faces(rgb, missing, finder(5.0), remembered)
    assert not left.any() and np.array_equal(one[~missing], rgb[~missing])
    rgb[missing] = (255, 0, 255)
    other, _ = faces.complete_faces(rgb, missing, finder(5.0), remembered)
    assert np.array_equal(one[missing], other[missing]) and torch.equal(*seen)


def test_a_flat_face_takes_the_colours_of_the_rim():
    rgb = np.full((90, 120, 3), (200, 120, 40), np.uint8)
    filled, _ = faces.complete_faces(rgb, hole(), finder(5.0), bright)
    assert np.abs(filled.astype(int) - rgb).max() <= 2


def test_slopes_of_the_face_stay_where_the_rim_allows():
    rgb = np.full((90, 120, 3), 100, np.uint8)

    def spotted(pictures, known, report):
        face = torch.full((1, 3, 64, 64), 0.2)
        return torch.where(known == 0, face + 0.4, face)

    filled, _ = faces.complete_faces(rgb, hole(), finder(5.0), spotted)
    assert filled[hole()].mean() > 120


def test_where_no_face_is_found_all_of_the_hole_is_left():
    filled, left = faces.complete_faces(photo(), hole(), finder(-9.0), bright)
    assert np.array_equal(left, hole()) and np.array_equal(filled, photo())


def test_a_hole_that_reaches_out_of_the_face_is_left_there(monkeypatch):
    monkeypatch.setattr(faces, "find_face_around", lambda *given: FaceBox(30.0, 40.0, 20.0, 1.0))
    missing = hole(right=100)
    filled, left = faces.complete_faces(photo(), missing, finder(5.0), bright)
    assert np.array_equal(left, missing & ~faces.mark_inside(FaceBox(30.0, 40.0, 20.0, 1.0), missing.shape))
    assert left.any() and not left[40:50, 50:60].any() and np.array_equal(filled[~missing], photo()[~missing])


def test_each_of_two_faces_is_completed_and_the_work_is_reported(monkeypatch):
    missing, heard = hole() | hole(10, 16, 100, 110), []
    _, left = faces.complete_faces(photo(), missing, finder(5.0), bright, heard.append)
    assert not left.any() and len(heard) == 2 and heard == sorted(heard) and heard[-1] == pytest.approx(1)


@pytest.mark.parametrize("top, left", [(-20.0, -15.0), (60.0, 80.0)])
def test_a_face_that_reaches_over_the_border_is_completed(monkeypatch, top, left):
    monkeypatch.setattr(faces, "find_face_around", lambda *given: FaceBox(top, left, 50.0, 1.0))
    missing = np.zeros((90, 120), bool)
    missing[max(0, int(top)) : int(top) + 40, max(0, int(left)) : int(left) + 45] = True
    filled, rest = faces.complete_faces(photo(), missing, finder(5.0), bright)
    assert not rest.any() and np.array_equal(filled[~missing], photo()[~missing])


def test_a_large_face_is_blended_at_a_bounded_size(monkeypatch):
    monkeypatch.setattr(faces, "FINEST", 48)
    monkeypatch.setattr(faces, "find_face_around", lambda *given: FaceBox(5.0, 20.0, 80.0, 1.0))
    filled, left = faces.complete_faces(photo(), hole(), finder(5.0), bright)
    assert not left.any() and np.array_equal(filled[~hole()], photo()[~hole()])


def test_a_seed_decides_the_completion_of_either_network(monkeypatch):
    monkeypatch.setattr(faces, "STEPS", 2)
    torch.manual_seed(0)
    pictures, known = torch.full((1, 3, 64, 64), 0.5), torch.ones(1, 1, 64, 64)
    known[..., 20:40, 20:40] = 0
    networks = (DCGAN(width=4, latent=8), Pluralistic(width=4, codes=4))
    for way, network in zip((faces.complete_by_search, faces.complete_by_guess), networks, strict=True):
        network.eval().requires_grad_(False)
        completions = [way(network, seed)(pictures, known, lambda share: None) for seed in (1, 1, 2)]
        assert completions[0].shape == (1, 3, 64, 64) and torch.equal(completions[0], completions[1])
        assert not torch.equal(completions[0], completions[2])


def test_the_finder_goes_where_a_window_scores_and_holds_the_place():
    class Peak(FaceFinder):
        def forward(self, pictures, known):
            scores = super().forward(pictures, known)
            scores[:, 0] = pictures.mean() * 0 - 5
            if abs(self.wanted - pictures.shape[-1]) < 2:
                scores[0, 0, 6, 6], scores[0, 1:, 6, 6] = 4.0, torch.tensor([0.1, 0.0, 0.2])
            return scores

    network = Peak(width=2).eval().requires_grad_(False)
    network.wanted, place = 105, torch.zeros(1, 1, 200, 200)
    place[..., 98:102, 98:102] = 1
    box = find_face(network, torch.rand(1, 3, 200, 200), 1 - place, place)
    assert box.score == 4.0 and box.side > 0
    assert box.top <= 100 <= box.top + box.side and box.left <= 100 <= box.left + box.side
    assert NOWHERE < faces.MIN_SCORE < box.score
