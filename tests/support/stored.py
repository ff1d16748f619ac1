"""The folder of the pictures as tests look into it."""

from pathlib import Path

from jobs.files import storage


def get_folder(job_id: str) -> Path:
    """Return the folder of a job. Needs the application's context."""
    return storage.get_backend().get_folder(job_id)
