"""PNG files, written chunk by chunk. PNG, third edition."""

import struct
import zlib

import numpy as np

import icc
import scene
from ifd import ASCII, SHORT, exif, gps
from metadata import iptc, resource, xmp
from reference import Picture
from rows import Row, Rows, refused, shown

SIGNATURE = b'\x89PNG\r\n\x1a\n'
W, H = 96, 72


def chunk(kind: str, data: bytes = b'') -> bytes:
    body = kind.encode() + data
    return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))


def rows_of(samples: np.ndarray, bits: int) -> list[bytes]:
    flat = samples.reshape(samples.shape[0], -1)
    if bits == 16:
        return [row.astype('>u2').tobytes() for row in flat]
    if bits == 8:
        return [row.astype(np.uint8).tobytes() for row in flat]
    shifts = ((flat[..., None].astype(np.uint8) >> np.arange(bits - 1, -1, -1, dtype=np.uint8)) & 1).reshape(flat.shape[0], -1)
    return [row.tobytes() for row in np.packbits(shifts, axis=1)]


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def scanlines(samples: np.ndarray, bits: int, interlaced: bool) -> bytes:
    """Filter 1 (Sub) for whole bytes, none below."""
    step = max(1, bits * samples.shape[2] // 8)

    def filtered(row: bytes) -> bytes:
        if bits < 8:
            return b'\0' + row
        values = np.frombuffer(row, np.uint8)
        before = np.concatenate([np.zeros(step, np.uint8), values[:-step]]) if len(values) > step else np.zeros_like(values)
        return b'\1' + (values - before).tobytes()

    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [samples]
    return b''.join(filtered(row) for part in parts if part.size for row in rows_of(part, bits))


TYPES = {1: 0, 3: 2, 2: 4, 4: 6}


def png(samples: np.ndarray, bits: int, before: bytes = b'', after: bytes = b'', interlaced: bool = False,
        palette: bool = False, end: bytes | None = None, data: bytes | None = None) -> bytes:
    """@param before chunks before the pixels @param after chunks behind them @param end in place of IEND"""
    height, width, channels = samples.shape
    kind = 3 if palette else TYPES[channels]
    head = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, int(interlaced))
    packed = data if data is not None else chunk('IDAT', zlib.compress(scanlines(samples, bits, interlaced), 9))
    return SIGNATURE + chunk('IHDR', head) + before + packed + after + (chunk('IEND') if end is None else end)


def iccp(profile: bytes) -> bytes:
    return chunk('iCCP', b'icc\0\0' + zlib.compress(profile, 9))


def gama(value: float) -> bytes:
    return chunk('gAMA', struct.pack('>I', round(value * 100000)))


def chrm(white, *corners) -> bytes:
    return chunk('cHRM', struct.pack('>8I', *(round(v * 100000) for pair in (white, *corners) for v in pair)))


def phys(x: int, y: int, metre: int = 1) -> bytes:
    return chunk('pHYs', struct.pack('>IIB', x, y, metre))


def raw_profile(name: str, data: bytes) -> bytes:
    """As ImageMagick and ExifTool write IPTC and EXIF."""
    lines = '\n'.join(data.hex()[k:k + 72] for k in range(0, 2 * len(data), 72))
    return chunk('zTXt', f'Raw profile type {name}\0\0'.encode() + zlib.compress(f'\n{name}\n{len(data):8}\n{lines}\n'.encode(), 9))


def itxt(key: str, text: bytes) -> bytes:
    return chunk('iTXt', key.encode() + b'\0\0\0\0\0' + text)


def quantised(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    samples = scene.integers(values, bits)
    return samples, samples / ((1 << bits) - 1)


def palette_of(rgb: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices, and a palette of evenly spaced tones of sepia."""
    count = 1 << bits
    t = np.linspace(0.03, 0.97, count)
    colours = np.round(255 * np.stack([t**0.85, t**0.98, t**1.2], -1)).astype(np.uint8)
    tones = scene.encoded(scene.luminance(rgb))
    return np.clip(np.round(tones * (count - 1)), 0, count - 1).astype(np.uint8)[..., None], colours


def rows() -> list[Row]:
    made = Rows('types and depths')

    def add(name: str, what: str, picture: Picture, file: bytes, **more) -> None:
        made.append(shown(f'png/{name}.png', f'PNG, {what}', file, picture, **more))

    grey, rgb = scene.grey(W, H, 1), scene.coloured(W, H, 2)
    alpha = scene.soft_alpha(W, H)
    small_rgb, small_alpha = scene.coloured(64, 48, 3), scene.soft_alpha(64, 48)

    for bits in (1, 2, 4, 8, 16):
        for interlaced in (False, True):
            samples, values = quantised(scene.line_art(W, H, 4) if bits == 1 else grey, bits)
            add(f'grey{bits}{"-interlaced" * interlaced}', f'grey, {bits} bit{", interlaced" * interlaced}', Picture('grey', values),
                png(samples, bits, interlaced=interlaced), bits=16 if bits == 16 else 8, room=bits > 1)
    for bits in (1, 2, 4, 8):
        index, colours = palette_of(rgb, bits)
        add(f'palette{bits}', f'palette of {1 << bits} colours', Picture('rgb', colours[index[..., 0]] / 255),
            png(index, bits, chunk('PLTE', colours.tobytes()), palette=True, interlaced=bits == 4))
    for bits in (8, 16):
        source = rgb if bits == 8 else small_rgb
        opacity = alpha if bits == 8 else small_alpha
        samples, values = quantised(source, bits)
        add(f'rgb{bits}', f'RGB, {bits} bit', Picture('rgb', values), png(samples, bits), bits=bits)
        both, mixed = quantised(np.concatenate([source, opacity], -1), bits)
        add(f'rgba{bits}', f'RGB with alpha, {bits} bit', Picture('rgb', values, alpha=mixed[..., 3:]), png(both, bits, interlaced=bits == 8), bits=bits)
        tones = scene.encoded(scene.luminance(source))[..., None]
        both, mixed = quantised(np.concatenate([tones, opacity], -1), bits)
        add(f'grey-alpha{bits}', f'grey with alpha, {bits} bit', Picture('grey', mixed[..., :1], alpha=mixed[..., 1:]), png(both, bits), bits=bits)

    made.group = 'transparency'
    for bits in (8, 16):
        samples, values = quantised(grey, bits)
        key = int(samples[10, 10, 0])
        add(f'grey{bits}-trns', f'grey, {bits} bit, one tone transparent', Picture('grey', values, alpha=(samples != key).astype(float)),
            png(samples, bits, chunk('tRNS', struct.pack('>H', key))), bits=bits)
        samples, values = quantised(small_rgb, bits)
        key = samples[10, 10]
        visible = (samples != key).any(-1, keepdims=True).astype(float)
        add(f'rgb{bits}-trns', f'RGB, {bits} bit, one colour transparent', Picture('rgb', values, alpha=visible),
            png(samples, bits, chunk('tRNS', struct.pack('>3H', *map(int, key)))), bits=bits)
    index, colours = palette_of(rgb, 4)
    opacity = np.concatenate([np.linspace(0, 1, 8), np.ones(8)])
    add('palette-trns', 'palette with transparent entries',
        Picture('rgb', colours[index[..., 0]] / 255, alpha=np.round(255 * opacity)[index] / 255),
        png(index, 4, chunk('PLTE', colours.tobytes()) + chunk('tRNS', np.round(255 * opacity).astype(np.uint8).tobytes()), palette=True))

    made.group = 'colour spaces'
    g8, v8 = quantised(grey, 8)
    g16, v16 = quantised(grey, 16)
    c8, w8 = quantised(rgb, 8)
    c16, w16 = quantised(small_rgb, 16)
    for name, value in (('gama1', 1.0), ('gama055', 0.55)):
        add(f'grey8-{name}', f'grey, gAMA {value}', Picture('grey', v8, gamma=1 / value), png(g8, 8, gama(value)))
    add('grey8-gama045', 'grey, gAMA 0.45455, which browsers show as sRGB', Picture('grey', v8), png(g8, 8, gama(0.45455)))
    add('grey16-gama1', 'grey, 16 bit, gAMA 1', Picture('grey', v16, gamma=1.0), png(g16, 16, gama(1)), bits=16)
    add('rgb8-gama1', 'RGB, gAMA 1', Picture('rgb', w8, gamma=1.0), png(c8, 8, gama(1)))
    add('rgb16-gama1', 'RGB, 16 bit, gAMA 1', Picture('rgb', w16, gamma=1.0), png(c16, 16, gama(1)), bits=16)
    wide = icc.rgb('gAMA and cHRM', icc.P3, icc.gamma(2.2))
    add('rgb8-gama-chrm', 'RGB, gAMA and the primaries of P3', Picture('rgb', w8, wide), png(c8, 8, gama(1 / 2.2) + chrm(*icc.P3)))
    add('rgb8-srgb-chunk', 'RGB, sRGB chunk beside another gAMA, which yields', Picture('rgb', w8),
        png(c8, 8, gama(1) + chunk('sRGB', b'\0')))
    add('rgb8-cicp-p3', 'RGB, cICP of Display P3', Picture('rgb', w8, icc.DISPLAY_P3), png(c8, 8, chunk('cICP', bytes([12, 13, 0, 1]))))
    add('rgb8-cicp-srgb', 'RGB, cICP of sRGB beside another gAMA, which yields', Picture('rgb', w8),
        png(c8, 8, chunk('cICP', bytes([1, 13, 0, 1])) + gama(1)))
    for name, profile, what in (
            ('gg18', icc.GREY_18, 'grey profile of gamma 1.8'), ('gg22', icc.GREY_22, 'grey profile of gamma 2.2'),
            ('dg20', icc.DOT_20, 'dot gain of 20 %'), ('linear', icc.GREY_10, 'linear grey profile')):
        add(f'grey8-{name}', f'grey, {what}', Picture('grey', v8, profile), png(g8, 8, iccp(profile)))
        add(f'grey16-{name}', f'grey, 16 bit, {what}', Picture('grey', v16, profile), png(g16, 16, iccp(profile)), bits=16)
    add('grey8-icc-over-gama', 'grey, a profile beside another gAMA, which yields', Picture('grey', v8, icc.GREY_18),
        png(g8, 8, gama(1) + iccp(icc.GREY_18)))
    ga, mixed = quantised(np.concatenate([grey, alpha], -1), 8)
    add('grey-alpha8-gg18', 'grey with alpha, grey profile of gamma 1.8', Picture('grey', mixed[..., :1], icc.GREY_18, alpha=mixed[..., 1:]),
        png(ga, 8, iccp(icc.GREY_18)))
    for name, profile, what in (('p3', icc.DISPLAY_P3, 'Display P3'), ('adobe', icc.ADOBE_RGB, 'the primaries of Adobe RGB'),
                                ('wide', icc.PRO_PHOTO, 'the primaries of ProPhoto'), ('scanner', icc.SCANNER, 'a table profile of a scanner')):
        add(f'rgb8-{name}', f'RGB, {what}', Picture('rgb', w8, profile), png(c8, 8, iccp(profile)))
        add(f'rgb16-{name}', f'RGB, 16 bit, {what}', Picture('rgb', w16, profile), png(c16, 16, iccp(profile)), bits=16)
    add('grey8-broken-icc', 'grey, a broken profile, which is ignored', Picture('grey', v8), png(g8, 8, iccp(icc.BROKEN)))
    add('rgb16-broken-icc', 'RGB, 16 bit, a broken profile, which is ignored', Picture('rgb', w16), png(c16, 16, iccp(icc.BROKEN)), bits=16)
    add('grey8-rgb-icc', 'grey, a profile of RGB with the curve of sRGB', Picture('grey', v8), png(g8, 8, iccp(icc.DISPLAY_P3)))
    add('rgb8-grey-icc', 'RGB, a profile of grey, which is not for it', Picture('rgb', w8), png(c8, 8, iccp(icc.GREY_10)))

    made.group = 'metadata'
    facts = exif({0x010E: (ASCII, 'Harbour, PNG with EXIF'), 0x0112: (SHORT, [6]), 0x8825: gps()}, '>')
    add('exif-gps-turned', 'grey, eXIf with orientation 6 and a place', Picture('grey', v8, orientation=6),
        png(g8, 8, chunk('eXIf', facts)), keeps=['Harbour, PNG with EXIF'], gps=True)
    add('xmp', 'RGB, XMP', Picture('rgb', w8), png(c8, 8, itxt('XML:com.adobe.xmp', xmp('Market, PNG with XMP', 'scan 12'))),
        keeps=['Market, PNG with XMP', 'scan 12', 'Archive of the corpus', 'Box 17'])
    add('iptc', 'grey, IPTC as ImageMagick writes it', Picture('grey', v8),
        png(g8, 8, raw_profile('iptc', resource(iptc(caption='Bridge, PNG with IPTC', keyword='bridge')))), keeps=['Bridge, PNG with IPTC'])
    add('density', 'grey, 16 bit, 600 dpi', Picture('grey', v16), png(g16, 16, phys(23622, 23622)), bits=16, density=600)

    made.group = 'contents'
    for name, what, values, room in (
            ('white', 'a white page', np.ones((H, W, 1)), False), ('black', 'a black page', np.zeros((H, W, 1)), False),
            ('lines', 'line art', scene.line_art(W, H, 5), False), ('sepia', 'sepia', scene.sepia(W, H, 6), True),
            ('flat', 'one tone throughout', np.full((H, W, 1), 0.5), False), ('one-pixel', '1 x 1', np.full((1, 1, 1), 0.4), False),
            ('wide', '3,000 x 2', scene.grey(3000, 2, 7), True), ('tall', '2 x 3,000', scene.grey(2, 3000, 8), True)):
        samples, stored = quantised(values, 8)
        add(name, what, Picture('grey' if values.shape[2] == 1 else 'rgb', stored), png(samples, 8), room=room)
    speck = np.ones((H, W, 1))
    speck[30:32, 40:42] = 0.4
    samples, stored = quantised(speck, 8)
    add('speck', 'a white page with a speck', Picture('grey', stored), png(samples, 8), room=False)
    clear = np.concatenate([rgb, np.zeros((H, W, 1))], -1)
    samples, stored = quantised(clear, 8)
    add('transparent', 'transparent throughout', Picture('rgb', stored[..., :3], alpha=stored[..., 3:]), png(samples, 8), room=False)

    made.group = 'damage'
    pixels = zlib.compress(scanlines(g8, 8, False), 9)
    whole = png(g8, 8)
    middle = len(pixels) // 2
    bad = chunk('IDAT', pixels[:middle] + bytes([pixels[middle] ^ 0x55]) + pixels[middle + 1:])[:-4] + chunk('IDAT', pixels)[-4:]
    add('no-end', 'ends before IEND, all pixels are there', Picture('grey', v8), png(g8, 8, end=b''))
    add('trailing', 'with other bytes behind its end', Picture('grey', v8), whole + b'\x07' * 2000)
    add('text-crc', 'a text with a wrong checksum', Picture('grey', v8), png(g8, 8, chunk('tEXt', b'Comment\0ship')[:-4] + bytes(4)))
    add('split', 'pixels in many chunks', Picture('grey', v8),
        png(g8, 8, data=b''.join(chunk('IDAT', pixels[k:k + 100]) for k in range(0, len(pixels), 100))))
    add('unknown-chunk', 'a chunk that nobody knows', Picture('grey', v8), png(g8, 8, chunk('xyZz', b'hello')))
    still = chunk('acTL', struct.pack('>II', 1, 0)) + chunk('fcTL', struct.pack('>IIIIIHHBB', 0, W, H, 0, 0, 1, 10, 0, 0))
    add('animated', 'animated: its first picture', Picture('grey', v8), png(g8, 8, still))
    for name, what, file in (
            ('half', 'cut off in the middle', whole[:len(whole) // 2]),
            ('pixels-crc', 'one byte of its pixels is another one', png(g8, 8, data=bad)),
            ('short', 'fewer rows than it says', png(g8, 8, data=chunk('IDAT', zlib.compress(scanlines(g8[:40], 8, False), 9)))),
            ('no-pixels', 'no pixels', png(g8, 8, data=b'')),
            ('head-only', 'only its first bytes', whole[:40]),
            ('spoilt', 'spoilt pixels', whole[:300] + b'\x5a' * 60 + whole[360:])):
        made.append(refused(f'png/damaged-{name}.png', f'PNG, {what}', file, 'unreadable-image'))
    huge = bytearray(whole)
    huge[16:24] = struct.pack('>II', 40000, 40000)
    huge[29:33] = struct.pack('>I', zlib.crc32(bytes(huge[12:29])))
    made.append(refused('png/huge.png', 'PNG, says that it has 1,600 megapixels', bytes(huge), 'too-large'))
    return made
