"""Measuring on whole sources that were left out of training."""

import argparse
import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from training.matting.measure_left_out import ARCHIVE, Row, format_table, load_pictures, measure


def encode(pixels, format):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


@pytest.fixture
def data(tmp_path):
    """An archive of four pictures a source, a red person of a quarter of the frame in each but those of no-person."""
    with zipfile.ZipFile(tmp_path / ARCHIVE, "w") as archive:
        for source in ("pennfudan", "coco", "davis", "camvid", "no-person"):
            for number in range(4):
                rgb, mask = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8)
                if source != "no-person":
                    rgb[16:48, 16:48, 0] = mask[16:48, 16:48] = 255
                archive.writestr(f"{source}/{number}.webp", encode(rgb, "WEBP"))
                archive.writestr(f"{source}/{number}.mask.png", encode(mask, "PNG"))
    return tmp_path


def choose(data, choice, every=1):
    arguments = argparse.Namespace(data=data, choice=choice, every=every)
    return {name: len(examples) for name, examples in load_pictures(arguments)}


def test_thresholds_are_chosen_on_other_pictures_than_those_of_the_report(data):
    assert choose(data, choice=True) == {"pennfudan": 4, "no-person": 2}
    assert choose(data, choice=False, every=2) == {"coco": 2, "davis": 2, "camvid": 2, "no-person": 1}


class Seer(torch.nn.Module):
    """Finds what is red."""

    def forward(self, rgb):
        return (rgb[:, :1] > 0.5).float()


def test_a_person_who_is_cut_out_is_found_and_nobody_is_where_nobody_is(data):
    arguments = argparse.Namespace(data=data, choice=True, every=4)
    rows = {name: [measure(Seer(), *one) for one in examples] for name, examples in load_pictures(arguments)}
    [person], [nobody] = rows["pennfudan"], rows["no-person"]
    assert person.is_found and person.iou > 0.9 and person.share == pytest.approx(0.25)
    assert not nobody.is_found and nobody.share == 0


def test_the_table_has_a_line_for_each_source_and_share_of_the_frame():
    rows = {"coco": [Row(0.05, 0.2, True, True, 1.0), Row(0.5, 0.9, True, True, 3.0)], "no-person": []}
    head, coco, small, large = format_table(rows)
    assert coco.split() == ["coco", "2", "0.550", "1.000", "0.500", "2.00"]
    assert small.split()[:6] == ["0%", "to", "10%", "1", "0.200", "1.000"] and large.startswith("35% to 100%")
