"""Converts photos to the network's input, and its a and b to colours. Lab is OpenCV's: L of 0 to 100, D65.

Photos are RGB, float32 of 0 to 1, shaped (height, width, 3); a and b are shaped (size, size, 2).
"""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float32]

# Bounds the memory of the device whatever the batch.
LARGEST_BATCH = 8


def lightness(photo: Floats) -> Floats:
    """L, shaped (height, width, 1)."""
    return _converted(photo, cv2.COLOR_RGB2Lab)[:, :, :1]


def grey(photo: Floats, size: int) -> Floats:
    """The network's input, as upstream computes it: the photo at size x size without colours, (3, size, size)."""
    light = lightness(np.asarray(cv2.resize(photo, (size, size)), np.float32))
    lab = np.concatenate([light, np.zeros((size, size, 2), np.float32)], axis=2)
    return _converted(lab, cv2.COLOR_Lab2RGB).transpose(2, 0, 1)


def merge(light: Floats, ab: Floats) -> Floats:
    """The photo with this L of full size and these a and b, interpolated bilinearly and clipped to the gamut.

    Upstream repeats a and b in blocks instead, which is visible at edges of large photos.
    """
    planes = torch.from_numpy(ab).permute(2, 0, 1)[None]
    full = torch.nn.functional.interpolate(planes, size=light.shape[:2], mode="bilinear", align_corners=False)
    lab = np.concatenate([light, full[0].permute(1, 2, 0).numpy()], axis=2)
    return _converted(lab, cv2.COLOR_Lab2RGB).clip(0, 1)


def picture(ab: Floats) -> Floats:
    """a and b as a picture of 0 to 1: red = (a + 128) / 255, green = (b + 128) / 255, blue = 128 / 255.

    a and b are rounded, since saving as 8 bits truncates, which would shift all colours by half a step.
    """
    levels = np.full((*ab.shape[:2], 3), 128, np.float32)
    levels[:, :, :2] = np.rint(ab) + 128
    levels /= 255
    return levels


def colour(photos: Floats, size: int, chroma: Callable[[Tensor], Tensor]) -> tuple[Floats, Floats]:
    """Photos of one size (n, height, width, 3) in colour, and their a and b as pictures (n, size, size, 3).

    `chroma` takes what the network sees (n, 3, size, size) and gives a and b (n, 2, size, size), at most LARGEST_BATCH
    at a time. Raises ArithmeticError if they are not finite.
    """
    coloured = np.empty_like(photos)
    pictures = np.empty((len(photos), size, size, 3), np.float32)
    for start in range(0, len(photos), LARGEST_BATCH):
        seen = np.stack([grey(photo, size) for photo in photos[start : start + LARGEST_BATCH]])
        planes = chroma(torch.from_numpy(seen))
        if not planes.isfinite().all():
            raise ArithmeticError("DDColor: expected finite a and b, found others; the GPU or the weights are at fault")
        # The network can exceed what Lab has, which would show as blobs of wrong colours.
        for index, ab in enumerate(planes.clamp(-128, 127).permute(0, 2, 3, 1).numpy(), start):
            coloured[index] = merge(lightness(photos[index]), ab)
            pictures[index] = picture(ab)
    return coloured, pictures


def _converted(photo: Floats, code: int) -> Floats:
    return np.asarray(cv2.cvtColor(photo, code), np.float32)
