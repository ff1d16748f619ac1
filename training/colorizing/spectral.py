"""Spectral normalisation as a matter of training: put on before, folded into the weights after."""

import copy

from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from networks.palette_colorizer import PaletteColorizer


def add_spectral_norm(generator: PaletteColorizer) -> PaletteColorizer:
    """Normalise the decoder's convolutions whose scale no batch normalisation undoes; return the generator.

    The head is left free: how sure the network may be is for the loss to say. Miyato et al.: "Spectral Normalization
    for Generative Adversarial Networks", ICLR 2018.
    """
    stages = (generator.decoder, generator.attention)
    for module in [module for stage in stages for module in stage.modules()]:
        if isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1):
            spectral_norm(module)
    return generator


def fold_spectral_norm(generator: PaletteColorizer) -> PaletteColorizer:
    """Return a new network of plain convolutions, in eval mode, that computes what `generator` computes there."""
    generator.eval()
    state = {name: tensor for name, tensor in generator.state_dict().items() if ".parametrizations." not in name}
    for name, module in generator.named_modules():
        if parametrize.is_parametrized(module):
            state[f"{name}.weight"] = module.weight.detach()
    plain = PaletteColorizer(**generator.arguments)
    plain.load_state_dict(copy.deepcopy(state))
    return plain.eval()


def copy_matching(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Copy into `network` what agrees in name and shape."""
    own = network.state_dict()
    network.load_state_dict(
        {
            name: tensors[name] if name in tensors and tensors[name].shape == value.shape else value
            for name, value in own.items()
        }
    )
