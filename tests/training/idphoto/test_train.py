"""The recipe of the face network in miniature: labelled drawn faces, a moment of training, an export that loads."""

import io
import json
import zipfile

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from imaging.idphoto.points import Pose, estimate_pose
from networks import weights
from tests.imaging.face_points import face_points
from training.idphoto import mistakes, samples, train


def draw_face() -> tuple[bytes, np.ndarray]:
    """A face of an oval, two eyes and a mouth, and its points."""
    points = face_points(60, 60, 36)
    pixels = np.full((140, 120, 3), 90, np.uint8)
    cv2.ellipse(pixels, (60, 68), (24, 32), 0, 0, 360, (220, 180, 160), -1)
    for x, y, width in ((50, 60, 5), (70, 60, 5), (60, 84, 8)):
        cv2.ellipse(pixels, (x, y), (width, 2), 0, 0, 360, (40, 20, 20), -1)
    return png(pixels), points


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of archives with drawn faces, their labels, and noise for pictures without any."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    face, points = draw_face()
    with zipfile.ZipFile(folder / "faces.zip", "w") as file, (folder / "labels.jsonl").open("w") as labels:
        for number in range(40):
            name = f"faces/{number:05}.png"
            file.writestr(name, face)
            row = {"archive": "faces.zip", "name": name, "faces": [points.tolist()] if number else []}
            labels.write(json.dumps(row) + "\n")
        with zipfile.ZipFile(folder / "scenes.zip", "w") as file:
            for number in range(60):
                coarse = random.integers(0, 256, (20, 20, 3), dtype=np.uint8)
                name = f"scenes/{number:03}.png"
                file.writestr(name, png(coarse.repeat(6, 0).repeat(6, 1)))
                labels.write(json.dumps({"archive": "scenes.zip", "name": name, "faces": []}) + "\n")
    return folder


def test_the_recipe_trains_is_measured_and_its_export_loads(data, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "STEPS", 20)
    monkeypatch.setattr(train, "SEARCHED", 2)
    words = ["--data", str(data), "--labels", str(data / "labels.jsonl"), "--samples", "60"]
    monkeypatch.setattr("sys.argv", ["train", *words, "--export", "--folder", str(tmp_path)])
    train.main()
    figures = json.loads((tmp_path / "manifest.json").read_text())["face"]["figures"]
    assert figures["searched"] > 0 and 0 <= figures["found"] <= 1
    assert 0 <= figures["points_percent"] < 15 and 0 <= figures["detected"] <= 1
    network = weights.load("face", folder=tmp_path)
    assert network(torch.rand(1, 3, 64, 80)).shape == (1, 1, 1, 3)
    assert network.locate(torch.rand(2, 3, 96, 96), 0).shape == (2, 23, 2)
    assert network.judge_crops(torch.rand(2, 3, 96, 96)).shape == (2,)


def test_a_tenth_is_held_back_and_so_many_are_read(data):
    photos, held = samples.read_photos(data, data / "labels.jsonl", 1000)
    assert len(photos) + len(held) == 39 and held
    photos, held = samples.read_photos(data, data / "labels.jsonl", 10)
    assert len(photos) + len(held) == 10
    empty, held = samples.read_empty(data, data / "labels.jsonl")
    assert len(empty) + len(held) == 60 and held and not any(photo.faces for photo in empty)


def test_the_points_move_with_the_crop():
    points = draw_face()[1].astype(np.float32)
    photo = samples.Photo(np.asarray(Image.open(io.BytesIO(draw_face()[0]))), [points])
    for seed in range(5):
        random = np.random.default_rng(seed)
        _, places = samples.cut_face(photo, samples.Spread(0.0, 0.0, 0.0), 1.5, 96, random)
        pose = estimate_pose(places * 96)
        assert pose.centre == pytest.approx([48, 48], abs=0.1) and pose.side == pytest.approx(64, abs=0.1)
        assert pose.tilt == pytest.approx(0, abs=0.1)


def test_edges_of_a_mirror_image_are_the_mirrored_edges():
    network = train.FaceLandmarker()
    crops = torch.rand(2, 3, 96, 96)
    mirrored = network.edges(crops.flip(3)).flatten(1)
    assert torch.allclose(train.mirror_edges(network.edges(crops).flatten(1)), mirrored, atol=1e-4)


def test_what_is_at_none_of_the_faces_is_a_mistake():
    points = face_points(60, 60, 36)
    photo, pose = samples.Photo(np.zeros((140, 120, 3), np.uint8), [points]), estimate_pose(points)
    assert not mistakes.is_wrong(Pose(pose.centre + 3, pose.side * 1.2, 5.0), photo)
    assert mistakes.is_wrong(Pose(pose.centre + pose.side, pose.side, 0.0), photo)
    assert mistakes.is_wrong(Pose(pose.centre, pose.side / 3, 0.0), photo)
    assert mistakes.is_wrong(pose, photo._replace(faces=[]))
