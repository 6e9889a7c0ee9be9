"""Expected tones: LittleCMS, relative colorimetric to sRGB, and luminance by NumPy. None of the project's own code is used."""

import io
from dataclasses import dataclass

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from scene import encoded, linear, luminance

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC
CELLS = 4
NAMES = {'grey': 'gray', 'rgb': 'rgb', 'cmyk': 'cmyk'}


@dataclass
class Picture:
    """What a file shows, as it is stored."""

    model: str
    """'grey', 'rgb', 'cmyk' (1 is full ink) or 'lab' (L from 0 to 100)."""
    data: np.ndarray
    """Height x width x bands, from 0 to 1, without extra samples."""
    profile: bytes | None = None
    alpha: np.ndarray | None = None
    orientation: int = 1
    gamma: float | None = None
    """Exponent from stored to light, where there is no profile."""


def light(picture: Picture) -> np.ndarray:
    """Luminance from 0 to 1 of each pixel."""
    data, profile = picture.data, picture.profile
    if picture.model == 'lab':
        f = (data[..., 0] + 16) / 116
        return np.where(f > 6 / 29, f**3, (f - 4 / 29) * 3 * (6 / 29) ** 2)
    if profile is not None:
        return luminance(through(data, profile, picture.model))
    to_light = (lambda v: v**picture.gamma) if picture.gamma else linear
    if picture.model == 'grey':
        return to_light(data[..., 0])
    if picture.model == 'rgb':
        return to_light(data) @ np.array([0.2126, 0.7152, 0.0722])
    raise ValueError(f'{picture.model} without a profile has no tones that are right')


def through(data: np.ndarray, profile: bytes, model: str) -> np.ndarray:
    stored = np.ascontiguousarray(np.round(data * 65535).astype(np.uint16))
    if model == 'grey':
        stored = stored[..., 0]
    made = imagecodecs.cms_transform(
        stored, profile, SRGB, colorspace=NAMES[model], outcolorspace='rgb', outdtype='uint16',
        intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE | imagecodecs.CMS.FLAGS.HIGHRESPRECALC)
    made = made / 65535
    check_against_pillow(data, profile, model, made)
    return made


def check_against_pillow(data: np.ndarray, profile: bytes, model: str, made: np.ndarray) -> None:
    """Another binding of LittleCMS, with eight bits, must agree."""
    mode = {'grey': 'L', 'rgb': 'RGB', 'cmyk': 'CMYK'}[model]
    bytes8 = np.round(data * 255).astype(np.uint8)
    image = Image.fromarray(bytes8[..., 0] if model == 'grey' else bytes8, mode)
    other = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.ImageCmsProfile(io.BytesIO(SRGB)),
        renderingIntent=RELATIVE, outputMode='RGB')
    difference = np.abs(np.asarray(other).mean((0, 1)) / 255 - made.mean((0, 1))).max()
    if difference > 0.01:
        raise ValueError(f'Pillow and imagecodecs differ by {difference}')


def upright(values: np.ndarray, orientation: int) -> np.ndarray:
    """EXIF 2.32, 4.6.5."""
    turns = {
        1: lambda v: v, 2: lambda v: v[:, ::-1], 3: lambda v: v[::-1, ::-1], 4: lambda v: v[::-1],
        5: lambda v: v.swapaxes(0, 1), 6: lambda v: v[::-1].swapaxes(0, 1), 7: lambda v: v[::-1, ::-1].swapaxes(0, 1),
        8: lambda v: v[:, ::-1].swapaxes(0, 1)}
    return turns[orientation](values)


def grid(values: np.ndarray) -> list[float]:
    """Means over 4 x 4 cells, row by row; a picture narrower than that repeats its pixels."""
    height, width = values.shape
    cells = []
    for row in range(CELLS):
        for column in range(CELLS):
            top, left = row * height // CELLS, column * width // CELLS
            bottom, right = max(top + 1, (row + 1) * height // CELLS), max(left + 1, (column + 1) * width // CELLS)
            cells.append(round(float(values[top:bottom, left:right].mean()), 2))
    return cells


def expected(picture: Picture, with_tones: bool = True) -> dict:
    """Size, tones and opacity of the upright picture. Tones are sRGB greys of the same luminance, from 0 to 255, on white."""
    shown = upright(picture.data, picture.orientation)
    found: dict = {'width': shown.shape[1], 'height': shown.shape[0]}
    if with_tones:
        tones = 255 * encoded(light(picture))
        if picture.alpha is not None:
            opacity = picture.alpha[..., 0]
            tones = tones * opacity + 255 * (1 - opacity)
        found['tones'] = grid(upright(tones, picture.orientation))
    if picture.alpha is not None:
        found['opacity'] = grid(255 * upright(picture.alpha[..., 0], picture.orientation))
    return found
