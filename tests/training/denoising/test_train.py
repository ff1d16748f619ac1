import numpy as np
import pytest
import torch

from imaging.denoising.blocks import measure_blocks
from networks.restoration.denoiser import Denoiser
from training.common.metrics import psnr
from training.common.schedule import set_rate
from training.denoising import measure, noise, train


def test_training_takes_noise_out(scene):
    torch.manual_seed(1)
    trainer = train.Trainer(Denoiser(8, (1,), 1))
    set_rate(trainer.optimiser, 1e-2)
    batch = train.draw_batch([scene], 32, 6, 0, train.GOALS["denoise"])
    levels = [trainer.step(*batch).item() for _ in range(25)]
    assert levels[-1] < levels[0] - 0.5


@pytest.mark.parametrize("kind", noise.KINDS)
def test_every_noise_is_repeatable_and_leaves_the_clean_crop_alone(kind, scene):
    (noisy, clean), (again, _) = (noise.make_pair(scene, np.random.default_rng(6), kind) for _ in range(2))
    assert noisy.shape == clean.shape == (152, 168, 3) and noisy.dtype == clean.dtype == np.uint8
    assert np.array_equal(noisy, again)
    assert np.array_equal(noisy, clean) == (kind == "none")


def test_crops_for_the_weights_of_jpeg_begin_where_a_block_begins(scene):
    goal = train.GOALS["denoise-jpeg"]
    noisy, _ = noise.make_pair(scene, np.random.default_rng(3), "jpeg", goal.kinds, goal.on_grid)
    luminance = noisy.mean(2).astype(np.float32)
    assert measure_blocks([(0, 0, luminance)])[1] == (0, 0)
    assert goal.start in train.GOALS and goal.name != goal.start


def test_half_of_a_screen_lies_below_one_half():
    screen = noise.make_screen((200, 200), 5.3, 0.4, np.random.default_rng(0))
    assert [float((screen < part).mean()) for part in (0.25, 0.5, 0.75)] == pytest.approx([0.25, 0.5, 0.75], abs=0.02)


def test_a_network_that_has_learnt_nothing_changes_nothing_and_the_protocol_says_so(scene):
    figures = measure.measure(
        {"network": Denoiser(8, (1,), 1).eval()}, [scene[:64, :64]], measure.wear_all, baseline=True
    )
    assert figures["gauss25_network"] == figures["gauss25_noisy"] == pytest.approx(20.5, abs=1.5)
    assert figures["clean_network"] == 100 and figures["gauss25_nlm"] > figures["gauss25_noisy"] + 2


def test_files_are_measured_beside_the_weights_for_all_noises(scene):
    small = Denoiser(8, (1, 1), 1).eval()
    figures = measure.measure({"network": small, "denoise": small}, [scene[:64, :64]], measure.wear_files)
    assert figures["jpeg10_network"] == figures["jpeg10_denoise"] == figures["jpeg10_noisy"] < figures["jpeg80_noisy"]
    assert {"sensor_file_network", "grain_file_network", "clean_network"} < set(figures)


def test_noise_is_drawn_at_the_deviation_that_was_asked_for():
    for blur in (0, 1.2):
        drawn = noise.draw_noise((90, 80, 3), np.random.default_rng(0), False, blur)
        assert drawn.std() == pytest.approx(1, abs=0.03)
    assert psnr(np.zeros((9, 9, 3), np.uint8), noise.to_bytes(np.zeros((9, 9, 3)))) == 100
