"""What the tests of this folder share."""

import pytest


@pytest.fixture(autouse=True)
def quick_sign_in(cheap_hashes):
    """Nothing here depends on what a hash of a password costs, and nearly every test signs somebody in."""
