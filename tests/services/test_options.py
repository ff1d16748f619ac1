"""Options as forms and programs give them."""

import pytest

import services
from services import availability
from services.base import InvalidOption, Option, ServiceError

NUMBER = Option("size", "number", "Size", default=1.0, minimum=0.5, maximum=2.0)


@pytest.mark.parametrize("raw", ["much", "nan", "inf", "-1", "2.1", [], "1e999", "1_0", "１", "0x1", "1,5"])
def test_a_wrong_number_is_refused_by_its_name(raw):
    with pytest.raises(InvalidOption) as caught:
        NUMBER.parse(raw)
    assert caught.value.field == "size" and caught.value.key == "invalid_option"


@pytest.mark.parametrize("raw", ["1.5", " 1.5 ", "1.50", "+1.5", "15e-1", 1.5])
def test_a_number_may_be_written_as_people_write_it(raw):
    assert NUMBER.parse(raw) == 1.5


def test_the_parts_of_a_frame_are_numbers_as_people_write_them():
    frame = Option("frame", "frame", "Frame")
    assert frame.parse("0.1, .2,0.5,0.5") == (0.1, 0.2, 0.5, 0.5)
    with pytest.raises(InvalidOption):
        frame.parse("0.1,0.2,0.5,0.0_5")


def test_a_point_is_two_numbers_inside_the_picture():
    point = Option("point", "point", "Point")
    assert point.parse(" 0.25,1") == (0.25, 1.0) and point.parse("") is None
    for raw in ("0.5", "0.5,0.5,0.5", "a,b", "nan,0.5", "-0.1,0.5", "0.5,1.1"):
        with pytest.raises(InvalidOption) as caught:
            point.parse(raw)
        assert caught.value.field == "point"


@pytest.mark.parametrize(("key", "chosen"), [("background", "whom"), ("idphoto", "whom"), ("inpaint", "what")])
def test_one_of_several_people_needs_a_point(key, chosen):
    with pytest.raises(InvalidOption) as caught:
        services.get(key).parse_options({chosen: "this"})
    assert caught.value.field == "point"
    assert services.get(key).parse_options({chosen: "this", "point": "0.5,0.5"})["point"] == (0.5, 0.5)


def test_an_empty_field_means_the_default():
    assert NUMBER.parse("") == NUMBER.parse(None) == 1.0


def test_an_unhashable_choice_is_refused_and_not_an_accident():
    with pytest.raises(InvalidOption):
        services.get("adjust").parse_options({"transform": ["90"]})


@pytest.mark.parametrize(
    "raw, value",
    [("#3366CC", "#3366cc"), ("3366cc", "#3366cc"), ("#36c", "#3366cc"), ("FFF", "#ffffff"), (" #ff0000 ", "#ff0000")],
)
def test_colours_come_in_one_form(raw, value):
    assert services.get("background").parse_options({"colour": raw})["colour"] == value


@pytest.mark.parametrize("raw", ["red", "#36", "#36cg", "#3366cg", "#３366cc", "##fff", 7])
def test_what_is_no_colour_is_refused(raw):
    with pytest.raises(InvalidOption):
        services.get("background").parse_options({"colour": raw})


def test_unknown_names_are_ignored():
    assert "model" not in services.get("adjust").parse_options({"transform": "90", "model": "../../etc"})


def test_both_neutral_is_refused_with_a_sentence():
    with pytest.raises(ServiceError) as caught:
        services.get("adjust").parse_options({"transform": "none", "brightness": "1"})
    assert caught.value.key == "nothing_to_change" and caught.value.message.startswith("Nothing to change")


def test_a_picture_background_needs_the_picture():
    with pytest.raises(InvalidOption) as caught:
        services.get("background").parse_options({"background": "picture"})
    assert caught.value.field == "background_image"


def test_an_unknown_service_is_none():
    assert services.get("../deblur") is None


def test_a_choice_that_needs_several_weights_is_offered_only_where_all_are_there(monkeypatch):
    """The person is found by two networks; who of several people is meant, by a third."""
    monkeypatch.setattr(availability, "find_weights_reason", lambda name, _folders: "missing" if name in gone else None)
    inpaint, refused = services.get("inpaint"), {}
    for gone in ([], ["people"], ["face"]):
        for value in ("person", "this"):
            try:
                availability.check_choices(inpaint, {"what": value}, [])
            except InvalidOption as error:
                refused[gone[0], value] = error.allowed
    assert refused == {
        ("people", "person"): ("painted", "thing", "damage"),
        ("people", "this"): ("painted", "thing", "damage"),
        ("face", "this"): ("painted", "thing", "damage", "person"),
    }
