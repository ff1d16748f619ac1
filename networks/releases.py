"""The checkpoints that authors have released and that Revive can read: one row each. No torch here.

`flask weights import NAME FILE` and the administrator's page go through this table. **A new checkpoint** is one more
row at the end of OFFICIAL, a network in `networks.weights.NETWORKS` that computes the same function, and in that
network's module one of

- a *renaming* function `rename(network, name) -> str`: what the file calls our tensor `name`. Every tensor of the file
  must then have its place in the network, and every place its tensor;
- a *converting* function `convert(network, official) -> dict[str, Tensor]`, where tensors have to be computed (a
  spectral norm to be folded, halves to be joined): it gets the freshly built network and a mapping of the file's
  tensors, and returns the network's whole state dict. Every tensor of the file that it never looks at must be
  listed in `unused`.

Parity with the authors' implementation is shown by a test on a fixture (see `tests/fixtures/parity`): a checkpoint
whose network has not been shown to agree is not listed here, unless its row says so. A service offers the weights by
naming the row's `name` in `Choice(weights=...)`; the choice then appears by itself where an administrator has imported
the file.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Official:
    """One released checkpoint. `rename` and `convert` are "module:function"; exactly one of them is given."""

    name: str  # what Revive calls the weights; letters, digits and dashes
    network: str  # a key of networks.weights.NETWORKS
    service: str  # key of the service that uses it
    file: str  # what its authors call the file
    licence: str
    source: str  # the paper and the release, for people
    rename: str = ""
    convert: str = ""
    arguments: dict = field(default_factory=dict)  # keyword arguments of the network's class
    wrapped_as: str = ""  # the key under which the file keeps its state dict; "" when it is the file itself
    unused: tuple[str, ...] = ()  # patterns (as of fnmatch) of tensors in the file that the network has no use for


_U2NET = "Qin et al. 2020, U2-Net; the authors' release, github.com/xuebinqin/U-2-Net"
_DEOLDIFY = "Antic 2019, DeOldify; the author's release, github.com/jantic/DeOldify"
_DEOLDIFY_CONVERT = "checkpoints.deoldify:convert"

_DFNET = "Hong et al. 2019, Deep Fusion Network; the authors' release, github.com/hughplay/DFNet"

OFFICIAL: tuple[Official, ...] = (
    Official(
        name="u2netp",
        network="u2netp",
        service="background",
        file="u2netp.pth",
        licence="Apache-2.0",
        source=_U2NET,
        rename="networks.u2net:find_official_name",
    ),
    Official(
        name="u2net",
        network="u2net",
        service="background",
        file="u2net.pth",
        licence="Apache-2.0",
        source=_U2NET,
        rename="networks.u2net:find_official_name",
    ),
    Official(
        name="u2net-human-seg",
        network="u2net",
        service="background",
        file="u2net_human_seg.pth",
        licence="Apache-2.0",
        source=_U2NET,
        rename="networks.u2net:find_official_name",
    ),
    Official(
        name="deoldify-artistic",
        network="deoldify",
        service="colorize",
        file="ColorizeArtistic_gen.pth",
        licence="MIT",
        source=_DEOLDIFY,
        convert=_DEOLDIFY_CONVERT,
        wrapped_as="model",
        unused=("*.num_batches_tracked",),
    ),
    # Built after the authors' description; no output of theirs was at hand, so that only the form has been checked.
    Official(
        name="deoldify-stable",
        network="deoldify",
        service="colorize",
        file="ColorizeStable_gen.pth",
        licence="MIT",
        source=_DEOLDIFY,
        convert=_DEOLDIFY_CONVERT,
        wrapped_as="model",
        unused=("*.num_batches_tracked",),
        arguments={"encoder": "resnet101", "deep": False, "width": 2.0},
    ),
    Official(
        name="nafnet-gopro-width32",
        network="nafnet",
        service="deblur",
        file="NAFNet-GoPro-width32.pth",
        licence="MIT",
        source="Chen et al. 2022, NAFNet; the authors' release, github.com/megvii-research/NAFNet",
        rename="networks.nafnet:find_official_name",
        wrapped_as="params",
    ),
    Official(
        name="dfnet-places2",
        network="dfnet",
        service="inpaint",
        file="model_places2.pth",
        licence="CC BY-NC 4.0",
        source=_DFNET,
        rename="networks.dfnet:find_official_name",
    ),
    Official(
        name="dfnet-celeba",
        network="dfnet",
        service="inpaint",
        file="model_celeba.pth",
        licence="CC BY-NC 4.0",
        source=_DFNET,
        rename="networks.dfnet:find_official_name",
    ),
    # Further checkpoints: one row each, below.
)


def find_official(name: str) -> Official | None:
    """Return the row of this name, or None."""
    return next((row for row in OFFICIAL if row.name == name), None)
