import torch

from networks.layers.dense_concat import dense_concat


def features():
    return [torch.randn(2, count, 6, 4).to(memory_format=torch.channels_last).requires_grad_() for count in (3, 5)]


def test_it_is_what_cat_is_in_both_directions():
    first, second = features()
    weight = torch.randn(2, 8, 6, 4)
    expected = torch.autograd.grad((torch.cat((first, second), 1) * weight).sum(), (first, second))
    output = dense_concat(first, second)
    torch.testing.assert_close(output, torch.cat((first, second), 1))
    torch.testing.assert_close(torch.autograd.grad((output * weight).sum(), (first, second)), expected)


def test_its_gradients_are_dense_in_memory():
    first, second = features()
    for gradient in torch.autograd.grad(dense_concat(first, second).square().sum(), (first, second)):
        assert gradient.is_contiguous(memory_format=torch.channels_last)
