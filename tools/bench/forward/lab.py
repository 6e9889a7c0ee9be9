"""CIEDE2000, and a and b as bytes. Lab is that of OpenCV: L of 0 to 100, D65."""

import torch
from torch import Tensor


def levels(ab: Tensor) -> Tensor:
    """a and b as bytes, 128 for 0."""
    return (ab.clamp(-128, 127).round() + 128).to(torch.uint8)


def ciede2000(one: Tensor, other: Tensor) -> Tensor:
    """Differences of pixels (3, n) in Lab, float64, after Sharma, Wu and Dalal (2005), all weights 1."""
    (l1, a1, b1), (l2, a2, b2) = one.double(), other.double()
    mean7 = ((torch.hypot(a1, b1) + torch.hypot(a2, b2)) / 2) ** 7
    stretch = 1 + 0.5 * (1 - torch.sqrt(mean7 / (mean7 + 25**7)))
    x1, x2 = a1 * stretch, a2 * stretch
    c1, c2 = torch.hypot(x1, b1), torch.hypot(x2, b2)
    h1 = torch.rad2deg(torch.atan2(b1, x1)) % 360
    h2 = torch.rad2deg(torch.atan2(b2, x2)) % 360
    grey_pair = c1 * c2 == 0
    dh = torch.where(grey_pair, 0, h2 - h1)
    dh = torch.where(dh > 180, dh - 360, torch.where(dh < -180, dh + 360, dh))
    big = 2 * torch.sqrt(c1 * c2) * torch.sin(torch.deg2rad(dh / 2))
    total = h1 + h2
    apart = (h1 - h2).abs() > 180
    mean_h = torch.where(apart, torch.where(total < 360, total + 360, total - 360), total) / 2
    mean_h = torch.where(grey_pair, total, mean_h)

    def cos(angle: Tensor) -> Tensor:
        return torch.cos(torch.deg2rad(angle))

    t = 1 - 0.17 * cos(mean_h - 30) + 0.24 * cos(2 * mean_h) + 0.32 * cos(3 * mean_h + 6)
    t = t - 0.2 * cos(4 * mean_h - 63)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / torch.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    turn = 30 * torch.exp(-(((mean_h - 275) / 25) ** 2))
    r_t = -torch.sin(torch.deg2rad(2 * turn)) * 2 * torch.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    light, chroma, hue = (l2 - l1) / s_l, (c2 - c1) / s_c, big / s_h
    return torch.sqrt((light**2 + chroma**2 + hue**2 + r_t * chroma * hue).clamp(min=0))
