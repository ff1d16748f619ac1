"""Measuring on whole sources that were left out of training."""

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from networks import weights
from networks.lite_u2net import LiteU2Net
from training.common.archives import is_held_back
from training.matting import export_lite, measure_confidence
from training.matting.left_out import load_sources, measure_sources
from training.matting.measure_left_out import (
    Row,
    find_as_served,
    find_in_proportion,
    format_table,
    measure,
    predict_with,
)
from training.matting.varied import ARCHIVE, is_for_report, load_masked_source


def encode(pixels, format):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


def write(path, names, is_empty=False):
    rgb, mask = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8)
    if not is_empty:
        rgb[16:48, 16:48, 0] = mask[16:48, 16:48] = 255
    with zipfile.ZipFile(path, "a") as archive:
        for name in names:
            archive.writestr(f"{name}.webp", encode(rgb, "WEBP"))
            if not is_empty:
                archive.writestr(f"{name}.mask.png", encode(mask, "PNG"))


@pytest.fixture
def data(tmp_path):
    """Archives of pictures with a red person of a quarter of the frame in each but those of no-person."""
    for source in ("pennfudan", "coco", "davis", "camvid"):
        write(tmp_path / ARCHIVE, [f"{source}/{number}" for number in range(9)])
    write(tmp_path / ARCHIVE, [f"no-person/{number}" for number in range(4)], is_empty=True)
    write(tmp_path / "people-portraits.zip", [f"portraits/{number}" for number in range(40)])
    write(tmp_path / "people-street.zip", [f"street/{number}" for number in range(40)])
    return tmp_path


def test_choices_are_made_on_other_pictures_than_those_of_the_report(data):
    report = sum(is_for_report(f"coco/{number}") for number in range(9))
    held_back = sum(is_held_back(f"portraits/{number}") for number in range(40))
    choice = {name: len(examples) for name, examples in load_sources(data, choice=True, at_most=60).items()}
    assert {name: choice[name] for name in ("pennfudan", "camvid", "grey", "no-person")} == {
        "pennfudan": 9,
        "camvid": 9,
        "grey": 9,
        "no-person": 2,
    }
    assert choice["portraits"] == held_back and not {"coco", "davis"} & choice.keys()
    found = {name: len(examples) for name, examples in load_sources(data, choice=False, at_most=4).items()}
    assert found["coco"] == min(4, report) and found["davis"] == 4 and found["no-person"] == 2
    assert not {"pennfudan", "camvid"} & found.keys()


def test_what_is_kept_for_the_report_is_not_learnt_from(data):
    kept, learnt = (len(load_masked_source(data, "coco", for_report)) for for_report in (True, False))
    assert kept + learnt == 9 and 0 < kept < 9


class Seer(torch.nn.Module):
    """Finds what is red."""

    def forward(self, rgb):
        return (rgb[:, :1] > 0.5).float()


class InProportion(Seer):
    photo_sides, crop_side, multiple_of = (96, 128), 96, 32


@pytest.mark.parametrize(
    "method",
    [
        lambda network, rgb: find_as_served(predict_with(network), None, rgb),
        lambda network, rgb: find_as_served(predict_with(InProportion()), predict_with(network), rgb),
        lambda network, rgb: find_in_proportion(network, rgb, 96),
    ],
)
def test_a_person_who_is_cut_out_is_found_and_nobody_is_where_nobody_is(data, method):
    sources = load_sources(data, choice=True, at_most=1)
    person, nobody = (
        measure(lambda rgb: method(Seer(), rgb), *sources[name][0]) for name in ("pennfudan", "no-person")
    )
    assert person.is_found and person.iou > 0.9 and person.share == pytest.approx(0.25)
    assert not nobody.is_found and nobody.share == 0


def test_on_the_way_each_source_has_a_figure(data):
    figures = measure_sources(Seer(), load_sources(data, choice=True, at_most=1), side=64)
    assert figures["pennfudan_iou"] > 0.9 and figures["nobody_found"] == 0 and figures["grey_iou"] < 0.1


def test_the_table_has_a_line_for_each_source_and_share_of_the_frame():
    rows = {"coco": [Row(0.05, 0.2, 0.3, True, True, 1.0), Row(0.5, 0.9, 0.7, True, True, 3.0)], "no-person": []}
    head, coco, small, large = format_table(rows)
    assert coco.split() == ["coco", "2", "0.550", "0.500", "1.000", "0.500", "2.00"]
    assert small.split()[:7] == ["0%", "to", "10%", "1", "0.200", "0.300", "1.000"]
    assert large.startswith("35% to 100%")


def test_what_a_run_learnt_is_exported_with_its_figures_in_one_command(data, tmp_path, monkeypatch):
    torch.manual_seed(0)
    network = LiteU2Net().eval()
    torch.save({"states": {"ema": {"network": network.state_dict()}}}, tmp_path / "checkpoint.pt")
    folder = tmp_path / "weights"
    arguments = ["--data", data, "--state", tmp_path / "checkpoint.pt", "--weights", folder, "--at-most", 1]
    monkeypatch.setattr("sys.argv", ["export_lite", *map(str, arguments)])
    export_lite.main()
    entry = json.loads((folder / "manifest.json").read_text())["people"]
    assert (entry["network"], entry["card"]) == ("lite_u2net", "people.md")
    measured = {"pennfudan_iou", "camvid_iou", "nobody_found", "report_coco_iou", "report_nobody_found"}
    assert measured <= entry["figures"].keys()
    loaded = weights.load("people", folder=folder)
    assert loaded.photo_sides == LiteU2Net.photo_sides
    assert torch.allclose(loaded.fuse.weight, network.fuse.weight, atol=1e-3)


def test_results_that_should_be_told_of_are_counted_for_each_limit():
    rows = [
        measure_confidence.Row("a", 0.2, 0.5, 0.6),
        measure_confidence.Row("a", 0.2, 0.95, 0.9),
        measure_confidence.Row("a", 0.2, 0.92, 0.78),
    ]
    head, *lines = measure_confidence.format_table(rows)
    assert head == "3 results, 1 with an IoU below 0.7, 2 above 0.9"
    assert "below 0.80: told   1, wrongly   1" in lines and "below 0.90: told   1, wrongly   1" in lines


def test_the_confidence_of_a_result_stands_beside_its_iou(data):
    example, both = load_sources(data, choice=True, at_most=1)["pennfudan"][0], [predict_with(InProportion())] * 2
    row = measure_confidence.measure(*both, "pennfudan", example)
    assert row.iou > 0.9 and row.confidence > 0.9
    assert measure_confidence.format_row(0, row).startswith("pennfudan    0")
    assert measure_confidence.measure(*both, "", (0 * example[0], example[1])) is None
