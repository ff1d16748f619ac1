"""The recipe of the network for outside pictures: labels by several teachers, scenes, steps."""

import io
import json
import zipfile
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from networks.lite_u2net import LiteU2Net
from training.common.run import Run
from training.matting import pseudo_labels, train_lite
from training.matting.photographs import add_grain, take_photograph
from training.matting.predict import predict_in_proportion
from training.matting.pseudo_labels import NOBODY, PERSON, UNKNOWN, Teachers, label_picture, vote
from training.matting.scenes import compose, draw_layout, draw_sample
from training.matting.varied import Labelled, People, cut_out_people, load_labelled, make_known


def person(height=96, width=72, low=0.5):
    """A bright ellipse on a dark ground, and its mask."""
    y, x = np.mgrid[0:height, 0:width]
    inside = ((y - height * low) / (height * 0.35)) ** 2 + ((x - width / 2) / (width * 0.3)) ** 2 < 1
    rgb = np.random.default_rng(0).integers(0, 60, (height, width, 3)).astype(np.uint8)
    rgb[inside] = (210, 170, 140)
    return rgb, inside.astype(np.uint8) * 255


@pytest.fixture(scope="module")
def people():
    whole, cut = make_known(person()), make_known(person(low=0.8))
    place = np.random.default_rng(1).integers(0, 60, (80, 90, 3)).astype(np.uint8)
    return People({"coco": [whole], "portraits": [cut]}, cut_out_people(whole), cut_out_people(cut), [place])


def seer(low, high=256):
    """Sees a person where the red plane is in a range."""
    return lambda rgb: ((rgb[..., 0] >= low) & (rgb[..., 0] < high)).astype(np.float32)


def teachers(low):
    """MediaPipe's sees what is brighter than `low`, our own network only what is bright."""
    return Teachers(seer(low), seer(154))


def test_where_two_of_the_witnesses_agree_is_a_person_and_where_none_sees_one_is_nobody():
    one, two, three = (np.array([[1, 1, 0, 0]]), np.array([[1, 0, 1, 0]]), np.array([[0, 1, 0, 0]]))
    assert vote(one, two).tolist() == [[PERSON, UNKNOWN, UNKNOWN, NOBODY]]
    assert vote(one, two, three).tolist() == [[PERSON, PERSON, UNKNOWN, NOBODY]]


def test_what_one_teacher_alone_sees_is_unknown():
    rgb = np.zeros((64, 64, 3), np.uint8)
    rgb[10:40, 10:40], rgb[10:40, 50:60] = 220, 120
    label = label_picture(rgb, None, teachers(100))
    assert (label[25, 25], label[25, 55], label[60, 5]) == (PERSON, UNKNOWN, NOBODY)


def test_a_body_along_the_joints_has_a_vote_unless_the_teachers_see_too_little_of_it():
    rgb = np.zeros((128, 128, 3), np.uint8)
    rgb[20:100, 58:70] = 120  # only MediaPipe's
    across, down = np.full(14, 64.0), np.linspace(24, 96, 14)
    joints = np.column_stack((across, down, np.ones(14)))
    label = label_picture(rgb, joints, teachers(100))
    assert label[60, 64] == PERSON and label[5, 5] == NOBODY
    joints[:, 0] = 110  # beside what is seen
    assert label_picture(rgb, joints, teachers(100)) is None
    joints[:8, 2] = 0  # too few are known
    assert label_picture(rgb, joints, teachers(100)) is None


def encode(pixels, format):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


def test_labels_are_written_once_and_read_with_their_pictures(tmp_path, monkeypatch):
    rgb, mask = person(width=96)
    joints = np.column_stack((48 + 18 * np.cos(np.arange(14)), np.linspace(24, 72, 14), np.ones(14))).tolist()
    names = [name for name in ("sport/1", "sport/2", "sport/3") if not pseudo_labels.is_held_back(name)]
    for archive in pseudo_labels.ARCHIVES:
        with zipfile.ZipFile(tmp_path / f"{archive}.zip", "w") as file:
            if archive == "people-sport":
                for name in names:
                    file.writestr(f"{name}.webp", encode(rgb, "WEBP"))
                file.writestr("joints.json", json.dumps({f"{name}.webp": joints for name in names}))
            if archive == "colours-0":
                file.writestr("pets/pets-0002.webp", encode(np.zeros_like(rgb), "WEBP"))
                file.writestr("pets/pets-0003.webp", encode(rgb, "WEBP"))
                file.writestr("pacs/pacs-0004.webp", encode(rgb, "WEBP"))  # looked at: it only seems to be a person
                file.writestr("pacs/pacs-0033.webp", encode(rgb, "WEBP"))  # looked at: it is one
    arguments = SimpleNamespace(data=tmp_path, archives=pseudo_labels.ARCHIVES, every=1)
    labels = dict(pseudo_labels.label_pictures(arguments, teachers(160)))
    with zipfile.ZipFile(tmp_path / "labels.zip", "w") as file:
        for name, label in labels.items():
            file.writestr(name, pseudo_labels.encode_png(label))
    found, empty = load_labelled(tmp_path, [tmp_path / "labels.zip"])
    assert len(found["sport"]) == len(names) > 0 and len(empty) == 2
    both = (found["sport"][0].mask > 0) & (mask > 0)
    assert both.sum() > 0.9 * (mask > 0).sum() and found["sport"][0].known.any()


def test_people_who_are_cut_by_the_lower_edge_are_told_from_others(people):
    assert [one.is_cut for one in (*people.whole, *people.cut)] == [False, True]
    half_known = make_known(person())
    half_known.known[:, :36] = 0
    assert not cut_out_people(half_known)


def test_scenes_have_people_of_all_sizes_and_a_mask_of_each(people):
    rng = np.random.default_rng(0)
    shares = [(compose(people, (64, 96), rng).mask > 127).mean() for _ in range(40)]
    assert min(shares) < 0.05 and max(shares) > 0.4


def test_in_a_street_who_stands_lower_is_taller():
    layout = draw_layout("street", 8, np.random.default_rng(0))
    heights, feet, _ = zip(*layout, strict=True)
    assert list(feet) == sorted(feet) and heights[-1] > 2 * heights[0]


def test_samples_have_the_asked_size_and_some_show_nobody(people):
    rng = np.random.default_rng(0)
    samples = [draw_sample(people, (64, 96), rng) for _ in range(60)]
    assert {(one.rgb.shape, one.mask.shape, one.known.shape) for one in samples} == {((64, 96, 3), (64, 96), (64, 96))}
    assert {plane.dtype for one in samples for plane in one} == {np.dtype(np.uint8)}
    assert 2 < sum(not one.mask.any() for one in samples) < 30


def test_a_photograph_may_be_grey_dark_or_grainy_and_stays_a_picture():
    rgb, mask = person()
    rng = np.random.default_rng(0)
    taken = [take_photograph(rgb, mask, rng) for _ in range(60)]
    assert all(one.shape == rgb.shape and one.dtype == np.uint8 for one in taken)
    assert any(np.ptp(one.astype(int), axis=2).max() == 0 for one in taken)
    assert min(one.mean() for one in taken) < 0.6 * rgb.mean()


def test_what_is_unknown_teaches_nothing():
    mask, known = torch.zeros(1, 1, 8, 8), torch.ones(1, 1, 8, 8)
    known[..., :4] = 0
    logits = torch.zeros(1, 1, 8, 8, requires_grad=True)
    train_lite.measure_loss(logits, mask, known).backward()
    assert logits.grad[..., :4].abs().max() == 0 < logits.grad[..., 4:].abs().min()


def test_frames_are_multiples_of_32_of_about_one_area():
    for proportion in train_lite.PROPORTIONS:
        height, width = train_lite.choose_size(192, proportion)
        assert height % 32 == width % 32 == 0 and 0.8 < height * width / 192**2 < 1.25


def test_a_picture_is_asked_about_in_its_own_proportions():
    sizes = []

    class Seen(torch.nn.Module):
        def forward(self, rgb):
            sizes.append(tuple(rgb.shape))
            return rgb[:, :1]

    mask = predict_in_proportion(Seen(), np.full((60, 180, 3), 255, np.uint8), 192, mirrored=True)
    assert sizes == [(2, 3, 64, 192)] and mask.shape == (60, 180) and mask.min() > 0.99


def test_a_run_learns_measures_and_goes_on_where_it_stopped(people, tmp_path, monkeypatch):
    plan = train_lite.Plan((train_lite.Phase(1.0, 64, 2, 5),), 1.0)
    monkeypatch.setattr(train_lite, "LOG_EVERY", 1)
    monkeypatch.setattr(train_lite, "measure_sources", partial(train_lite.measure_sources, side=64))
    rgb, mask = person()
    choices = {"pennfudan": [(rgb, mask)], "no-person": [(np.zeros_like(rgb), np.zeros_like(mask))]}
    run, learner = Run("lite", tmp_path, logs=tmp_path), train_lite.Learner()
    monkeypatch.setattr(run, "progress", iter((0.0, 1.0)).__next__)
    run.register(**learner.states())
    train_lite.train(run, learner, people, choices, plan)
    rows = [json.loads(line) for line in (tmp_path / "lite.jsonl").read_text().splitlines()]
    assert {"pennfudan_iou", "nobody_found"} <= rows[-1].keys()
    again, other = Run("lite", tmp_path, logs=tmp_path), train_lite.Learner()
    again.register(**other.states())
    assert again.resume() == rows[-1]["step"] == 1
    state = learner.ema.network.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in other.ema.network.state_dict().items())


def test_a_run_from_other_weights_begins_with_them_and_learns_all_of_the_encoder_in_the_end():
    learner, other = train_lite.Learner(), LiteU2Net()
    learner.start_from(other.state_dict())
    for network in (learner.network, learner.ema.network):
        assert all(torch.equal(value, other.state_dict()[name]) for name, value in network.state_dict().items())
    assert train_lite.FURTHER.rate < train_lite.FIRST.rate and train_lite.FURTHER.phases[-1].first == 0


def test_the_encoder_learns_from_the_asked_level_on_and_keeps_its_statistics():
    learner = train_lite.Learner()
    before = {name: value.clone() for name, value in learner.network.levels.state_dict().items()}
    known = torch.ones(2, 1, 64, 64)
    learner.step(torch.rand(2, 3, 64, 64), known, known, rate=1.0, first=3)
    changed = {name[0] for name, value in learner.network.levels.state_dict().items() if not value.equal(before[name])}
    assert changed == {"3", "4"}
    assert isinstance(learner.ema.network, LiteU2Net)
    statistics = [name for name in before if "running" in name]
    assert all(learner.network.levels.state_dict()[name].equal(before[name]) for name in statistics)


def test_labelled_planes_have_the_size_of_their_picture(people):
    for one in people.pictures["coco"]:
        assert isinstance(one, Labelled) and one.rgb.shape[:2] == one.mask.shape == one.known.shape


def test_grain_is_alike_in_all_planes_or_different_in_each():
    rng, grey = np.random.default_rng(0), np.full((40, 50, 3), 128, np.uint8)
    taken = [add_grain(grey, 9, rng) for _ in range(12)]
    assert all(7 < one[..., plane].std() < 11 for one in taken for plane in range(3))
    assert {bool(np.ptp(one.astype(int), axis=2).any()) for one in taken} == {False, True}
