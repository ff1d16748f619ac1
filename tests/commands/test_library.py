"""`from revive import deblur`: the tools as functions."""

import ast
import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

import revive
from imaging.io.files import decode
from services import list_all
from services.base import UPLOADED
from tests.jobs.support import ROOT, open_image, picture


@pytest.fixture
def pixels() -> np.ndarray:
    return np.asarray(open_image(picture(60, 40, "PNG")))


def test_a_path_bytes_and_an_array_give_the_same(tmp_path, pixels):
    (tmp_path / "photo.png").write_bytes(picture(60, 40, "PNG"))
    expected = np.rot90(pixels, 2)
    for source in (tmp_path / "photo.png", str(tmp_path / "photo.png"), picture(60, 40, "PNG"), pixels):
        assert np.array_equal(revive.adjust(source, transform="180").picture, expected)


def test_a_result_is_saved_once_and_in_the_format_of_its_name(tmp_path, pixels):
    result = revive.adjust(pixels, brightness=2)
    assert result.save(tmp_path / "new.webp") == tmp_path / "new.webp"
    assert open_image((tmp_path / "new.webp").read_bytes()).format == "WEBP"
    with pytest.raises(revive.OutputExists):
        result.save(tmp_path / "new.webp")
    result.save(tmp_path / "new.webp", overwrite=True)
    with pytest.raises(ValueError, match="must end in"):
        result.save(tmp_path / "new.tiff")
    assert open_image(result.encode("jpeg", quality=50)).format == "JPEG"


def test_a_mask_makes_a_cut_out_without_any_network(pixels):
    mask = np.zeros_like(pixels)
    mask[10:30, 20:40] = 255
    result = revive.background(pixels, background="transparent", mask=mask)
    assert result.picture.shape == (40, 60, 4) and result.mask.shape == (40, 60)
    assert result.picture[20, 30, 3] == 255 and result.picture[0, 0, 3] == 0
    filled = revive.inpaint(pixels, mask=mask, engine="patch", answers=2)
    assert len(filled.alternatives) == 1 and (filled.verdict, filled.sentence) == ("", "")


def test_an_id_photo_takes_a_frame_and_brings_its_sheet(pixels):
    frame = (0.2, 0.1, 0.5, 0.8)
    mask = np.full_like(pixels, 255)
    result = revive.idphoto(pixels, background="keep", frame=frame, sheet="6inch", mask=mask)
    assert result.picture.shape == (413, 295, 3) and any(name.startswith("sheet") for name in result.files)


def test_a_result_has_a_change_map_and_its_file_says_what_made_it(pixels):
    result = revive.adjust(pixels, brightness=2)
    assert result.change_map.shape == (40, 60) and result.change_map is result.change_map
    kept = result.change_map == 0
    assert np.array_equal(result.picture[kept], pixels[kept]) and 0 < kept.mean() < 1
    (step,) = decode(result.encode("jpeg")).provenance.steps
    assert step.tool == "adjust" and step.options["brightness"] == 2


def test_a_report_hears_of_progress_and_can_end_the_run(pixels):
    heard = []
    revive.adjust(pixels, brightness=2, report=lambda share, stage: heard.append(share))
    assert heard[-1] == 1.0

    def stop(share: float, stage: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        revive.adjust(pixels, brightness=2, report=stop)


def test_faults_are_told_by_errors_with_a_key_and_a_message(pixels, tmp_path):
    with pytest.raises(revive.PictureError) as broken:
        revive.adjust(b"no picture", brightness=2)
    assert broken.value.key == "foreign_format"
    with pytest.raises(revive.InvalidOption) as wrong:
        revive.adjust(pixels, brightness=1000)
    assert wrong.value.field == "brightness"
    with pytest.raises(ValueError, match="uint8"):
        revive.adjust(pixels.astype(float), brightness=2)
    revive.configure(weights=tmp_path)
    with pytest.raises(revive.ServiceError) as missing:
        revive.deblur(pixels)
    assert missing.value.key == "weights_unavailable"


@pytest.mark.parametrize("service", list_all(), ids=lambda service: service.key)
def test_the_functions_have_the_options_of_the_services_with_their_defaults(service):
    parameters = dict(inspect.signature(getattr(revive, service.key)).parameters)
    for common in ("picture", "max_megapixels", "report"):
        del parameters[common]
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        option.name: option.default for option in service.options
    }
    assert all(option.kind not in UPLOADED or option.default is None for option in service.options)


def test_the_errors_have_what_their_types_say():
    """The types of a stub are written by hand."""
    stub = ast.parse((ROOT / "revive" / "errors.pyi").read_text())
    classes = {each.name: each for each in stub.body if isinstance(each, ast.ClassDef)}
    said = {
        name: {line.target.id for line in classes[name].body if isinstance(line, ast.AnnAssign)}
        for name in ("_Fault", "OutputExists")
    }
    for error in (revive.PictureError(), revive.InvalidOption("brightness", "out of range"), revive.ServiceError()):
        assert isinstance(error.key, str) and isinstance(error.message, str)
        assert said["_Fault"] == {"key", "message", "field", "allowed"} <= set(dir(error))
    assert said["OutputExists"] == {"path", "is_input"} <= set(dir(revive.OutputExists(ROOT)))


def test_the_steps_of_a_run_are_told(pixels):
    switches = dict.fromkeys(("scan", "noise", "blur"), False)
    steps = {key: (state, sentence) for key, state, sentence in revive.restore(pixels, **switches).steps}
    assert steps["scan"] == ("off", "") and steps["tone"][0] in ("changed", "not_needed") and steps["tone"][1]


def run(program: str, folder) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, text=True)


def test_neither_flask_nor_torch_is_imported(tmp_path):
    done = run("import sys, revive; print([n for n in ('flask', 'torch', 'models') if n in sys.modules])", tmp_path)
    assert done.stdout == "[]\n"


def test_a_program_with_a_package_of_the_same_name_is_told_what_to_do(tmp_path):
    (tmp_path / "services.py").write_text("")
    done = run("import services, revive", tmp_path)
    assert "ImportError: Revive has a package 'services' of its own" in done.stderr
    assert run("import revive; revive.adjust", tmp_path).returncode == 0
