from pathlib import Path

import pytest

from training.common.arguments import build_parser


def test_a_recipe_names_the_shared_arguments_it_has_and_their_defaults():
    parser = build_parser("A recipe.", "data", "from_released", minutes=5.0)
    arguments = parser.parse_args(["--data", "archives", "--from-released"])
    assert vars(arguments) == {"data": Path("archives"), "from_released": True, "minutes": 5.0}
    assert parser.parse_args(["--data", "archives", "--minutes", "2"]).minutes == 2


def test_an_argument_that_is_not_shared_is_refused():
    with pytest.raises(KeyError):
        build_parser(None, "speed")
