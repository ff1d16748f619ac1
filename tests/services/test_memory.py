"""A 24-megapixel photo in every service, each in a process of its own, within 3 GiB."""

import pytest

import services
from benchmarks.memory import BOUND_MIB, in_a_process, synthetic_photo

# Half a minute of a processor's time for the slowest; several minutes where many share it.
pytestmark = pytest.mark.timeout(1500)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    path.write_bytes(synthetic_photo())
    return path


@pytest.mark.parametrize("key", [service.key for service in services.SERVICES])
def test_twenty_four_megapixels_stay_within_three_gibibytes(key, photo, small_weights):
    assert in_a_process(key, photo, small_weights)["peak_mib"] <= BOUND_MIB
