"""WebP files: encoded by Pillow, with chunks written here. WebP container specification."""

import io
import struct

import numpy as np
from PIL import Image

import icc
import scene
from ifd import ASCII, BYTE, SHORT, exif, gps
from metadata import xmp
from reference import Picture
from rows import Row, Rows, refused, shown

W, H = 120, 90


def webp(values: np.ndarray, lossless: bool = False) -> bytes:
    samples = scene.integers(values, 8)
    if samples.shape[2] == 1:
        samples = samples.repeat(3, 2)
    out = io.BytesIO()
    Image.fromarray(samples).save(out, 'WEBP', lossless=lossless, quality=88, method=4, exact=True)
    return out.getvalue()


def chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 12
    while at + 8 <= len(file):
        size = struct.unpack('<I', file[at + 4:at + 8])[0]
        found.append((file[at:at + 4], file[at + 8:at + 8 + size]))
        at += 8 + size + size % 2
    return found


FLAGS = {b'ICCP': 0x20, b'EXIF': 0x08, b'XMP ': 0x04, b'ALPH': 0x10}


def extended(file: bytes, size: tuple[int, int], before: bytes = b'', exif_data: bytes = b'', xmp_data: bytes = b'', more=()) -> bytes:
    """@param before a profile @param more chunks at the end"""
    parts = [part for part in chunks(file) if part[0] in (b'ALPH', b'VP8 ', b'VP8L')]
    extra = [(b'ICCP', before)] if before else []
    tail = [part for part in ((b'EXIF', exif_data), (b'XMP ', xmp_data)) if part[1]]
    flags = sum(FLAGS[name] for name, _ in extra + tail)
    head = (b'VP8X', bytes([flags, 0, 0, 0]) + struct.pack('<I', size[0] - 1)[:3] + struct.pack('<I', size[1] - 1)[:3])
    body = b'WEBP' + b''.join(name + struct.pack('<I', len(data)) + data + b'\0' * (len(data) % 2) for name, data in [head, *extra, *parts, *tail, *more])
    return b'RIFF' + struct.pack('<I', len(body)) + body


def picture(file: bytes, profile: bytes | None = None, orientation: int = 1) -> Picture:
    values = np.asarray(Image.open(io.BytesIO(file)), dtype=np.float64) / 255
    alpha = values[..., 3:] if values.shape[2] == 4 else None
    return Picture('rgb', values[..., :3], profile, alpha, orientation)


def rows() -> list[Row]:
    made = Rows('codings')

    def add(name: str, what: str, file: bytes, profile: bytes | None = None, orientation: int = 1, looks: bytes | None = None, **more) -> None:
        made.append(shown(f'webp/{name}.webp', f'WebP, {what}', file, picture(looks or file, profile, orientation), **more))

    grey, rgb = scene.grey(W, H, 41), scene.coloured(W, H, 42)
    clear = np.concatenate([rgb, scene.soft_alpha(W, H)], -1)
    lossy, exact = webp(rgb), webp(grey, lossless=True)
    size = (W, H)
    add('lossy', 'lossy', lossy)
    add('lossy-grey', 'lossy, grey', webp(grey))
    add('lossless', 'lossless', webp(rgb, lossless=True))
    add('lossless-grey', 'lossless, grey', exact)
    add('lossy-alpha', 'lossy, with alpha', webp(clear))
    add('lossless-alpha', 'lossless, with alpha', webp(clear, lossless=True))
    add('extended', 'lossy, with an extended header', extended(lossy, size))
    made.group = 'profiles'
    for name, profile, what in (('p3', icc.DISPLAY_P3, 'Display P3'), ('adobe', icc.ADOBE_RGB, 'Adobe RGB')):
        add(name, f'profile: {what}', extended(lossy, size, profile), profile)
    add('grey-icc', 'a profile of grey, which is not for it', extended(exact, size, icc.GREY_10))
    add('broken-icc', 'a broken profile, which is ignored', extended(lossy, size, icc.BROKEN))
    made.group = 'metadata'
    facts = {0x010E: (ASCII, 'Harbour, WebP with EXIF'), 0x0112: (SHORT, [6]), 0x8825: gps()}
    add('exif-turned', 'EXIF with a place, turned', extended(lossy, size, exif_data=exif(facts, '>')), orientation=6, keeps=['Harbour, WebP with EXIF'], gps=True)
    add('exif-prefixed', 'EXIF with the prefix that is for JPEG', extended(lossy, size, exif_data=b'Exif\0\0' + exif({0x010E: (ASCII, 'Mill, WebP with EXIF'), 0x0112: (SHORT, [3])})),
        orientation=3, keeps=['Mill, WebP with EXIF'])
    add('orientation-byte', 'orientation 8 of the type byte', extended(exact, size, exif_data=exif({0x0112: (BYTE, [8])})), orientation=8)
    add('xmp', 'XMP with a source of its own', extended(exact, size, xmp_data=xmp('Market, WebP with XMP', 'negative 4713')),
        keeps=['Market, WebP with XMP', 'negative 4713', 'Archive of the corpus', 'Box 17'])
    made.group = 'contents'
    add('white', 'a white page', webp(np.ones((H, W, 1))), room=False)
    add('black', 'a black page', webp(np.zeros((H, W, 1)), lossless=True), room=False)
    add('sepia', 'sepia', webp(scene.sepia(W, H, 43)))
    add('one-pixel', '1 x 1', webp(np.full((1, 1, 3), 0.4), lossless=True), room=False)
    add('wide', '2,000 x 12', webp(scene.grey(2000, 12, 44), lossless=True))
    made.group = 'damage'
    add('trailing', 'with other bytes behind its end', exact + b'\x07' * 1000, looks=exact)
    add('unknown-chunk', 'a chunk that nobody knows', extended(lossy, size, more=[(b'ABCD', b'abcd')]), looks=lossy)
    made.group = 'pages'
    frames = [Image.fromarray(scene.integers(scene.coloured(60, 45, seed), 8)) for seed in (45, 46)]
    out = io.BytesIO()
    frames[0].save(out, 'WEBP', save_all=True, append_images=frames[1:], duration=100, lossless=True, exact=True)
    still = Picture('rgb', scene.integers(scene.coloured(60, 45, 45), 8) / 255)
    made.append(shown('webp/animated.webp', 'WebP, animated: its first picture', out.getvalue(), still, pages=2))
    made.group = 'damage'
    for name, what, file in (('half', 'cut off in the middle', lossy[:len(lossy) // 2]), ('half-lossless', 'lossless, cut off in the middle', exact[:len(exact) // 2]),
                             ('head-only', 'only its first bytes', lossy[:20]), ('no-picture', 'metadata and no picture', extended(b' ' * 12, size, exif_data=b'II*\0')),
                             ('spoilt', 'a spoilt header', lossy[:20] + b'\x5a' * 12 + lossy[32:])):
        made.append(refused(f'webp/damaged-{name}.webp', f'WebP, {what}', file, 'unreadable-image'))
    return made
