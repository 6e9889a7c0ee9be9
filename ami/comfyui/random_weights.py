"""Writes a checkpoint with random weights and its .sha256 file, for tests without the real weights."""

import argparse
import os

import torch
from ddcolor import DDColor
from torch import Tensor, nn

from ddcolor_node.model import ARCHITECTURE
from ddcolor_node.weights import fingerprint, sha256

ENCODERS = {"tiny": "convnext-t", "large": "convnext-l"}

# Spectral norms are found by power iteration, one step in each forward pass of training.
_PASSES = 6


def write(size: str, seed: int, path: str, spread: float = 8) -> None:
    """Writes `path` and `path`.sha256. `spread` is the standard deviation of a and b over made-up photos."""
    torch.manual_seed(seed)
    network = DDColor(encoder_name=ENCODERS[size], **ARCHITECTURE)
    with torch.no_grad():
        network.train()
        for _ in range(_PASSES):
            network(_photos())
        network.eval()
        _scale(network.refine_net[0][0], spread / network(_photos()).std().item())
    torch.save({"params": network.state_dict()}, path)
    with open(f"{path}.sha256", "w", encoding="utf-8") as stream:
        stream.write(f"{sha256(fingerprint(path))}  {os.path.basename(path)}\n")


def _photos() -> Tensor:
    noise = torch.rand(2, 1, 9, 9)
    return nn.functional.interpolate(noise, size=(128, 128), mode="bicubic").clamp(0, 1).repeat(1, 3, 1, 1)


def _scale(layer: nn.Module, factor: float) -> None:
    # The norm that the weights are divided by is u' W v, and so u makes it smaller.
    layer.get_buffer("weight_u").div_(factor)
    layer.get_parameter("bias").mul_(factor)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=ENCODERS)
    parser.add_argument("seed", type=int)
    parser.add_argument("file", metavar="FILE.pth")
    parser.add_argument("--spread", type=float, default=8, help="standard deviation of a and b (8)")
    given = parser.parse_args()
    write(given.size, given.seed, given.file, given.spread)
