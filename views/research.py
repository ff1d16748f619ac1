"""The research behind each tool, as the home page tells it: only what the tool really runs here."""

from dataclasses import dataclass

from errors import N_
from jobs.availability import is_usable
from services.base import Service


@dataclass(frozen=True)
class Work:
    """One publication: how it is cited, and where it is read."""

    cited: str
    url: str


@dataclass(frozen=True)
class Part:
    """One part of a tool in a sentence, with its sources; with `weights`, told only where these are installed."""

    sentence: str
    works: tuple[Work, ...]
    weights: str = ""


_ARXIV = "https://arxiv.org/abs/"
_DOI = "https://doi.org/"
GUIDED = Work("He et al., Guided Image Filtering, ECCV 2010", _DOI + "10.1007/978-3-642-15549-9_1")
U_NET = Work("Ronneberger et al., U-Net, MICCAI 2015", _ARXIV + "1505.04597")
U2_NET = Work("Qin et al., U²-Net, Pattern Recognition 2020", _ARXIV + "2005.09007")
NAFNET = Work("Chen et al., NAFNet, ECCV 2022", _ARXIV + "2204.04676")

BALANCE = Work("Limare et al., Simplest Color Balance, IPOL 2011", _DOI + "10.5201/ipol.2011.llmps-scb")

BEHIND: dict[str, tuple[Part, ...]] = {
    "restore": (
        Part(
            N_("Faded colours are put right by quantiles of each channel, and the tools below do the rest."), (BALANCE,)
        ),
        Part(
            N_("Scratches and creases are found and filled apart from noise and blur."),
            (Work("Wan et al., Bringing Old Photos Back to Life, CVPR 2020", _ARXIV + "2004.09484"),),
            weights="damage",
        ),
    ),
    "scan": (
        Part(
            N_(
                "What lies behind a print is modelled as one surface; the sides of what differs from it are fitted to "
                "its edges, and the perspective that they show is undone."
            ),
            (
                Work(
                    "Zhang, He, Whiteboard Scanning and Image Enhancement, DSP 2007", _DOI + "10.1016/j.dsp.2006.05.006"
                ),
            ),
        ),
    ),
    "tone": (
        Part(
            N_(
                "Black and white points of each channel are measured at quantiles; a loss of density, which grows with "
                "the density of a dye, is undone by a power of the value."
            ),
            (BALANCE,),
        ),
    ),
    "deblur": (
        Part(
            N_(
                "The path of the shaking hand is estimated from the picture itself and divided out; two small "
                "networks predict the edges before and mend the picture afterwards."
            ),
            (
                Work("Cho and Lee, Fast Motion Deblurring, ACM TOG 2009", _DOI + "10.1145/1618452.1618491"),
                Work("Schuler et al., Learning to Deblur, TPAMI 2016", _ARXIV + "1406.7444"),
                Work("Dong et al., Deep Wiener Deconvolution, NeurIPS 2020", _ARXIV + "2103.09962"),
                NAFNET,
            ),
        ),
        Part(
            N_(
                "To choose instead: a generator with residual blocks proposes a sharp picture and a critic judges it, "
                "trained as a Wasserstein GAN with gradient penalty."
            ),
            (
                Work("Kupyn et al., DeblurGAN, CVPR 2018", _ARXIV + "1711.07064"),
                Work("Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017", _ARXIV + "1704.00028"),
            ),
            weights="deblurgan",
        ),
        Part(N_("NAFNet, trained by its authors on the GoPro pictures."), (NAFNET,), weights="nafnet-gopro-width32"),
    ),
    "denoise": (
        Part(
            N_(
                "The noise is measured first. A U-Net that was shown clean photos beside the same ones with a sensor's "
                "noise, film grain, JPEG blocks and printed dots then takes it out, without being told which it is."
            ),
            (
                Work("Zhang et al., Plug-and-Play Image Restoration, TPAMI 2021", _ARXIV + "2008.13751"),
                Work("Zhang et al., FFDNet, TIP 2018", _ARXIV + "1710.04026"),
                Work("Immerkaer, Fast Noise Variance Estimation, CVIU 1996", _DOI + "10.1006/cviu.1996.0060"),
            ),
        ),
    ),
    "enlarge": (
        Part(
            N_(
                "A small network works at the size of the photo and lays its channels side by side as the new pixels. "
                "It learnt to come near the truth, not to look likely, so it invents no features."
            ),
            (
                Work("Shi et al., Efficient Sub-Pixel Convolution, CVPR 2016", _ARXIV + "1609.05158"),
                Work("Lim et al., Enhanced Deep Residual Networks, CVPRW 2017", _ARXIV + "1707.02921"),
            ),
        ),
    ),
    "colorize": (
        Part(
            N_(
                "A U-Net looks at the brightness of the picture and proposes its colours; it learns on its own first "
                "and meets its critic only at the end, which is called NoGAN."
            ),
            (
                Work("Antic, DeOldify and NoGAN, 2019", "https://github.com/jantic/DeOldify"),
                U_NET,
                Work("Zhang et al., Colorful Image Colorization, ECCV 2016", _ARXIV + "1603.08511"),
            ),
        ),
        Part(
            N_(
                "The colours are carried to the full size along the edges of the picture, and your own dabs of colour "
                "spread over what is as bright as the place under them."
            ),
            (
                GUIDED,
                Work("Levin et al., Colorization using Optimization, SIGGRAPH 2004", _DOI + "10.1145/1015706.1015780"),
            ),
        ),
    ),
    "background": (
        Part(
            N_(
                "U-shaped networks nested in a U-shaped network find the person at seven scales; a guided filter "
                "brings the outline to the size of the photo."
            ),
            (U2_NET, GUIDED),
        ),
    ),
    "idphoto": (
        Part(
            N_(
                "The same network finds the person; the head is measured on the outline, and the sizes come from the "
                "offices that issue the documents."
            ),
            (
                U2_NET,
                Work("ICAO, Doc 9303: Machine Readable Travel Documents", "https://www.icao.int/"),
            ),
        ),
    ),
    "inpaint": (
        Part(
            N_(
                "The hole is filled with patches from the rest of the photo, from coarse to fine: good matches are "
                "found by chance and passed on to the neighbours, and each pixel is a vote of all patches over it."
            ),
            (
                Work("Barnes et al., PatchMatch, SIGGRAPH 2009", _DOI + "10.1145/1531326.1531330"),
                Work("Wexler et al., Space-Time Completion of Video, PAMI 2007", _DOI + "10.1109/TPAMI.2007.60"),
                Work("Newson et al., Non-Local Patch-Based Inpainting, IPOL 2017", _DOI + "10.5201/ipol.2017.189"),
            ),
        ),
        Part(
            N_(
                "Or a network of our own fills it: it begins with a smooth fill and changes it at six scales, "
                "coarse to fine."
            ),
            (
                Work("Hong et al., Deep Fusion Network, ACM Multimedia 2019", _ARXIV + "1904.08060"),
                Work("Gortler et al., The Lumigraph, SIGGRAPH 1996", _DOI + "10.1145/237170.237200"),
            ),
            weights="dfnet",
        ),
    ),
    "adjust": (
        Part(
            N_("No network: an imaging library turns and crops, and each colour is looked up in a table."),
            (Work("Pillow, Clark and contributors", "https://python-pillow.github.io/"),),
        ),
    ),
}


def list_parts(service: Service) -> list[Part]:
    """Return what is behind a tool on this server, in the order in which it is told."""
    return [part for part in BEHIND.get(service.key, ()) if not part.weights or is_usable(part.weights)]
