"""In place of the node's model.py: a network that sees the same colours everywhere, at once."""

import torch
from torch import Tensor

_COLOURS = torch.tensor([12.0, -7.0]).view(1, 2, 1, 1).repeat(8, 1, 512, 512)


def load(path: str, device: torch.device, wanted: str) -> None:
    """Nothing to load."""


def chroma(network: None, grey: Tensor) -> Tensor:
    """a and b of these photos, without computing."""
    return _COLOURS[: len(grey)]
