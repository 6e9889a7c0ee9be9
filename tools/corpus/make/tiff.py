"""TIFF files of every compression, depth, layout and photometric interpretation; DNG 1.6 for what camera raw looks like."""

import struct

import imagecodecs
import numpy as np

import icc
import scene
from ifd import ASCII, BYTE, LONG, RATIONAL, SHORT, UNDEFINED, camera, gps
from jpeg import cmyk_of
from metadata import iptc, resource, xmp
from reference import Picture
from rows import Row, Rows, refused, shown
from tiff_file import Page, looped, replaced, shifted, spoilt, tiff, without

W, H = 80, 60


def quantised(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    samples = scene.integers(values, bits)
    return samples, samples / ((1 << bits) - 1)


def profile_tag(data: bytes) -> dict:
    return {34675: (UNDEFINED, data)}


def rows() -> list[Row]:
    made = Rows('compressions')

    def add(name: str, what: str, picture: Picture, file: bytes, **more) -> None:
        made.append(shown(f'tiff/{name}.tif', f'TIFF, {what}', file, picture, **more))

    def no(name: str, what: str, file: bytes, code: str = 'unsupported-format', says: str | None = None) -> None:
        made.append(refused(f'tiff/{name}.tif', f'TIFF, {what}', file, code, says))

    grey = scene.grey(W, H, 21)
    small = scene.coloured(56, 42, 23)
    g8, v8 = quantised(grey, 8)
    g16, v16 = quantised(grey, 16)
    c8, w8 = quantised(small, 8)
    c16, w16 = quantised(small, 16)
    lines, line_values = quantised(scene.line_art(W, H, 24), 1)

    for kind in ('none', 'lzw', 'deflate', 'old-deflate', 'packbits'):
        add(f'grey8-{kind}', f'grey, {kind}', Picture('grey', v8), tiff(Page(g8, 8, compression=kind, rows=16)))
    for kind in ('lzw', 'deflate'):
        add(f'rgb8-{kind}-predictor', f'RGB, {kind} with a predictor', Picture('rgb', w8), tiff(Page(c8, 8, 2, kind, 2)))
        add(f'rgb16-{kind}-predictor', f'RGB, 16 bit, {kind} with a predictor', Picture('rgb', w16), tiff(Page(c16, 16, 2, kind, 2)), bits=16)
    add('lines-g4', 'black and white, fax group 4', Picture('grey', line_values), tiff(Page(1 - lines, 1, 0, 'ccitt-g4')), room=False)
    for name, source, photometric in (('grey', g8, 1), ('ycbcr', c8, 6)):
        file = tiff(Page(source, 8, photometric, 'jpeg'))
        at = file.find(b'\xff\xd8')
        values = imagecodecs.jpeg8_decode(file[at:file.find(b'\xff\xd9', at) + 2]) / 255
        add(f'{name}-jpeg', f'{name}, JPEG', Picture('grey' if photometric == 1 else 'rgb', values if values.ndim == 3 else values[..., None]), file)
    add('rgb8-webp', 'RGB, WebP', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'webp')))
    for kind in ('zstd', 'lzma', 'lerc', 'jpeg2000', 'jpegxl'):
        no(f'rgb8-{kind}', f'RGB, {kind}', tiff(Page(c8, 8, 2, kind)), says='TIFF')
    no('grey8-old-jpeg', 'grey, the JPEG of TIFF 6.0, long obsolete', old_jpeg(g8), says='TIFF')

    made.group = 'depths'
    for bits in (1, 2, 4):
        samples, values = quantised(scene.line_art(W, H, 25) if bits == 1 else grey, bits)
        add(f'grey{bits}', f'grey, {bits} bit', Picture('grey', values), tiff(Page(samples, bits)), room=bits > 1)
    samples, values = quantised(grey, 4)
    add('grey4-white0', 'grey, 4 bit, 0 is white', Picture('grey', values), tiff(Page(15 - samples, 4, 0)))
    for order, name in (('<', 'little'), ('>', 'big')):
        add(f'grey16-{name}', f'grey, 16 bit, {name}-endian', Picture('grey', v16), tiff(Page(g16, 16), order=order), bits=16)
        add(f'rgb16-{name}', f'RGB, 16 bit, {name}-endian', Picture('rgb', w16), tiff(Page(c16, 16, 2), order=order), bits=16)
    twelve = scene.integers(grey, 12)
    no('grey12', 'grey, 12 bit', tiff(Page(twelve, 12)))
    for name, what, values, bits, form in (
            ('float32', 'floating point', grey.astype(np.float32), 32, 3), ('float64', 'floating point of 64 bit', grey.astype(np.float64), 64, 3),
            ('float16', 'floating point of 16 bit', grey.astype(np.float16), 16, 3), ('uint32', '32 bit', (grey * 4e9).astype(np.uint32), 32, 1),
            ('int8', 'signed, 8 bit', (grey * 127).astype(np.int8), 8, 2), ('int16', 'signed, 16 bit', (grey * 32767).astype(np.int16), 16, 2)):
        no(f'grey-{name}', f'grey, {what}', tiff(Page(values, bits, format=form)))
    no('float32-predictor', 'RGB, floating point with a predictor', tiff(Page(small.astype(np.float32), 32, 2, 'deflate', 3, format=3)))

    made.group = 'interpretations'
    add('grey8-white0', 'grey, 0 is white', Picture('grey', v8), tiff(Page(255 - g8, 8, 0)))
    add('grey16-white0', 'grey, 16 bit, 0 is white', Picture('grey', v16), tiff(Page(65535 - g16, 16, 0), order='>'), bits=16)
    add('lines-white0', 'black and white, 0 is white', Picture('grey', line_values), tiff(Page(1 - lines, 1, 0)), room=False)
    t = np.linspace(0.03, 0.97, 256)
    colours = np.stack([t**0.85, t**0.98, t**1.2])
    table = np.round(colours * 65535).astype(int)
    add('palette8', 'palette', Picture('rgb', (table.T / 65535)[g8[..., 0]]), tiff(Page(g8, 8, 3, tags={320: (SHORT, table.ravel().tolist())})))
    ink = cmyk_of(small)
    k8, ink8 = quantised(ink, 8)
    k16, ink16 = quantised(ink, 16)
    add('cmyk8', 'CMYK, no profile', Picture('cmyk', ink8), tiff(Page(k8, 8, 5)), tones=False)
    add('cmyk8-icc', 'CMYK, a profile of a press', Picture('cmyk', ink8, icc.CMYK), tiff(Page(k8, 8, 5, 'lzw', tags=profile_tag(icc.CMYK))))
    add('cmyk16-icc', 'CMYK, 16 bit, a profile of a press', Picture('cmyk', ink16, icc.CMYK), tiff(Page(k16, 16, 5, 'deflate', tags=profile_tag(icc.CMYK))), bits=16)
    add('cmyk8-planar-icc', 'CMYK in planes, a profile of a press', Picture('cmyk', ink8, icc.CMYK), tiff(Page(k8, 8, 5, 'lzw', planar=True, tags=profile_tag(icc.CMYK))))
    spot = np.concatenate([k8, scene.integers(scene.grey(56, 42, 26), 8)], -1)
    add('cmyk8-spot-icc', 'CMYK and a spot colour, which is left alone', Picture('cmyk', ink8, icc.CMYK), tiff(Page(spot, 8, 5, extra=[0], tags=profile_tag(icc.CMYK))))
    for bits in (8, 16):
        samples, picture = lab_page(small, bits)
        add(f'lab{bits}', f'CIE Lab, {bits} bit', picture, tiff(Page(samples, bits, 8)), bits=bits)

    made.group = 'layouts'
    add('rgb8-planar', 'RGB in planes', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'lzw', planar=True)))
    add('rgb16-planar', 'RGB in planes, 16 bit, in strips', Picture('rgb', w16), tiff(Page(c16, 16, 2, 'deflate', planar=True, rows=10), order='>'), bits=16)
    add('grey8-tiles', 'grey in tiles', Picture('grey', v8), tiff(Page(g8, 8, compression='deflate', tile=32)))
    add('grey16-tiles', 'grey in tiles, 16 bit', Picture('grey', v16), tiff(Page(g16, 16, compression='lzw', tile=16), order='>'), bits=16)
    add('rgb8-tiles-planar', 'RGB in tiles and planes', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'lzw', planar=True, tile=32)))
    add('grey8-strips', 'grey in strips of one row', Picture('grey', v8), tiff(Page(g8, 8, compression='packbits', rows=1)))
    for order, name in (('<', 'little'), ('>', 'big')):
        add(f'grey8-bigtiff-{name}', f'grey, BigTIFF, {name}-endian', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw'), order=order, big=True))
    add('rgb16-bigtiff', 'RGB, BigTIFF, 16 bit, tiles', Picture('rgb', w16), tiff(Page(c16, 16, 2, 'deflate', tile=32), big=True), bits=16)

    made.group = 'extra samples'
    opacity = scene.soft_alpha(56, 42)
    for bits, source, values in ((8, c8, w8), (16, c16, w16)):
        straight, alpha = quantised(opacity, bits)
        infrared = scene.integers(scene.grey(56, 42, 27), bits)
        add(f'rgb{bits}-unassociated', f'RGB, {bits} bit, unassociated alpha', Picture('rgb', values, alpha=alpha),
            tiff(Page(np.concatenate([source, straight], -1), bits, 2, 'lzw', extra=[2])), bits=bits)
        multiplied, shown_values = premultiplied(values, alpha, bits)
        add(f'rgb{bits}-associated', f'RGB, {bits} bit, associated alpha', Picture('rgb', shown_values, alpha=alpha),
            tiff(Page(np.concatenate([multiplied, straight], -1), bits, 2, 'lzw', extra=[1])), bits=bits)
        add(f'rgb{bits}-infrared', f'RGB, {bits} bit, and a sample of no stated meaning: infrared', Picture('rgb', values),
            tiff(Page(np.concatenate([source, infrared], -1), bits, 2, 'deflate', extra=[0])), bits=bits)
    more = [scene.integers(scene.grey(56, 42, seed), 8) for seed in (28, 29, 30)]
    add('rgb8-two-selections', 'RGB and two selections', Picture('rgb', w8), tiff(Page(np.concatenate([c8, *more[:2]], -1), 8, 2, 'lzw', extra=[0, 0])))
    add('rgb8-selections-planar', 'RGB and three selections, in planes', Picture('rgb', w8), tiff(Page(np.concatenate([c8, *more], -1), 8, 2, 'lzw', planar=True, extra=[0, 0, 0])))
    straight, alpha = quantised(opacity, 8)
    add('rgb8-alpha-selection', 'RGB, unassociated alpha and a selection', Picture('rgb', w8, alpha=alpha), tiff(Page(np.concatenate([c8, straight, more[0]], -1), 8, 2, 'lzw', extra=[2, 0])))
    add('rgb8-selection-alpha', 'RGB, a selection and unassociated alpha', Picture('rgb', w8, alpha=alpha), tiff(Page(np.concatenate([c8, more[0], straight], -1), 8, 2, 'lzw', extra=[0, 2])))
    for bits, source, values in ((8, g8, v8), (16, g16, v16)):
        wide, alpha = quantised(scene.soft_alpha(W, H), bits)
        add(f'grey{bits}-alpha', f'grey, {bits} bit, unassociated alpha', Picture('grey', values, alpha=alpha), tiff(Page(np.concatenate([source, wide], -1), bits, 1, 'lzw', extra=[2])), bits=bits)
        add(f'grey{bits}-infrared', f'grey, {bits} bit, and a sample of no stated meaning', Picture('grey', values), tiff(Page(np.concatenate([source, wide], -1), bits, 1, 'lzw', extra=[0])), bits=bits)
    wide, alpha = quantised(scene.soft_alpha(W, H), 8)
    add('grey8-white0-alpha', 'grey, 0 is white, unassociated alpha', Picture('grey', v8, alpha=alpha), tiff(Page(np.concatenate([255 - g8, wide], -1), 8, 0, 'lzw', extra=[2])))

    made.group = 'profiles'
    for name, profile, what in (('gg18', icc.GREY_18, 'gamma 1.8'), ('gg22', icc.GREY_22, 'gamma 2.2'), ('dg20', icc.DOT_20, 'dot gain of 20 %'), ('linear', icc.GREY_10, 'linear')):
        add(f'grey8-{name}', f'grey, grey profile: {what}', Picture('grey', v8, profile), tiff(Page(g8, 8, compression='lzw', tags=profile_tag(profile))))
        add(f'grey16-{name}', f'grey, 16 bit, grey profile: {what}', Picture('grey', v16, profile), tiff(Page(g16, 16, compression='deflate', tags=profile_tag(profile))), bits=16)
    add('grey16-white0-dg20', 'grey, 16 bit, 0 is white, dot gain of 20 %', Picture('grey', v16, icc.DOT_20), tiff(Page(65535 - g16, 16, 0, tags=profile_tag(icc.DOT_20))), bits=16)
    for name, profile, what in (('adobe', icc.ADOBE_RGB, 'Adobe RGB'), ('wide', icc.PRO_PHOTO, 'ProPhoto'), ('scanner', icc.SCANNER, 'a table of a scanner'), ('linear', icc.LINEAR_RGB, 'linear')):
        add(f'rgb8-{name}', f'RGB, profile: {what}', Picture('rgb', w8, profile), tiff(Page(c8, 8, 2, 'lzw', tags=profile_tag(profile))))
        add(f'rgb16-{name}', f'RGB, 16 bit, profile: {what}', Picture('rgb', w16, profile), tiff(Page(c16, 16, 2, 'deflate', tags=profile_tag(profile))), bits=16)
    add('rgb16-infrared-adobe', 'RGB, 16 bit, infrared, profile: Adobe RGB', Picture('rgb', w16, icc.ADOBE_RGB),
        tiff(Page(np.concatenate([c16, g16[:42, :56]], -1), 16, 2, 'deflate', extra=[0], tags=profile_tag(icc.ADOBE_RGB))), bits=16)
    add('grey16-broken-icc', 'grey, 16 bit, a broken profile, which is ignored', Picture('grey', v16), tiff(Page(g16, 16, tags=profile_tag(icc.BROKEN))), bits=16)
    add('grey16-rgb-icc', 'grey, 16 bit, a profile of RGB with the curve of sRGB', Picture('grey', v16), tiff(Page(g16, 16, tags=profile_tag(icc.DISPLAY_P3))), bits=16)
    add('rgb8-cmyk-icc', 'RGB, a profile of CMYK, which is not for it', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'lzw', tags=profile_tag(icc.CMYK))))

    made.group = 'orientation and metadata'
    for n, kind in ((2, SHORT), (3, SHORT), (6, BYTE), (6, LONG), (6, SHORT), (7, SHORT), (8, SHORT)):
        name = {SHORT: '', BYTE: '-byte', LONG: '-long'}[kind]
        add(f'orientation{n}{name}', f'orientation {n}{name.replace("-", " of the type ")}', Picture('grey', v8, orientation=n), tiff(Page(g8, 8, compression='lzw', tags={274: (kind, [n])})))
    add('rgb16-orientation6', 'RGB, 16 bit, orientation 6', Picture('rgb', w16, orientation=6), tiff(Page(c16, 16, 2, 'deflate', tags={274: (SHORT, [6])})), bits=16)
    told = {270: (ASCII, 'Harbour, TIFF with EXIF'), 271: (ASCII, 'Scanner of the corpus'), 305: (ASCII, 'Software of the corpus'), 315: (ASCII, 'A. Photographer'), 33432: (ASCII, 'Rights of the corpus'),
            282: (RATIONAL, [(600, 1)]), 283: (RATIONAL, [(600, 1)]), 296: (SHORT, [2]), 34665: camera(), 34853: gps()}
    keeps = ['Harbour, TIFF with EXIF', 'Scanner of the corpus', 'A. Photographer', 'Rights of the corpus', 'Lens of the corpus']
    add('exif-gps', 'grey, EXIF with a place', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw', tags=told)), keeps=keeps, gps=True, density=600)
    add('grey16-all-metadata', 'grey, 16 bit, EXIF, a place, IPTC, XMP and dot gain of 20 %', Picture('grey', v16, icc.DOT_20), tiff(Page(g16, 16, compression='lzw', tags={
        **told, **profile_tag(icc.DOT_20), 33723: (UNDEFINED, iptc(caption='Fair in 1931, TIFF with IPTC', keyword='fair')), 700: (BYTE, xmp('Fair in 1931, TIFF with XMP', 'negative 4712'))}), order='>'),
        bits=16, keeps=[*keeps, 'Fair in 1931, TIFF with IPTC', 'Fair in 1931, TIFF with XMP', 'negative 4712'], gps=True, density=600)
    add('iptc-photoshop', 'RGB, IPTC among the resources of Photoshop', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'lzw', tags={34377: (BYTE, resource(iptc(caption='Mill, TIFF with resources')))})),
        keeps=['Mill, TIFF with resources'])
    add('density-cm', 'grey, 118 dots per centimetre', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw', tags={282: (RATIONAL, [(118, 1)]), 283: (RATIONAL, [(118, 1)]), 296: (SHORT, [3])})), density=299.7)

    made.group = 'pages'
    thumb = scene.integers(scene.grey(20, 15, 31), 8)
    other = scene.integers(scene.grey(48, 36, 32), 8)
    reduced = {254: (LONG, [1])}
    add('thumbnail-first', 'a reduced-size page first', Picture('grey', v8), tiff(Page(thumb, 8, tags=reduced), Page(g8, 8, compression='lzw', tags={254: (LONG, [0])})))
    add('thumbnail-first-old', 'a reduced-size page first, by the old tag', Picture('grey', v8), tiff(Page(thumb, 8, tags={255: (SHORT, [2])}), Page(g8, 8, compression='lzw', tags={255: (SHORT, [1])})))
    add('thumbnail-second', 'a reduced-size page second', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw'), Page(thumb, 8, tags=reduced)))
    add('sub-thumbnail', 'a reduced-size page in a SubIFD', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw', subs=[Page(thumb, 8, tags=reduced)])))
    add('sub-full', 'the full picture in a SubIFD, a thumbnail as the page', Picture('grey', v8), tiff(Page(thumb, 8, tags=reduced, subs=[Page(g8, 8, compression='lzw', tags={254: (LONG, [0])})])))
    add('mask-second', 'a transparency mask second', Picture('rgb', w8), tiff(Page(c8, 8, 2, 'lzw'), Page(scene.integers(scene.line_art(56, 42, 33), 1), 1, 4, tags={254: (LONG, [4])})))
    add('mask-first', 'a transparency mask first', Picture('rgb', w8), tiff(Page(scene.integers(scene.line_art(56, 42, 33), 1), 1, 4, tags={254: (LONG, [4])}), Page(c8, 8, 2, 'lzw')))
    number = lambda k, n: {254: (LONG, [2]), 297: (SHORT, [k, n])}
    add('three-pages', 'three pages: the first', Picture('grey', v8), tiff(Page(g8, 8, compression='lzw', tags=number(0, 3)), Page(other, 8, tags=number(1, 3)), Page(other, 8, tags=number(2, 3))), pages=3)
    add('thumbnail-and-pages', 'a reduced-size page, then two full ones', Picture('grey', v8), tiff(Page(thumb, 8, tags=reduced), Page(g8, 8, compression='lzw'), Page(other, 8)), pages=2)

    made.group = 'camera raw'
    mosaic = g16[:42, :56]
    cfa = {33421: (SHORT, [2, 2]), 33422: (BYTE, [0, 1, 1, 2])}
    dng = {50706: (BYTE, [1, 4, 0, 0]), 50708: (ASCII, 'Camera of the corpus'), 254: (LONG, [1])}
    raws = [('dng', 'dng', tiff(Page(scene.integers(scene.coloured(20, 15, 34), 8), 8, 2, tags=dng, subs=[Page(mosaic, 16, 32803, tags={254: (LONG, [0]), **cfa})]))),
            ('dng-linear', 'dng', tiff(Page(scene.integers(scene.coloured(20, 15, 34), 8), 8, 2, tags=dng, subs=[Page(c16, 16, 34892, tags={254: (LONG, [0])})]))),
            ('nef', 'nef', tiff(Page(scene.integers(scene.coloured(20, 15, 35), 8), 8, 2, tags={**reduced, 271: (ASCII, 'NIKON CORPORATION')}, subs=[Page(mosaic, 16, 32803, tags={254: (LONG, [0]), **cfa})]), order='>')),
            ('cfa', 'tif', tiff(Page(mosaic, 16, 32803, tags=cfa)))]
    cr2 = bytearray(tiff(Page(scene.integers(scene.coloured(20, 15, 36), 8), 8, 2, tags={271: (ASCII, 'Canon')})))
    at = struct.unpack('<I', cr2[4:8])[0]
    raws.append(('cr2', 'cr2', bytes(cr2[:4]) + struct.pack('<I', at + 8) + b'CR\x02\0\0\0\0\0' + shifted(bytes(cr2[8:]), at)))
    for name, extension, file in raws:
        made.append(refused(f'tiff/raw-{name}.{extension}', f'camera raw: {name.upper()}', file, 'unsupported-format', 'raw'))

    made.group = 'contents'
    for name, what, values, room in (('white', 'a white page', np.ones((H, W, 1)), False), ('black16', 'a black page, 16 bit', np.zeros((H, W, 1)), False), ('one-pixel', '1 x 1', np.full((1, 1, 1), 0.4), False), ('wide', '3,000 x 2', scene.grey(3000, 2, 37), True)):
        bits = 16 if name.endswith('16') else 8
        samples, stored = quantised(values, bits)
        add(name, what, Picture('grey', stored), tiff(Page(samples, bits, compression='lzw')), bits=bits, room=room)
    samples, stored = quantised(scene.sepia(56, 42, 38), 16)
    add('sepia16', 'sepia, 16 bit', Picture('rgb', stored), tiff(Page(samples, 16, 2, 'deflate')), bits=16)

    made.group = 'damage'
    plain = tiff(Page(g8, 8, rows=20))
    add('trailing', 'with other bytes behind its end', Picture('grey', v8), plain + b'\x07' * 1000)
    add('no-counts', 'without the lengths of its strips, uncompressed', Picture('grey', v8), without(tiff(Page(g8, 8)), 279))
    add('unknown-tag', 'a tag that nobody knows', Picture('grey', v8), tiff(Page(g8, 8, tags={65000: (SHORT, [1, 2, 3])})))
    add('loop', 'directories in a ring', Picture('grey', v8), looped(plain))
    for name, what, file in (
            ('half', 'cut off in the middle', plain[:len(plain) // 2]), ('directory', 'cut off in its directory', plain[:-60]), ('head-only', 'only its first bytes', plain[:8]),
            ('no-strips', 'no tag for its strips', without(plain, 273)), ('strips-outside', 'strips beyond the file', replaced(plain, 273, 10**8)),
            ('lzw', 'spoilt LZW', spoilt(tiff(Page(g8, 8, compression='lzw')))), ('deflate', 'half of its deflate', replaced(tiff(Page(g8, 8, compression='deflate')), 279, 1000)),
            ('no-width', 'no tag for its width', without(plain, 256)), ('directory-outside', 'a directory beyond the file', plain[:4] + struct.pack('<I', 10**8) + plain[8:])):
        no(f'damaged-{name}', what, file, 'unreadable-image')
    huge = tiff(Page(g8, 8, compression='deflate'))
    no('huge', 'says that it has 3,600 megapixels', replaced(replaced(replaced(huge, 256, 60000), 257, 60000), 278, 60000), 'too-large')
    return made


def lab_page(rgb: np.ndarray, bits: int) -> tuple[np.ndarray, Picture]:
    lab = icc.lab_of(scene.linear(rgb) @ icc.primaries_d50(*icc.SRGB).T)
    scale = 1 if bits == 8 else 256
    top = 255 if bits == 8 else 65535
    lightness = np.round(lab[..., :1] / 100 * top)
    ab = np.round(lab[..., 1:] * scale)
    samples = np.concatenate([lightness, ab % (256 * scale)], -1).astype(np.uint8 if bits == 8 else np.uint16)
    return samples, Picture('lab', np.concatenate([lightness / top * 100, ab / scale], -1))


def premultiplied(values: np.ndarray, alpha: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    samples, stored = quantised(values * alpha, bits)
    return samples, np.clip(stored / alpha, 0, 1)


def old_jpeg(samples: np.ndarray) -> bytes:
    """Compression 6 with its interchange format, as scanners of the nineties wrote it."""
    stream = imagecodecs.jpeg8_encode(np.ascontiguousarray(samples[..., 0]), 88)
    file = tiff(Page(samples, 8))
    at = len(file) + len(file) % 2
    file = file.ljust(at, b'\0') + stream
    file = replaced(replaced(file, 259, 6), 273, at)
    return replaced(replaced(file, 279, len(stream)), 277, 1)
