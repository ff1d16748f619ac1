"""A server of S3-compatible object storage on this machine, which a test can stop and start again."""

import secrets
from dataclasses import dataclass

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from tests.support.servers import free_port

ACCESS_KEY, SECRET_KEY = "an-access-key", "a-secret-key-of-the-bucket"


class BucketServer:
    """Serves until it is stopped; what its buckets hold outlasts that."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def connect(self):
        """Return a client that sees everything."""
        keys = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
        config = Config(s3={"addressing_style": "path"})
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", config=config, **keys)


@dataclass(frozen=True)
class Bucket:
    """An empty bucket of a test; the site's objects are below the prefix "site/"."""

    server: BucketServer
    name: str

    @property
    def url(self) -> str:
        """What STORAGE_URL has to be."""
        return f"s3://{self.name}/site?endpoint={self.server.endpoint}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment of a site whose pictures are in the bucket."""
        return {"STORAGE_URL": self.url, "STORAGE_ACCESS_KEY": ACCESS_KEY, "STORAGE_SECRET_KEY": SECRET_KEY}

    def read_all(self) -> dict[str, bytes]:
        """Return key -> content of every object."""
        client = self.server.connect()
        keys = [item["Key"] for item in client.list_objects_v2(Bucket=self.name).get("Contents", ())]
        return {key: client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys}

    def list_pictures(self) -> list[str]:
        """Return the keys of the files of jobs."""
        return [key for key in self.read_all() if key.count("/") == 3]


@pytest.fixture(scope="session")
def bucket_server():
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture
def bucket(bucket_server) -> Bucket:
    made = Bucket(bucket_server, f"revive-{secrets.token_hex(4)}")
    made.server.connect().create_bucket(Bucket=made.name)
    return made
