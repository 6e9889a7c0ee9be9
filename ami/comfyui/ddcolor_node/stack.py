"""Photos of size x size stacked from top to bottom in one picture, and the bytes of their a and b."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import lab
from .colours import LARGEST_BATCH, grey


def unstacked(image: Tensor, size: int) -> Tensor:
    """The photos (n, size, size, 3) of an IMAGE of one or more stacks, as a view. Raises ValueError for other sizes."""
    _, height, width, _ = image.shape
    if width != size or height % size != 0 or height == 0:
        raise ValueError(
            f"DDColorChroma: expected photos of {size} x {size} from top to bottom, found {width} x {height} pixels"
        )
    photos: Tensor = image[..., :3].unflatten(1, (height // size, size)).flatten(0, 1)  # type: ignore[no-untyped-call]
    return photos


def seen(photos: Tensor, device: torch.device) -> Tensor:
    """The network's input (n, 3, size, size), on the device. Photos are rounded to levels of 8 bits.

    Grey photos become what OpenCV makes of them, to 1e-6. Photos with colours go through Lab on the device, which
    differs from OpenCV's by at most 0.003.
    """
    # An IMAGE of LoadGrey has its one channel three times.
    channels = photos[..., :1] if photos.stride(-1) == 0 else photos
    levels = channels.to(device, torch.float32).mul(255).round_().clamp_(0, 255)
    red = levels[..., 0]
    if any(not torch.equal(red, levels[..., index]) for index in range(1, levels.shape[-1])):
        return lab.grey(lab.lightness(levels.permute(0, 3, 1, 2) / 255))
    return _table(device)[red.int()][:, None].expand(-1, 3, -1, -1)


@lru_cache(maxsize=4)
def _table(device: torch.device) -> Tensor:
    """What OpenCV makes of each grey level by Lab and back: up to 0.002 off, since it interpolates in tables."""
    levels = np.arange(256, dtype=np.float32).reshape(16, 16, 1).repeat(3, axis=2) / np.float32(255)
    with torch.inference_mode(False):
        return torch.from_numpy(grey(levels, 16)[0].flatten()).to(device)


def colour(photos: Tensor, device: torch.device, chroma: Callable[[Tensor], Tensor]) -> Tensor:
    """a + 128 and b + 128 of photos (n, size, size, 3) as bytes (n, 2, size, size), rounded and clamped, on the CPU.

    `chroma` takes what the network sees and gives a and b, both on the device, at most LARGEST_BATCH photos at a time.
    Raises ArithmeticError, with the photos' places, if some are not finite.
    """
    planes = []
    for start in range(0, len(photos), LARGEST_BATCH):
        ab = chroma(seen(photos[start : start + LARGEST_BATCH], device))
        # A sum of numbers that are not finite is not finite, and needs no memory.
        finite = ab.flatten(1).sum(dim=1).isfinite().tolist()
        if not all(finite):
            places = [str(start + index + 1) for index, good in enumerate(finite) if not good]
            raise ArithmeticError(
                f"DDColor: expected finite a and b, found others in photo {', '.join(places)} of {len(photos)}; "
                "the photo, the GPU or the weights are at fault"
            )
        planes.append(ab.clamp(-128, 127).round_().add_(128).to(torch.uint8).cpu())
    return planes[0] if len(planes) == 1 else torch.cat(planes)


def pgm(planes: Tensor) -> tuple[bytes, memoryview]:
    """Header and pixels of a PGM (P5, 8 bits) with all planes (n, 2, size, size) from top to bottom: a, b, a, b..."""
    count, channels, height, width = planes.shape
    pixels: Any = planes.contiguous().numpy()
    return b"P5\n%d %d\n255\n" % (width, count * channels * height), memoryview(pixels).cast("B")
