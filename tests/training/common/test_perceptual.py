"""The recipe of the features: it learns to name things, and what it saves computes the same without normalisation."""

import numpy as np
import pytest
import torch

from networks import weights
from networks.features import FeatureNetwork
from training.common import perceptual
from training.common.export import export
from training.common.run import Run


@pytest.fixture(scope="module")
def named():
    """A network that has learned to tell rough pictures from flat ones, and the pictures with their labels."""
    torch.manual_seed(0)
    rough = torch.randint(0, 256, (40, 3, 64, 64))
    pictures = torch.cat([rough, rough[:, :, :1, :1].expand_as(rough)]).byte()
    labels = torch.tensor([0] * 40 + [1] * 40)
    network = perceptual.Namer(classes=2, width=4)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-2)
    for step in range(24):
        perceptual.train_step(network, optimiser, (pictures, labels), np.random.default_rng(step), "cpu")
    return network, (pictures, labels)


def test_the_feature_network_learns_to_name_things(named):
    network, held = named
    assert perceptual.measure_accuracy(network, held, "cpu") > 0.9


def test_folding_the_normalisation_away_changes_no_map(named):
    network, (pictures, _) = named
    normalised, plain = network.features.eval(), network.features.fold_statistics()
    assert not any("running" in key for key in plain.state_dict())
    pairs = zip(normalised.features(pictures[:3] / 255, 4), plain.features(pictures[:3] / 255, 4), strict=True)
    for one, other in pairs:
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_validation_saves_features_that_are_read_back_for_reading_only(named, tmp_path):
    network, held = named
    run = Run("perceptual", out=tmp_path, logs=tmp_path)
    run.register(network=network)
    perceptual.validate_and_save(run, 24, network, held, "cpu")
    again, picture = perceptual.load_features(tmp_path / "features.pt"), torch.rand(1, 3, 16, 16)
    for one, other in zip(again(picture), network.features.fold_statistics()(picture), strict=True):
        assert torch.equal(one, other)
    assert not any(weight.requires_grad for weight in again.parameters())
    assert run.resume() == 24


def test_a_place_knows_nothing_of_places_far_from_it():
    torch.manual_seed(1)
    network, picture = FeatureNetwork(width=4).eval(), torch.rand(1, 3, 96, 96)
    other = picture.clone()
    other[..., 64:] = 0
    for scale, (one, two) in enumerate(zip(network(picture), network(other), strict=True)):
        near = 32 >> scale
        assert torch.equal(one[..., :near], two[..., :near]) and not torch.equal(one, two)


def test_the_export_loads_and_gives_the_same_maps(tmp_path):
    torch.manual_seed(2)
    network = FeatureNetwork(width=4).eval()
    export("features", "features", {"width": 4}, network, "test", "features.md", {}, tmp_path)
    again, picture = weights.load("features", folder=tmp_path), torch.rand(1, 3, 16, 16)
    for one, other in zip(again(picture), network(picture), strict=True):
        torch.testing.assert_close(one, other, rtol=2e-2, atol=2e-3)
