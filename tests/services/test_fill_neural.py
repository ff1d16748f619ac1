"""Neural patch synthesis as a way of filling, with features of random weights."""

import numpy as np
import pytest
import torch

import services
from imaging.io.files import Picture
from networks.context_encoder import ContextEncoder
from networks.features import FeatureNetwork
from services import runtime
from services.base import Cancelled, ignore_progress
from services.inpaint import fills
from training.common.export import export

INPAINT = services.get("inpaint")
HEIGHT, WIDTH = 70, 90


@pytest.fixture
def small(tmp_path, monkeypatch):
    torch.manual_seed(0)
    export("features", "features", {"width": 4}, FeatureNetwork(width=4), "none", "features.md", {}, tmp_path)
    network, sizes = ContextEncoder(width=4, bottleneck=8), {"width": 4, "bottleneck": 8}
    export("context_encoder", "context_encoder", sizes, network, "none", "context_encoder.md", {}, tmp_path)
    runtime.configure(weights=tmp_path)
    monkeypatch.setattr("imaging.inpainting.neural_synthesis.STEPS", (4, 3))


def run(report=ignore_progress, **options):
    photo = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    painted = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    painted[25:40, 30:50] = 255
    options = {"mask": Picture(painted), "engine": "neural"} | options
    return photo, painted[:, :, 0] > 0, INPAINT.run(Picture(photo), INPAINT.parse_options(options), report)


def test_it_says_that_it_is_an_experiment_and_slow_and_is_not_the_default():
    for key, weights in (("neural", "features"), ("neural-content", "context_encoder")):
        way = fills.get(key)
        assert "experiment" in way.label and "slow" in way.label and way.varied and way.weights == weights
    assert next(option for option in INPAINT.options if option.name == "engine").default != "neural"


@pytest.mark.parametrize("way", ["neural", "neural-content"])
def test_it_fills_the_hole_and_touches_nothing_else(small, way):
    photo, hole, result = run(engine=way)
    assert np.array_equal(result.picture.rgb[~hole], photo[~hole])
    assert not np.array_equal(result.picture.rgb[hole], photo[hole])


def test_it_makes_alternatives(small):
    _, hole, result = run(answers="2")
    assert len(result.alternatives) == 1
    assert not np.array_equal(result.alternatives[0].rgb[hole], result.picture.rgb[hole])


def test_it_can_be_given_up_at_any_step(small):
    def report(progress, stage=""):
        if progress > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(report)
