"""What a file says of the tools that made it: XMP that is written, read again, merged, and never believed blindly."""

from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from imaging.io import provenance
from imaging.io.files import OUTPUT_FORMATS, Picture, decode, encode
from imaging.io.provenance import Provenance, Step, merge_xmp, read_provenance, write_xmp
from tests.imaging.pictures import quarters, save

FILL = Step("inpaint", {"grow": 2.0, "mask": True, "crop": [0, 0, 0.5, 1]}, {"dfnet": "a" * 64}, "0.2.0")
FILLED = Provenance().extend(FILL, provenance.COMPOSITE_WITH_TRAINED)
TURNED = FILLED.extend(Step("adjust", {"transform": "90"}), provenance.HUMAN_EDITS)
PLACE = "52.5200 13.4050"


def strangers_xmp(inside: str = "", attributes: str = "") -> bytes:
    """A packet as a photographer's program writes it, with a place in it."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:q="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        'xmlns:mm="http://ns.adobe.com/xap/1.0/mm/" xmlns:ev="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" '
        f'xmlns:own="urn:own" own:place="{PLACE}" {attributes}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def of_type(name: str) -> str:
    return f'q:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/{name}"'


def claim(parameters: str, agent: str = "Revive 9") -> bytes:
    """A packet whose history says that it is ours."""
    event = f"<ev:softwareAgent>{agent}</ev:softwareAgent><ev:parameters>{parameters}</ev:parameters>"
    return strangers_xmp(f"<mm:History><rdf:Seq><rdf:li>{event}</rdf:li></rdf:Seq></mm:History>")


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_a_file_says_which_tools_weights_and_options_made_it(format):
    picture = Picture(np.zeros((4, 6, 3), np.uint8), provenance=TURNED)
    again = decode(encode(picture, format))
    assert again.provenance == TURNED and again.provenance.source_type == "compositeWithTrainedAlgorithmicMedia"
    tree = ElementTree.fromstring(again.xmp.decode().strip("\ufeff"))  # well-formed for another parser as well
    text = "".join(tree.itertext())
    assert "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia" in text
    assert "a" * 64 in text and "Revive 0.2.0" in text
    assert decode(encode(picture, format, metadata="strip")).xmp is None


def test_the_source_type_is_never_weakened_and_a_photos_own_is_heeded():
    assert TURNED.source_type == FILLED.source_type
    picture = decode(save(quarters(), "JPEG", xmp=strangers_xmp(attributes=of_type("trainedAlgorithmicMedia"))))
    made = picture.with_step(FILL, provenance.COMPOSITE_WITH_TRAINED)
    assert decode(encode(made, "png")).provenance.source_type == "trainedAlgorithmicMedia"
    assert read_provenance(strangers_xmp(attributes=of_type("somethingNew"))) == Provenance()


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_nothing_else_of_a_photos_xmp_comes_along_unless_everything_is_kept(format):
    photo = decode(save(quarters(), "JPEG", xmp=strangers_xmp(attributes=of_type("humanEdits"))))
    made = photo.with_step(FILL, provenance.COMPOSITE_WITH_TRAINED)
    assert PLACE.encode() not in encode(made, format)
    whole = decode(encode(made, format, metadata="all"))
    assert PLACE.encode() in whole.xmp and whole.provenance == FILLED
    assert whole.xmp.count(b"newscodes/digitalsourcetype/") == 1


def test_a_history_that_another_program_began_goes_on():
    other = strangers_xmp("<mm:History><rdf:Seq><rdf:li>developed</rdf:li></rdf:Seq></mm:History>")
    first = merge_xmp(other, FILLED)
    second = merge_xmp(first, TURNED)
    assert b"developed" in second and read_provenance(second) == TURNED
    assert second.count(b"History>") == 2 and second.count(b"softwareAgent>") == 4


def test_steps_are_read_back_only_in_the_form_in_which_they_are_written():
    good = '{"tool": "deblur", "options": {"strength": 1.0}, "weights": {"deblur": ""}}'
    assert read_provenance(claim(good)).steps == (Step("deblur", {"strength": 1.0}, {"deblur": ""}, "9"),)
    for bad in (
        good.replace("1.0", '"at home, &lt;b&gt;"'),
        good.replace("1.0", "NaN"),
        good.replace("1.0", '{"deep": 1}'),
        good.replace('"deblur",', '"Erika Mustermann",'),
        good.replace('""', '"no hash"'),
        good.replace('"options": {', '"options": [').replace("1.0}", "1.0]"),
        "[" * 100_000,
        "",
    ):
        assert read_provenance(claim(bad)) == Provenance(), bad
    assert read_provenance(claim(good, agent="Other 1")) == Provenance()
    assert read_provenance(claim(good, agent="Revive &lt;b&gt;")) == Provenance()


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>Revive &z;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>Revive</a>',
        "<a>Revive DigitalSourceType</a>".encode("utf-16"),
        b"<a>" * 15_000 + b"Revive",
        b"<a>" * 6_000 + b"Revive" + b"</a>" * 6_000,
        b"Revive \xff DigitalSourceType",
    ],
)
def test_hostile_xmp_says_nothing_and_breaks_nothing(hostile):
    assert read_provenance(hostile) == Provenance()
    assert read_provenance(merge_xmp(hostile, FILLED)) == FILLED


def test_a_long_way_is_cut_at_its_beginning_and_always_fits_a_jpeg():
    wordy = {f"option_{number}": "x" * 60 for number in range(31)}
    made = Provenance()
    for number in range(provenance.MAX_STEPS + 5):
        made = made.extend(Step("adjust", {"number": number, **wordy}), provenance.HUMAN_EDITS)
    again = decode(encode(Picture(np.zeros((4, 4, 3), np.uint8), provenance=made), "jpeg")).provenance
    assert 5 < len(again.steps) < provenance.MAX_STEPS and again.steps[-1].options["number"] == len(made.steps) + 4
    assert len(write_xmp(made)) < 65_000


def test_a_picture_that_no_tool_made_gets_no_xmp():
    assert "xmp" not in Image.open(BytesIO(encode(decode(save(quarters(), "JPEG")), "jpeg"))).info
