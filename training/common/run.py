"""One training run: its clock, its checkpoints and its log.

A recipe registers what must survive an interruption, asks `resume()` where to start, and calls `log()`
as it goes; a figure that is not finite stops the run at once, before it can reach a checkpoint.
"""

import json
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any

import cv2
import torch

LOGS = Path(__file__).resolve().parents[1] / "logs"


def set_up(threads: int, seed: int | None = None) -> None:
    """Give PyTorch and OpenCV so many threads and, unless None, PyTorch its seed."""
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
    if seed is not None:
        torch.manual_seed(seed)


class NonFinite(ArithmeticError):
    """A logged figure was infinite or not a number."""


class Run:
    """A named run with checkpoints under `out` (default runs/NAME) and a JSON-lines log under `logs`.

    `minutes` is the time budget over all resumptions, None for no limit.
    """

    def __init__(self, name: str, out: Path | None = None, minutes: float | None = None, logs: Path = LOGS):
        self.out = Path(out or Path("runs") / name)
        self.budget_seconds = math.inf if minutes is None else minutes * 60
        self.log_path = Path(logs) / f"{name}.jsonl"
        self.registered: dict[str, Any] = {}
        self.started = time.monotonic()
        self.out.mkdir(parents=True, exist_ok=True)
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        self.log_mode = "w"

    @property
    def checkpoint_path(self) -> Path:
        return self.out / "checkpoint.pt"

    def register(self, **stateful) -> None:
        """Name the modules, optimisers and schedulers that a checkpoint holds."""
        self.registered.update(stateful)

    def resume(self) -> int:
        """Restore the last checkpoint and return the step to go on with: 0 when there is none."""
        if not self.checkpoint_path.exists():
            return 0
        saved = torch.load(self.checkpoint_path, map_location="cpu", weights_only=True)
        for name, stateful in self.registered.items():
            stateful.load_state_dict(saved["states"][name])
        self.started = time.monotonic() - saved["elapsed_seconds"]
        self.log_mode = "a"
        return saved["step"]

    def checkpoint(self, step: int, keep: bool = False) -> None:
        """Save every registered state; `step` is the next to run. The old file stays until then.

        With `keep` a copy stays that the next checkpoint does not replace: `checkpoint-STEP.pt`.
        """
        states = {name: stateful.state_dict() for name, stateful in self.registered.items()}
        partial = self.checkpoint_path.with_suffix(".partial")
        torch.save({"step": step, "elapsed_seconds": self.elapsed_seconds(), "states": states}, partial)
        os.replace(partial, self.checkpoint_path)
        if keep:
            shutil.copyfile(self.checkpoint_path, self.out / f"checkpoint-{step}.pt")

    def log(self, step: int, **figures: float) -> None:
        """Append one JSON line. Raises NonFinite, writing nothing, when a figure is not finite."""
        for name, value in figures.items():
            if not math.isfinite(value):
                raise NonFinite(f"step {step}: {name} is {value}")
        rounded = {name: float(f"{value:.6g}") for name, value in figures.items()}
        line = json.dumps({"step": step, "minutes": round(self.elapsed_seconds() / 60, 2), **rounded})
        with self.log_path.open(self.log_mode, encoding="utf-8") as file:
            file.write(line + "\n")
        self.log_mode = "a"
        print(line, flush=True)

    def elapsed_seconds(self) -> float:
        return time.monotonic() - self.started

    def progress(self) -> float:
        """The spent part of the time budget, 0 to 1: what a schedule tied to the clock follows."""
        return 1.0 if self.out_of_time() else self.elapsed_seconds() / self.budget_seconds

    def out_of_time(self) -> bool:
        return self.elapsed_seconds() >= self.budget_seconds
