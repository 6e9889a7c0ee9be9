"""Grey photos for the network: files of a folder, or made-up ones of soft light, edges and grain."""

import math
import os

import torch
from torch import Tensor
from torch.nn import functional


def load(folder: str | None, count: int, side: int) -> Tensor:
    """`count` photos (count, 3, side, side) of 0 to 1; a folder's are repeated mirrored if it has fewer."""
    if folder is None:
        return torch.cat([made_up(seed, side) for seed in range(count)])
    import cv2

    found = []
    for name in sorted(os.listdir(folder)):
        grey = cv2.imread(os.path.join(folder, name), cv2.IMREAD_GRAYSCALE)
        if grey is not None:
            small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
            found.append(torch.from_numpy(small).float()[None, None] / 255)
    if not found:
        raise ValueError(f"{folder}: no photos")
    more = found + [photo.flip(3) for photo in found] + [photo.flip(2) for photo in found]
    chosen = [more[k % len(more)] for k in range(count)]
    return torch.cat(chosen).expand(-1, 3, -1, -1).contiguous()


def made_up(seed: int, side: int) -> Tensor:
    """One photo: octaves of noise whose contrast falls with frequency, some shapes with sharp edges, grain."""
    random = torch.Generator().manual_seed(seed)
    photo = torch.zeros(1, 1, side, side)
    for octave in range(1, int(math.log2(side)) - 1):
        noise = torch.randn(1, 1, 2**octave + 1, 2**octave + 1, generator=random)
        photo += functional.interpolate(noise, (side, side), mode="bicubic", align_corners=True) / 2**octave
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing="ij")
    for _ in range(12):
        cx, cy, radius, level, turn = torch.rand(5, generator=random).tolist()
        inside = torch.hypot((x - cx) * (0.5 + turn), y - cy) < 0.25 * radius
        photo[0, 0][inside] = 0.4 * photo[0, 0][inside] + 2 * (level - 0.5)
    photo = 0.45 + 0.25 * photo + 0.015 * torch.randn(photo.shape, generator=random)
    return photo.clamp(0, 1).mul(255).round().div(255).expand(-1, 3, -1, -1).contiguous()
