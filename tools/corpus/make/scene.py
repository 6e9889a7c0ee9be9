"""Made-up photos: a sky, hills, a house, a tree and grain. The same seed gives the same picture."""

import numpy as np


def coloured(width: int, height: int, seed: int) -> np.ndarray:
    """Encoded sRGB from 0 to 1, height x width x 3."""
    draw = np.random.Generator(np.random.PCG64(seed))
    y, x = np.mgrid[0:height, 0:width]
    u, v = (x + 0.5) / width, (y + 0.5) / height
    phase = draw.uniform(0, 6.28, 3)
    hill = 0.5 + 0.08 * np.sin(5 * u + phase[0]) + 0.04 * np.sin(13 * u + phase[1])
    sky = np.stack([0.45 + 0.4 * v, 0.6 + 0.35 * v, 0.85 + 0.13 * v], -1)
    sky += 0.1 * np.exp(-((u - draw.uniform(0.2, 0.8)) ** 2 + (v - 0.15) ** 2) / 0.01)[..., None]
    ground = np.stack([0.36 - 0.2 * v, 0.44 - 0.22 * v, 0.24 - 0.15 * v], -1)
    ground += 0.08 * np.sin(40 * u + 25 * v + phase[2])[..., None] * v[..., None]
    picture = np.where((v > hill)[..., None], ground, sky)
    left = draw.uniform(0.1, 0.55)
    house = (u > left) & (u < left + 0.25) & (v > 0.42) & (v < 0.78)
    picture[house] = (0.82, 0.72, 0.6)
    roof = (np.abs(u - left - 0.125) < (v - 0.25) * 0.8) & (v > 0.25) & (v <= 0.42)
    picture[roof] = (0.5, 0.2, 0.15)
    door = (np.abs(u - left - 0.125) < 0.03) & (v > 0.6) & (v < 0.78)
    picture[door] = (0.06, 0.05, 0.04)
    crown = (u - left - 0.36) ** 2 + (v - 0.5) ** 2 * 1.6 < 0.012
    picture[crown] = (0.12, 0.26, 0.1)
    picture += draw.normal(0, 0.015, (height, width, 1)) + draw.normal(0, 0.004, (height, width, 3))
    return np.clip(picture, 0.01, 0.99)


def linear(v: np.ndarray) -> np.ndarray:
    """From encoded sRGB to proportional to light. IEC 61966-2-1."""
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def encoded(y: np.ndarray) -> np.ndarray:
    y = np.clip(y, 0, 1)
    return np.where(y <= 0.0031308, y * 12.92, 1.055 * y ** (1 / 2.4) - 0.055)


def luminance(rgb: np.ndarray) -> np.ndarray:
    return linear(rgb) @ np.array([0.2126, 0.7152, 0.0722])


def grey(width: int, height: int, seed: int) -> np.ndarray:
    """Height x width x 1, from 0 to 1."""
    return encoded(luminance(coloured(width, height, seed)))[..., None]


def sepia(width: int, height: int, seed: int) -> np.ndarray:
    tones = grey(width, height, seed)
    return np.clip(np.concatenate([tones**0.85, tones**0.98, tones**1.2], -1), 0, 1)


def line_art(width: int, height: int, seed: int) -> np.ndarray:
    """Black on white, both pure."""
    return (grey(width, height, seed) > 0.45).astype(float)


def soft_alpha(width: int, height: int) -> np.ndarray:
    """Opaque in the middle, transparent at the left edge, half at the right one."""
    u = (np.arange(width) + 0.5) / width
    row = np.clip(u * 3, 0.2, 1) * np.where(u > 0.8, 0.5, 1)
    return np.repeat(row[None, :], height, 0)[..., None]


def integers(values: np.ndarray, bits: int) -> np.ndarray:
    """Samples of 1 to 16 bits, as the nearest integers."""
    dtype = np.uint8 if bits <= 8 else np.uint16
    return np.round(values * ((1 << bits) - 1)).astype(dtype)
