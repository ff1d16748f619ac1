"""Pictures of ours, to try a tool with one press: the originals of the home page's examples."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flask import abort, current_app

from jobs.files.uploads import FormFile
from jobs.lifecycle import IMAGE
from services.base import Service
from views.pages import list_examples


def list_samples(service: Service) -> list[Mapping[str, Any]]:
    """Return the examples whose originals the tool can be tried with, its own first."""
    fitting = [example for example in list_examples() if service.key in example["tools"]]
    return sorted(fitting, key=lambda example: example["key"] != service.key)


def get_sample_options(service: Service) -> Mapping[str, str]:
    """Return the options with which the tool's own example was made."""
    return next((example["options"] for example in list_examples() if example["key"] == service.key), {})


@contextmanager
def open_sample(service: Service, key: str) -> Iterator[dict[str, FormFile]]:
    """Open the files that a form with this sample would bring: the picture, and what is drawn on it. 404 without it."""
    sample = next((sample for sample in list_samples(service) if sample["key"] == key), None) or abort(404)
    roles = {IMAGE: sample["before"]} | ({"mask": sample["mask"]} if "mask" in sample else {})
    with ExitStack() as opened:
        paths = {role: Path(current_app.static_folder or "", file) for role, file in roles.items()}
        yield {
            role: FormFile(opened.enter_context(path.open("rb")), f"{sample['name']}{path.suffix}")
            for role, path in paths.items()
        }
