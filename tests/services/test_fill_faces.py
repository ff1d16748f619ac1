"""The ways of filling that know faces, with small networks of random weights."""

import numpy as np
import pytest
import torch

import services
from imaging.io.files import Picture
from networks.dcgan import DCGAN
from networks.face_finder import FaceFinder
from networks.pluralistic import Pluralistic
from services import runtime
from services.base import Cancelled, ServiceError, ignore_progress
from services.inpaint import fills
from training.common.export import export

INPAINT = services.get("inpaint")
HEIGHT, WIDTH = 90, 120


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Weights of both, and a finder to which everything is a face, or with `score` below zero nothing."""

    def installed(score: float = 6.0) -> None:
        torch.manual_seed(0)
        finder = FaceFinder().eval().requires_grad_(False)
        finder.layers[-1].weight.zero_()
        finder.layers[-1].bias.copy_(torch.tensor([score, 0, 0, 0]))
        searched, guessing = DCGAN(4, 8).requires_grad_(False), Pluralistic(4, 4).requires_grad_(False)
        changed = (searched.generator, guessing.widen, guessing.decoders, guessing.pictures)
        for parameter in [parameter for part in changed for parameter in part.parameters()]:
            parameter.mul_(3)  # so that outputs differ, which those of fresh networks hardly do
        for name, network_name, arguments, network in (
            ("dcgan", "dcgan", {"width": 4, "latent": 8}, searched),
            ("pluralistic", "pluralistic", {"width": 4, "codes": 4}, guessing),
            ("facefinder", "face_finder", {}, finder),
        ):
            export(name, network_name, arguments, network, "none", f"{name}.md", {}, tmp_path)
        runtime.configure(weights=tmp_path)

    monkeypatch.setattr("imaging.inpainting.faces.STEPS", 3)
    return installed


def photo() -> Picture:
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    return Picture(np.dstack([down + 40, across + 60, np.full_like(down, 90)]).astype(np.uint8))


def mask(*extra: tuple[slice, slice]) -> Picture:
    painted = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for part in ((slice(40, 52), slice(50, 64)), *extra):
        painted[part] = 255
    return Picture(painted)


def run(report=ignore_progress, **options):
    return INPAINT.run(photo(), INPAINT.parse_options({"mask": mask()} | options), report)


def test_they_say_how_small_they_are_and_are_not_the_default():
    for key in ("dcgan", "pluralistic"):
        way = fills.get(key)
        assert way.longest_side == 64 and "small and blurred" in way.label and way.varied and way.weights == key
    assert INPAINT.parse_options({"mask": mask()})["engine"] not in {"dcgan", "pluralistic"}


@pytest.mark.parametrize("key", ["dcgan", "pluralistic"])
def test_four_alternatives_differ_in_the_hole_and_nowhere_else(small, key):
    small()
    result = run(engine=key, answers=4)
    pictures = [result.picture, *result.alternatives]
    missing = result.mask > 0
    assert len(pictures) == 4 and "so it is blurred" in INPAINT.verdicts[result.verdict]
    for picture in pictures:
        assert np.array_equal(picture.pixels[~missing], photo().pixels[~missing])
    assert len({picture.pixels.tobytes() for picture in pictures}) == 4


@pytest.mark.parametrize("key", ["dcgan", "pluralistic"])
def test_the_same_number_gives_the_same_result(small, key):
    small()
    first, second, other = (run(engine=key, answer=number).picture.pixels for number in (2, 2, 3))
    assert np.array_equal(first, second) and not np.array_equal(first, other)


def test_where_no_face_is_it_says_so_and_gives_nothing(small):
    small(score=-9.0)
    with pytest.raises(ServiceError) as caught:
        run(engine="dcgan")
    assert caught.value.key == "no_face_found"


def test_what_lies_in_no_face_is_filled_with_patches(small, monkeypatch):
    from imaging.inpainting import faces
    from networks.face_finder import FaceBox

    small()
    monkeypatch.setattr(faces, "find_face_around", lambda *given: FaceBox(36.0, 46.0, 24.0, 1.0))
    painted = mask((slice(70, 80), slice(90, 110)))
    before = photo().pixels.copy()
    before[70:80, 90:110] = (255, 0, 255)
    options = INPAINT.parse_options({"mask": painted, "engine": "dcgan"})
    result = INPAINT.run(Picture(before), options, ignore_progress)
    assert not (result.picture.pixels[70:80, 90:110] == (255, 0, 255)).all(2).any()


def test_a_search_can_be_cancelled(small):
    small()

    def impatient(share, stage=""):
        if share > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(impatient, engine="dcgan")
