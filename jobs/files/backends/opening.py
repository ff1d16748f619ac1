"""Opens a backend by its address; boto3 is imported only where there is a bucket."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from jobs.files.backends.base import Backend
from jobs.files.backends.folder import FolderBackend

SCHEME = "s3://"


def open_backend(address: str, settings: Mapping[str, Any]) -> Backend:
    """Open a bucket by its `s3://` address, or a folder by its path, with the keys of the site's settings."""
    if address.startswith(SCHEME):
        return open_bucket(address, settings)
    return FolderBackend(Path(address), settings["NGINX_SENDS_FILES"])


def open_bucket(url: str, settings: Mapping[str, Any]) -> Backend:
    """Open a bucket by the address that STORAGE_URL has."""
    s3, client = (import_module(f"jobs.files.backends.{name}") for name in ("s3", "s3_client"))
    keys = settings["STORAGE_ACCESS_KEY"], settings["STORAGE_SECRET_KEY"]
    backend: Backend = s3.S3Backend(client.parse_place(url), *keys, Path(settings["INSTANCE_DIR"]) / "scratch")
    return backend
