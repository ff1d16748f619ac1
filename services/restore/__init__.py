"""Restore: what an old print needs, step by step; each looks first, and says what it did or why it did nothing."""

from collections.abc import Mapping
from typing import Any

from errors import N_
from services.base import Service, ServiceError, import_on_call
from services.restore.steps import STEPS

NOTHING_TO_RESTORE, STEP_FAILED = "nothing_to_restore", "step_failed"


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that leave no step."""
    if not any(options[step.key] for step in STEPS):
        raise ServiceError("nothing_to_change", N_("Nothing to change: switch a step on."))


SERVICE = Service(
    key="restore",
    title=N_("Restore"),
    summary=N_("Old prints in one press: each step looks, does what is needed, and can be switched off again."),
    run=import_on_call("services.restore.run", "run"),
    check=check,
    verdicts={
        NOTHING_TO_RESTORE: N_("Nothing was found that needs restoring; the photo was kept as it was."),
        STEP_FAILED: N_("Not every step worked; the list says which. The others went on without it."),
    },
    steps={step.key: step.title for step in STEPS},
    changes=N_("Replaced places were filled and are invented; colours that were added are a guess."),
    options=(*(step.switch for step in STEPS), *(option for step in STEPS for option in step.options.values())),
)
