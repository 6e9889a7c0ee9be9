"""Lab on the device: L of 0 to 100, D65, as OpenCV's. Pictures are float32, shaped (n, channels, height, width)."""

import torch
from torch import Tensor

# Y of linear sRGB.
_TO_Y = (0.212671, 0.715160, 0.072169)
_CUBE = (6 / 29) ** 3


def lightness(rgb: Tensor) -> Tensor:
    """L of sRGB in 0 to 1, one channel."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = torch.einsum("c,nchw->nhw", torch.tensor(_TO_Y, device=rgb.device), linear)
    root = torch.where(y > _CUBE, y.clamp(min=_CUBE) ** (1 / 3), y * (841 / 108) + 4 / 29)
    return (116 * root - 16)[:, None]


def grey(light: Tensor) -> Tensor:
    """sRGB of this L without colours, three equal channels."""
    root = (light + 16) / 116
    y = torch.where(root > 6 / 29, root**3, (root - 4 / 29) * (108 / 841)).clamp(0, 1)
    level = torch.where(y <= 0.0031308, 12.92 * y, 1.055 * y.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)
    return level.expand(-1, 3, -1, -1)
