"""Imported weights: checked, offered where they are, used and given up without a restart."""

import io
import json
from shutil import copytree

import pytest
import torch

import services
from checkpoints import imports, uploads
from errors import N_
from jobs import availability, lifecycle
from jobs.files.uploads import FormFile
from models import Job, db
from networks.manifest import WeightsUnavailable, read_entries, verify
from services import inference, runtime
from services.base import Choice, InvalidOption, Option, Service, ServiceError
from tests.admin.conftest import list_stored
from tests.jobs.support import picture
from worker import recovery


def test_a_changed_file_is_told_and_not_used(app, imported, chief):
    folder = app.config["IMPORTED_WEIGHTS_DIR"]
    path = folder / read_entries(folder)["u2netp"].file
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsUnavailable):
        verify("u2netp", folder)
    page = chief.get("/admin/weights").text
    assert "fails its checksum" in page


def test_a_network_is_used_replaced_and_given_up_without_a_restart(in_app, flask, converted, other_file, monkeypatch):
    monkeypatch.setattr(inference, "networks", inference.LoadedNetworks())
    monkeypatch.setattr(runtime.folders, "weights", in_app.config["WEIGHTS_DIR"])
    monkeypatch.setattr(runtime.folders, "imported", in_app.config["IMPORTED_WEIGHTS_DIR"])
    with pytest.raises(ServiceError):
        inference.networks.get("u2netp")
    copytree(converted, in_app.config["IMPORTED_WEIGHTS_DIR"])
    first = inference.networks.get("u2netp")
    assert inference.networks.get("u2netp") is first
    flask("import", "u2netp", other_file)
    second = inference.networks.get("u2netp")
    assert not torch.equal(second._module.fuse.bias, first._module.fuse.bias)
    flask("remove", "u2netp")
    with pytest.raises(ServiceError):
        inference.networks.get("u2netp")


CHOICES = (Choice("own", N_("Ours")), Choice("authors", N_("The authors'"), weights="u2netp"))
OPTION = Option("weights", "choice", N_("Weights"), default="own", choices=CHOICES)
TOOL = Service("adjust", N_("Adjust"), "", lambda *_: None, options=(OPTION,))


def test_a_choice_is_offered_where_its_weights_are(in_app, converted):
    assert [choice.value for choice in availability.list_offered_choices(OPTION)] == ["own"]
    copytree(converted, in_app.config["IMPORTED_WEIGHTS_DIR"])
    assert [choice.value for choice in availability.list_offered_choices(OPTION)] == ["own", "authors"]
    folder = imports.get_folder()
    listed = json.loads((folder / "manifest.json").read_text())
    (folder / listed["u2netp"]["file"]).unlink()
    assert [choice.value for choice in availability.list_offered_choices(OPTION)] == ["own"]


def test_a_choice_whose_weights_are_not_there_is_refused(in_app, chief, converted):
    user_id = db.session.scalar(db.select(db.func.min(db.metadata.tables["users"].c.id)))

    def start():
        image = FormFile(io.BytesIO(picture()), "a.jpg")
        return lifecycle.create(user_id, TOOL, {"weights": "authors"}, {"image": image})

    with pytest.raises(InvalidOption) as caught:
        start()
    assert caught.value.field == "weights" and "not installed" in caught.value.message
    assert db.session.query(Job).count() == 0
    copytree(converted, in_app.config["IMPORTED_WEIGHTS_DIR"])
    assert start().options["weights"] == "authors"


def test_the_services_that_use_weights_are_named(in_app):
    assert "background" in [service.key for service in availability.find_users("u2netp")]
    assert all(availability.find_users(name) for service in services.SERVICES for name in service.weights)


def test_the_purge_leaves_imported_weights_alone(in_app, imported):
    before = list_stored(in_app)
    recovery.purge()
    uploads.tidy()
    assert list_stored(in_app) == before
