"""Several processes that train one network together: each its own crops, then one step by the mean gradient.

A process with one thread keeps its pace on a busy machine where two threads wait for each other at every layer. Start
them with `torchrun --standalone --nproc-per-node 2 -m training.deblurring.train ...`; alone, nothing here does
anything.
"""

import os

import torch
from torch import distributed, nn


class ProcessGroup:
    """The processes of one run, which start from the same seed. `rank` 0 has the clock, the log, the checkpoints."""

    def __init__(self):
        self.size, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        if self.size > 1:
            distributed.init_process_group("gloo")

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def broadcast(self, value: float) -> float:
        """Return the leader's value."""
        if self.size == 1:
            return value
        sent = torch.tensor(value, dtype=torch.float64)
        distributed.broadcast(sent, 0)
        return sent.item()

    def wait(self) -> None:
        """Return once every process is here."""
        if self.size > 1:
            distributed.barrier()

    def gather(self, found: list) -> list:
        """Return what all processes found, in the order of rank."""
        if self.size == 1:
            return found
        everything: list = [None] * self.size
        distributed.all_gather_object(everything, found)
        return [item for part in everything for item in part]

    def average_gradients(self, network: nn.Module) -> None:
        """Replace the gradients of every process by their mean."""
        if self.size == 1:
            return
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(together)
        together /= self.size
        for gradient, mean in zip(gradients, together.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def close(self) -> None:
        if self.size > 1:
            distributed.destroy_process_group()
