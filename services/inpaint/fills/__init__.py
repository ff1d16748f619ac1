"""The ways of filling holes, in the order in which people see them. A new one is one more row in this table.

Declared here, without PyTorch; each is prepared by a module beside this one.
"""

from functools import partial

from errors import N_
from services.base import import_on_call
from services.inpaint.fills.base import Engine, Fill

__all__ = [
    "BY_PATCHES",
    "CONTENT",
    "DFNET",
    "ENGINES",
    "FACES_AT_64",
    "FEATURES",
    "STURDY",
    "VERDICTS",
    "Engine",
    "Fill",
    "get",
]

FACES_AT_64 = "faces_at_64"  # a verdict
BY_PATCHES = "filled_with_patches"  # a verdict: no network made any of it
DFNET, FEATURES, CONTENT = "dfnet", "features", "context_encoder"  # weights
STURDY = ("automatic", "patch", DFNET)  # offered first; the others are for one purpose, or experiments
_FACE_SIDE = 64  # pixels that the networks of faces really make, enlarged to the face
_prepare_dfnet = import_on_call("services.inpaint.fills.dfnet", "prepare")
_prepare_faces = import_on_call("services.inpaint.fills.faces", "prepare")

VERDICTS = {
    "filled_by_network": N_("The holes are thin, so our network filled them."),
    BY_PATCHES: N_("Patches of this photo filled the holes."),
    "filled_by_both": N_("Our network filled the thin holes, patches of this photo the others."),
    "filled_by_either": N_("The holes are thin: the first answer is our network's, the others are patches."),
    FACES_AT_64: N_(
        "The face was made very small and then enlarged, so it is blurred. Holes outside of a face were filled with "
        "patches."
    ),
}


def _make_dfnet(weights: str, label: str) -> Engine:
    return Engine(key=weights, label=label, prepared=partial(_prepare_dfnet, weights), weights=weights)


def _make_faces(weights: str, label: str, way: str) -> Engine:
    return Engine(
        key=weights,
        label=label,
        prepared=partial(_prepare_faces, weights, way),
        weights=weights,
        varied=True,
        longest_side=_FACE_SIDE,
        by_regions=False,
        verdict=lambda hole, seeds: FACES_AT_64,
    )


def _make_neural(key: str, label: str, weights: str, prepare: str) -> Engine:
    prepared = import_on_call("services.inpaint.fills.neural", prepare)
    return Engine(key=key, label=label, prepared=prepared, weights=weights, varied=True, longest_side=512)


ENGINES: tuple[Engine, ...] = (
    Engine(
        key="automatic",
        label=N_("Automatic"),
        prepared=import_on_call("services.inpaint.fills.automatic", "prepare"),
        varied=True,
        by_regions=False,
        verdict=import_on_call("services.inpaint.fills.automatic", "find_verdict"),
    ),
    Engine(
        key="patch",
        label=N_("With patches of this photo"),
        prepared=import_on_call("services.inpaint.fills.patch", "prepare"),
        varied=True,
    ),
    _make_dfnet(DFNET, N_("For thin scratches; blurred in large holes")),
    _make_dfnet("dfnet-places2", N_("For streets, rooms and landscapes")),
    _make_dfnet("dfnet-celeba", N_("For parts of faces")),
    _make_faces("dcgan", N_("A face that fits is looked for: small and blurred"), "complete_by_search"),
    _make_faces("pluralistic", N_("Several faces are imagined: small and blurred"), "complete_by_guess"),
    _make_neural("neural", N_("An experiment that continues texture: slow"), FEATURES, "prepare_from_patches"),
    _make_neural(
        "neural-content",
        N_("An experiment that continues texture from a first guess: slow"),
        CONTENT,
        "prepare_from_content",
    ),
)


def get(key: str) -> Engine | None:
    """Return the engine with this key, or None."""
    return next((engine for engine in ENGINES if engine.key == key), None)
