"""`flask process inpaint`: every fault is told in words, with the status of a fault, and nothing is written."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from networks.dfnet import DFNet
from tests.jobs.support import picture
from training.common.export import export

SIZE = 60, 40


@pytest.fixture
def folder(tmp_path) -> Path:
    """A photo, a mask over a thing in it, masks that are wrong in several ways, and a small network."""
    (tmp_path / "photo.png").write_bytes(picture(*SIZE, "PNG"))
    for name, size, painted in (
        ("mask", SIZE, (20, 10, 40, 30)),
        ("scratch", SIZE, (5, 20, 55, 22)),
        ("empty", SIZE, None),
        ("full", SIZE, (0, 0, *SIZE)),
        ("large", (120, 80), (40, 20, 80, 60)),
        ("square", (80, 80), (20, 20, 50, 50)),
    ):
        mask = Image.new("L", size)
        if painted:
            mask.paste(255, painted)
        mask.save(tmp_path / f"{name}.png")
    (tmp_path / "no.png").write_text("no picture at all")
    torch.manual_seed(0)
    (tmp_path / "weights").mkdir(exist_ok=True)
    export("dfnet", "dfnet", {"width": 4}, DFNet(width=4), "none", "dfnet.md", {}, tmp_path / "weights")
    return tmp_path


@pytest.fixture
def inpaint(app, folder):
    """Run `flask process inpaint photo.png out.png`; a name that ends in .png is a file of the folder."""

    def run(*words: str):
        words = [str(folder / word) if word.endswith(".png") else word for word in words]
        command = ["process", "inpaint", str(folder / "photo.png"), str(folder / "out.png"), *words]
        return app.test_cli_runner().invoke(args=command)

    return run


@pytest.mark.parametrize(
    "words, said",
    [
        (["--mask", "mask.png"], "(Patches of this photo filled the holes.)"),
        (["--mask", "scratch.png"], "(The holes are thin, so our network filled them.)"),
        (["--mask", "mask.png", "--engine", "patch"], "photo.png -> out.png\n"),
        (["--mask", "mask.png", "--engine", "dfnet"], "photo.png -> out.png\n"),
        (["--mask", "large.png"], "photo.png -> out.png"),
    ],
)
def test_a_hole_is_filled_and_the_rest_stays(inpaint, folder, words, said):
    done = inpaint(*words)
    assert done.exit_code == 0 and said in done.output and "stretched" not in done.output
    before, after = (np.asarray(Image.open(folder / name).convert("RGB")) for name in ("photo.png", "out.png"))
    hole = np.asarray(Image.open(folder / words[1]).resize(SIZE)) > 0
    assert np.array_equal(before[~hole], after[~hole]) and not np.array_equal(before[hole], after[hole])


@pytest.mark.parametrize(
    "words, status, said",
    [
        ([], 2, "Please paint over what is to be filled, or choose a mask. (--mask)"),
        (["--mask", "gone.png"], 2, "does not exist"),
        (["--mask", "no.png"], 2, "not a picture"),
        (["--mask", "empty.png"], 1, "Nothing is painted yet. Please paint over what is to be filled. (--mask)"),
        (["--mask", "full.png"], 1, "This covers nearly all of the photo"),
        (["--mask", "mask.png", "--engine", "magic"], 2, "'magic' is not one of 'automatic', 'patch', 'dfnet'"),
        (
            ["--mask", "mask.png", "--engine", "dcgan"],
            2,
            "not installed on this server. Possible: automatic, patch, dfnet. (--engine)",
        ),
        (["--mask", "mask.png", "--answers", "5"], 2, "This number is out of range. Possible: 1-4. (--answers)"),
    ],
)
def test_a_fault_is_told_with_the_option_that_has_it(inpaint, folder, words, status, said):
    done = inpaint(*words)
    assert done.exit_code == status and said in done.output and "Traceback" not in done.output
    assert not (folder / "out.png").exists()


def test_a_mask_of_another_shape_is_stretched_and_that_is_said(inpaint, folder):
    done = inpaint("--mask", "square.png")
    assert done.exit_code == 0 and "photo.png is 60 x 40 pixels, --mask 80 x 80: it is stretched" in done.output


def test_alternatives_are_files_beside_the_first(inpaint, folder):
    done = inpaint("--mask", "mask.png", "--answers", "3")
    assert done.exit_code == 0 and "out.png, out-2.png, out-3.png" in done.output
    assert len({(folder / f"{name}.png").read_bytes() for name in ("out", "out-2", "out-3")}) == 3
