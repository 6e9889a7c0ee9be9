"""AVIF files: encoded by Pillow (libavif)."""

import io

import numpy as np
from PIL import Image

import icc
import scene
from ifd import ASCII, exif, gps
from metadata import xmp
from reference import Picture
from rows import Row, Rows, refused, shown

W, H = 120, 90


def avif(values: np.ndarray, **options) -> bytes:
    samples = scene.integers(values, 8)
    out = io.BytesIO()
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    # One thread: the bytes depend on their number.
    image.save(out, 'AVIF', **{'quality': 80, 'subsampling': '4:4:4', 'speed': 6, 'max_threads': 1, **options})
    return out.getvalue()


def picture(file: bytes, profile: bytes | None = None, orientation: int = 1) -> Picture:
    values = np.asarray(Image.open(io.BytesIO(file)), dtype=np.float64) / 255
    alpha = values[..., 3:] if values.shape[2] == 4 else None
    return Picture('rgb', values[..., :3], profile, alpha, orientation)


def rows() -> list[Row]:
    made = Rows('codings')

    def add(name: str, what: str, file: bytes, profile: bytes | None = None, orientation: int = 1, **more) -> None:
        made.append(shown(f'avif/{name}.avif', f'AVIF, {what}', file, picture(file, profile, orientation), **more))

    grey, rgb = scene.grey(W, H, 61), scene.coloured(W, H, 62)
    plain = avif(rgb)
    add('grey', 'grey', avif(grey))
    add('rgb-444', 'RGB, 4:4:4', plain)
    add('rgb-420', 'RGB, 4:2:0', avif(rgb, subsampling='4:2:0'))
    add('alpha', 'with alpha', avif(np.concatenate([rgb, scene.soft_alpha(W, H)], -1)))
    made.group = 'profiles'
    add('p3', 'profile: Display P3', avif(rgb, icc_profile=icc.DISPLAY_P3), icc.DISPLAY_P3)
    add('adobe', 'profile: Adobe RGB', avif(rgb, icc_profile=icc.ADOBE_RGB), icc.ADOBE_RGB)
    made.group = 'metadata'
    facts = exif({0x010E: (ASCII, 'Harbour, AVIF with EXIF'), 0x8825: gps()}, '>')
    add('exif', 'EXIF with a place', avif(rgb, exif=facts), keeps=['Harbour, AVIF with EXIF'], gps=True)
    add('xmp', 'XMP with a source of its own', avif(grey, xmp=xmp('Market, AVIF with XMP', 'negative 4714')),
        keeps=['Market, AVIF with XMP', 'negative 4714', 'Box 17'])
    made.group = 'contents'
    add('white', 'a white page', avif(np.ones((H, W, 1))), room=False)
    made.group = 'damage'
    for name, what, file in (('half', 'cut off in the middle', plain[:len(plain) // 2]), ('head-only', 'only its first bytes', plain[:60])):
        made.append(refused(f'avif/damaged-{name}.avif', f'AVIF, {what}', file, 'unreadable-image'))
    return made
