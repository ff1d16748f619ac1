"""What is told of a change map: the share of each kind of place, in numbers and in words."""

from typing import Any

from flask_babel import gettext

import services
from imaging.change_map import KINDS
from jobs.progress import translate
from models import Job

_SMALL = 0.001  # a share beyond which one decimal of a percentage says nothing


def describe_change_map(job: Job) -> dict[str, Any] | None:
    """Return {sentence, kinds} of the change map of a job's result; None where none was measured.

    kinds: {key, title, about, share, percent} of "kept", "changed" or, where only colours were guessed, "coloured",
    and "replaced". The shares are of the pixels, in 0..1.
    """
    if not (job.result_file and job.changes):
        return None
    service = services.get(job.service)
    shares = job.changes[job.chosen or 0 if job.alternatives else 0]
    changed = "coloured" if service and service.guesses_colours else "changed"
    found = {"kept": shares["kept"], changed: shares["changed"], "replaced": shares["replaced"]}
    return {
        "sentence": translate(service.changes if service else ""),
        "kinds": [_describe_kind(key, share) for key, share in found.items()],
    }


def _describe_kind(key: str, share: float) -> dict[str, Any]:
    title, about = KINDS[key]
    facts = {"key": key, "title": translate(title), "about": translate(about), "share": round(share, 6)}
    return facts | {"percent": _say_percent(share)}


def _say_percent(share: float) -> str:
    """Return a share as a percentage that says 0 or 100 only where it is exactly so."""
    if 0 < share < _SMALL:
        under: str = gettext("under 0.1 %")
        return under
    if 1 - _SMALL < share < 1:
        over: str = gettext("over 99.9 %")
        return over
    return f"{100 * share:.1f} %".replace(".0 ", " ")
