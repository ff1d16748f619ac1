"""DCGAN's shapes, and the search of codes that completes with it."""

import pytest
import torch

from networks.dcgan import DCGAN
from networks.latent_search import PRIOR_WEIGHT, compute_context_weight, compute_losses, find_nearest, search


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    network = DCGAN(width=4, latent=8)
    for parameter in network.generator.parameters():  # so that faces differ
        parameter.data.mul_(2)
    return network.eval().requires_grad_(False)


def half_known() -> torch.Tensor:
    known = torch.ones(1, 1, 64, 64)
    known[..., 20:44, 16:48] = 0
    return known


def test_codes_become_faces_and_faces_logits(network):
    codes = network.draw_codes(3, torch.Generator().manual_seed(0))
    assert codes.shape == (3, 8) and codes.abs().max() <= 1
    faces = network(codes)
    assert faces.shape == (3, 3, 64, 64) and 0 <= faces.min() and faces.max() <= 1
    assert network.critic(faces).shape == (3,)


def test_pixels_count_the_more_the_more_hole_is_near_and_the_hole_nothing():
    weight = compute_context_weight(half_known())
    assert weight.sum().item() == pytest.approx(1, abs=1e-5)
    assert weight[..., 20:44, 16:48].sum() == 0 and weight[0, 0, 2, 2] == 0
    assert weight[0, 0, 19, 30] > weight[0, 0, 18, 30] > 0


def test_where_nothing_is_missing_all_pixels_count_alike():
    weight = compute_context_weight(torch.ones(1, 1, 64, 64))
    assert torch.allclose(weight, torch.full_like(weight, 1 / 4096))


def test_the_right_face_has_no_contextual_loss_whatever_is_in_the_hole(network):
    face = network(network.draw_codes(1, torch.Generator().manual_seed(1)))
    known = half_known()
    contextual, prior = compute_losses(network, face, face * known + 9 * (1 - known), compute_context_weight(known))
    assert contextual.item() == 0
    probability = torch.sigmoid(network.critic(face))
    assert prior.item() == pytest.approx(PRIOR_WEIGHT * torch.log(1 - probability).item(), abs=1e-5)


def test_the_search_lowers_its_loss_and_stays_in_the_cube_of_codes(network):
    known, random = half_known(), torch.Generator().manual_seed(2)
    picture = network(network.draw_codes(1, random))
    start, heard = network.draw_codes(1, random), []
    first = search(network, picture, known, start, steps=0)
    codes, face, loss = search(network, picture, known, start, steps=25, report=heard.append)
    assert loss.item() < first[2].item()
    assert codes.abs().max() <= 1 and torch.equal(face, network(codes))
    assert len(heard) == 26 and heard == sorted(heard) and heard[-1] == 1


def test_the_start_is_where_a_face_fits_best_already(network):
    known, codes = half_known(), network.draw_codes(40, torch.Generator().manual_seed(8))
    picture = network(codes[33:34])
    assert torch.equal(find_nearest(network, picture, known, codes, 3)[0], codes[33])


def test_the_same_start_gives_the_same_face_and_another_another(network):
    known, picture = half_known(), torch.full((1, 3, 64, 64), 0.4)
    one, again, other = (
        search(network, picture, known, network.draw_codes(1, torch.Generator().manual_seed(seed)), steps=3)[1]
        for seed in (5, 5, 6)
    )
    assert torch.equal(one, again) and not torch.equal(one, other)
