"""JPEG files: encoded by Pillow and imagecodecs, with segments written here. ITU-T T.81; EXIF 2.32; ICC.1, B.4."""

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

import icc
import scene
from ifd import ASCII, BYTE, LONG, RATIONAL, SHORT, SLONG, SSHORT, Blob, camera, exif, gps
from metadata import iptc, resource, xmp
from reference import Picture
from rows import Row, Rows, refused, shown

W, H = 120, 90


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack('>BBH', 0xFF, marker, len(data) + 2) + data


def app_exif(data: bytes) -> bytes:
    return segment(0xE1, b'Exif\0\0' + data)


def app_xmp(data: bytes) -> bytes:
    return segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0' + data)


def app_iptc(data: bytes) -> bytes:
    return segment(0xED, b'Photoshop 3.0\0' + resource(data))


def app_icc(profile: bytes, size: int = 60000) -> bytes:
    parts = [profile[k:k + size] for k in range(0, len(profile), size)]
    return b''.join(segment(0xE2, b'ICC_PROFILE\0' + bytes([k + 1, len(parts)]) + part) for k, part in enumerate(parts))


def jpeg(values: np.ndarray, before: bytes = b'', density: tuple[int, int, int] = (0, 1, 1), **options) -> bytes:
    """@param before segments behind JFIF's own @param density unit (1 inch, 2 cm), x, y"""
    samples = scene.integers(values, 8)
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    out = io.BytesIO()
    image.save(out, 'JPEG', **{'quality': 88, 'subsampling': 0, **options})
    data = out.getvalue()
    if data[2:4] == b'\xff\xe0':
        length = 2 + struct.unpack('>H', data[4:6])[0]
        jfif = segment(0xE0, b'JFIF\0\1\1' + struct.pack('>BHH', *density) + b'\0\0')
        return data[:2] + jfif + before + data[2 + length:]
    return data[:2] + before + data[2:]


def decoded(file: bytes) -> np.ndarray:
    """By libjpeg-turbo, through Pillow; height x width x bands, from 0 to 1. CMYK: 1 is full ink."""
    image = Image.open(io.BytesIO(file))
    values = np.asarray(image, dtype=np.float64) / 255
    return values[..., None] if values.ndim == 2 else values


def picture(file: bytes, profile: bytes | None = None, orientation: int = 1) -> Picture:
    values = decoded(file)
    return Picture({1: 'grey', 3: 'rgb', 4: 'cmyk'}[values.shape[2]], values, profile, orientation=orientation)


def turned(kind: int, value, order: str = '<') -> bytes:
    return app_exif(exif({0x0112: (kind, value)}, order))


def cmyk_of(rgb: np.ndarray) -> np.ndarray:
    ink = 1 - rgb
    black = ink.min(-1, keepdims=True) * 0.7
    return np.clip(np.concatenate([(ink - black) / (1 - black), black], -1), 0, 1)


def cmyk_jpeg(ink: np.ndarray, before: bytes = b'', ycck: bool = False, inverted: bool = True) -> bytes:
    """Four components; as Adobe writes them, 0 is full ink."""
    samples = scene.integers(1 - ink if inverted else ink, 8)
    colourspace = 'ycck' if ycck else 'cmyk'
    data = imagecodecs.jpeg8_encode(np.ascontiguousarray(samples), 90, colorspace='cmyk', outcolorspace=colourspace, subsampling='444')
    return data[:2] + before + data[2:]


def without_app14(data: bytes) -> bytes:
    at = data.find(b'\xff\xee')
    return data[:at] + data[at + 2 + struct.unpack('>H', data[at + 2:at + 4])[0]:]


def rows() -> list[Row]:
    made = Rows('codings')

    def add(name: str, what: str, file: bytes, profile: bytes | None = None, orientation: int = 1, looks: bytes | None = None, **more) -> None:
        made.append(shown(f'jpeg/{name}.jpg', f'JPEG, {what}', file, picture(looks or file, profile, orientation), **more))

    grey, rgb = scene.grey(W, H, 11), scene.coloured(W, H, 12)
    plain = jpeg(grey)

    add('grey', 'grey', plain)
    add('grey-progressive', 'grey, progressive', jpeg(grey, progressive=True))
    add('rgb-444', 'RGB, 4:4:4', jpeg(rgb))
    add('rgb-422', 'RGB, 4:2:2', jpeg(rgb, subsampling=1))
    add('rgb-420', 'RGB, 4:2:0', jpeg(rgb, subsampling=2))
    add('rgb-progressive', 'RGB, progressive', jpeg(rgb, progressive=True, subsampling=2))
    add('rgb-stored', 'stored as RGB, not as YCbCr', jpeg(rgb, keep_rgb=True))
    add('restarts', 'with restart markers', jpeg(rgb, restart_marker_blocks=4))
    add('odd-size', '97 x 61, 4:2:0', jpeg(scene.coloured(97, 61, 13), subsampling=2))
    add('low-quality', 'quality 20', jpeg(grey, quality=20))
    # No package writes it: made once by `cjpeg -arithmetic` of libjpeg-turbo 2.1.5.
    add('arithmetic', 'arithmetic coding', Path(__file__).with_name('arithmetic.jpg').read_bytes())
    twelve = scene.integers(grey, 12)[..., 0]
    lossless = imagecodecs.ljpeg_encode(scene.integers(grey, 8)[..., 0], bitspersample=8)
    exact = scene.integers(grey, 8) / 255
    made.append(shown('jpeg/lossless.jpg', 'JPEG, lossless (SOF3)', lossless, Picture('grey', exact)))
    for name, what, file, says in (
            ('12-bit', '12 bits', imagecodecs.jpeg8_encode(twelve, 90, bitspersample=12), 'JPEG'),
            ('lossless-16-bit', 'lossless, 16 bits', imagecodecs.ljpeg_encode(scene.integers(grey, 16)[..., 0], bitspersample=16), 'JPEG'),
            ('jpeg-ls', 'JPEG-LS', imagecodecs.jpegls_encode(scene.integers(grey, 8)[..., 0]), 'JPEG')):
        made.append(refused(f'jpeg/{name}.jpg', f'JPEG, {what}', file, 'unsupported-format', says))

    made.group = 'CMYK'
    ink = cmyk_of(rgb)
    for name, what, file in (('cmyk', 'CMYK as Adobe writes it', cmyk_jpeg(ink)), ('ycck', 'YCCK', cmyk_jpeg(ink, ycck=True))):
        add(name, f'{what}, no profile', file, tones=False)
    press = app_icc(icc.CMYK)
    for name, what, file in (('cmyk-icc', 'CMYK', cmyk_jpeg(ink, press)), ('ycck-icc', 'YCCK', cmyk_jpeg(ink, press, ycck=True))):
        add(name, f'{what}, a profile of a press', file, icc.CMYK)

    made.group = 'profiles'
    for name, profile, what in (('gg18', icc.GREY_18, 'gamma 1.8'), ('gg22', icc.GREY_22, 'gamma 2.2'), ('dg20', icc.DOT_20, 'dot gain of 20 %'),
                                ('dg15', icc.DOT_15, 'dot gain of 15 %'), ('grey-srgb', icc.GREY_SRGB, 'the curve of sRGB, version 4')):
        add(f'grey-{name}', f'grey, grey profile: {what}', jpeg(grey, app_icc(profile)), profile)
    for name, profile, what in (('srgb', icc.SRGB_V4, 'sRGB'), ('p3', icc.DISPLAY_P3, 'Display P3'), ('adobe', icc.ADOBE_RGB, 'Adobe RGB'),
                                ('wide', icc.PRO_PHOTO, 'ProPhoto'), ('linear', icc.LINEAR_RGB, 'linear'), ('scanner', icc.SCANNER, 'a table of a scanner')):
        add(f'rgb-{name}', f'RGB, profile: {what}', jpeg(rgb, app_icc(profile)), profile)
    add('rgb-icc-parts', 'RGB, a profile in three segments', jpeg(rgb, app_icc(icc.ADOBE_RGB, 200)), icc.ADOBE_RGB)
    add('rgb-broken-icc', 'RGB, a broken profile, which is ignored', jpeg(rgb, app_icc(icc.BROKEN)))
    add('grey-rgb-icc', 'grey, a profile of RGB with the curve of sRGB', jpeg(grey, app_icc(icc.DISPLAY_P3)))
    add('rgb-grey-icc', 'RGB, a profile of grey, which is not for it', jpeg(rgb, app_icc(icc.GREY_10)))
    add('rgb-half-icc', 'RGB, a profile of which a part is missing', jpeg(rgb, app_icc(icc.ADOBE_RGB, 300)[:-(18 + len(icc.ADOBE_RGB) % 300)]))

    made.group = 'orientation'
    for n in range(1, 9):
        source = grey if n % 2 else rgb
        add(f'orientation{n}', f'orientation {n}', jpeg(source, turned(SHORT, [n], '<' if n < 5 else '>')), orientation=n)
    for name, kind in (('byte', BYTE), ('long', LONG), ('signed-short', SSHORT), ('signed-long', SLONG)):
        add(f'orientation-{name}', f'orientation 6 of the type {name}', jpeg(grey, turned(kind, [6])), orientation=6)
    for value in (0, 9):
        add(f'orientation-{value}', f'orientation {value}, which there is not', jpeg(grey, turned(SHORT, [value])))
    add('orientation-second', 'orientation 8 of the thumbnail alone', jpeg(grey, app_exif(exif({0x010E: (ASCII, 'Mill with a thumbnail')}, '<', {0x0112: (SHORT, [8])}))),
        keeps=['Mill with a thumbnail'])

    made.group = 'metadata'
    thumb = jpeg(scene.grey(16, 12, 14))
    full = {0x010E: (ASCII, 'Harbour, JPEG with EXIF'), 0x010F: (ASCII, 'Camera of the corpus'), 0x011A: (RATIONAL, [(300, 1)]), 0x011B: (RATIONAL, [(300, 1)]),
            0x0128: (SHORT, [2]), 0x8298: (ASCII, 'Rights of the corpus'), 0x8769: camera(), 0x8825: gps()}
    told = ['Harbour, JPEG with EXIF', 'Camera of the corpus', 'Rights of the corpus', 'Lens of the corpus', '1931:05:04']
    for order, name in (('<', 'little'), ('>', 'big')):
        add(f'exif-{name}', f'EXIF with a place, {name}-endian', jpeg(grey, app_exif(exif(full, order)), (1, 300, 300)), keeps=told, gps=True, density=300)
    add('exif-thumbnail', 'EXIF with a thumbnail, turned', jpeg(rgb, app_exif(exif(
        {0x010E: (ASCII, 'Square with a thumbnail'), 0x0112: (SHORT, [8]), 0x8825: gps()}, '>', {0x0103: (SHORT, [6]), 0x0201: Blob(thumb), 0x0202: (LONG, [len(thumb)])}))),
        orientation=8, keeps=['Square with a thumbnail'], gps=True)
    add('iptc', 'IPTC', jpeg(grey, app_iptc(iptc(caption='Bridge in 1931, IPTC', keyword='bridge of stone', city='Köln'))),
        keeps=['Bridge in 1931, IPTC', 'bridge of stone', 'Köln'])
    add('xmp', 'XMP with a source of its own', jpeg(grey, app_xmp(xmp('Market in 1931, XMP', 'negative 4711'))),
        keeps=['Market in 1931, XMP', 'negative 4711', 'Archive of the corpus', 'Box 17'])
    add('all-metadata', 'EXIF, IPTC, XMP and a profile, turned', jpeg(
        rgb, app_exif(exif({0x010E: (ASCII, 'Fair, EXIF'), 0x0112: (SHORT, [3])})) + app_iptc(iptc(caption='Fair, IPTC')) + app_xmp(xmp('Fair, XMP')) + app_icc(icc.ADOBE_RGB)),
        icc.ADOBE_RGB, 3, keeps=['Fair, EXIF', 'Fair, IPTC', 'Fair, XMP'])
    add('iptc-parts', 'IPTC after other resources of Photoshop', jpeg(grey, segment(0xED, b'Photoshop 3.0\0' + resource(b'\0' * 16, 0x03ED) + resource(iptc(caption='Mill, second resource')))),
        keeps=['Mill, second resource'])
    add('comment', 'with a comment', jpeg(grey, segment(0xFE, b'a comment')))
    add('density-inch', '600 dots per inch', jpeg(grey, density=(1, 600, 600)), density=600)
    add('density-cm', '118 dots per centimetre', jpeg(grey, density=(2, 118, 118)), density=299.7)
    add('density-ratio', 'the shape of a pixel alone, no density', jpeg(grey, density=(0, 4, 3)))
    add('exif-broken', 'broken EXIF, which is no reason to refuse it', jpeg(grey, app_exif(b'II*\0\x08\0\0\0\xff\xff' + b'\x5a' * 60)))
    add('xmp-broken', 'XMP that is no XML', jpeg(grey, app_xmp(b'<x:xmpmeta <<< not closed')))

    made.group = 'contents'
    for name, what, values, room in (
            ('white', 'a white page', np.ones((H, W, 1)), False), ('black', 'a black page', np.zeros((H, W, 3)), False),
            ('sepia', 'sepia', scene.sepia(W, H, 15), True), ('one-pixel', '1 x 1', np.full((1, 1, 1), 0.4), False),
            ('wide', '4,000 x 3', scene.grey(4000, 3, 16), True), ('near-white', 'a page that is nearly white', 0.985 + 0.015 * grey, False)):
        add(name, what, jpeg(values, quality=95), room=room)

    made.group = 'damage'
    scan = plain.find(b'\xff\xda')
    add('no-eoi', 'without its last marker, all pixels are there', plain[:-2], looks=plain)
    add('trailing', 'with other bytes behind its end', plain + b'\x07' * 3000)
    add('two', 'with a second JPEG behind it', plain + jpeg(scene.grey(40, 30, 17)))
    add('no-tables', 'without Huffman tables, as the frames of videos: the usual ones apply', without_tables(plain), looks=plain)
    add('fill-bytes', 'with fill bytes before markers', plain[:2] + b'\xff\xff\xff' + plain[2:])
    add('unknown-app', 'with a segment that nobody knows', jpeg(grey, segment(0xEB, b'unknown' * 9)))
    for name, what, file in (
            ('half', 'cut off in the middle', plain[:len(plain) // 2]), ('head-only', 'only its first bytes', plain[:60]),
            ('no-scan', 'cut off before its pixels', plain[:scan]), ('last-rows', 'cut off in its last rows', plain[:-200]),
            ('marker-only', 'two markers and nothing else', b'\xff\xd8\xff\xd9'),
            ('wrong-length', 'a segment whose length is beyond the file', plain[:2] + b'\xff\xe3\xff\xff' + plain[2:])):
        made.append(refused(f'jpeg/damaged-{name}.jpg', f'JPEG, {what}', file, 'unreadable-image'))
    frame = plain.find(b'\xff\xc0')
    huge = plain[:frame + 5] + struct.pack('>HH', 65000, 65000) + plain[frame + 9:]
    made.append(refused('jpeg/huge.jpg', 'JPEG, says that it has 4,225 megapixels', huge, 'too-large'))
    return made


def without_tables(data: bytes) -> bytes:
    """Without Huffman tables, as the frames of some videos."""
    while (at := data.find(b'\xff\xc4')) >= 0:
        data = data[:at] + data[at + 2 + struct.unpack('>H', data[at + 2:at + 4])[0]:]
    return data
