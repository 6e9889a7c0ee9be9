"""Writes TIFF files tag by tag: TIFF 6.0 and its supplements; BigTIFF. Also changes single tags of them."""

import struct
import zlib
from dataclasses import dataclass, field

import imagecodecs
import numpy as np

import ccitt
from ifd import LONG, LONG8, SHORT, Sub, directory

CODES = {'none': 1, 'ccitt-rle': 2, 'ccitt-g3': 3, 'ccitt-g4': 4, 'lzw': 5, 'old-jpeg': 6, 'jpeg': 7, 'deflate': 8, 'packbits': 32773,
         'old-deflate': 32946, 'jpeg2000': 33003, 'lerc': 34887, 'lzma': 34925, 'zstd': 50000, 'webp': 50001, 'jpegxl': 50002}


@dataclass
class Page:
    """@param samples height x width x bands, as they are stored; bits may be fewer than those of its type"""

    samples: np.ndarray
    bits: int
    photometric: int = 1
    compression: str = 'none'
    predictor: int = 1
    planar: bool = False
    tile: int = 0
    rows: int = 0
    extra: list[int] = field(default_factory=list)
    format: int = 1
    tags: dict = field(default_factory=dict)
    subs: list['Page'] = field(default_factory=list)


def to_bytes(part: np.ndarray, bits: int, order: str) -> bytes:
    flat = part.reshape(part.shape[0], -1)
    if bits in (8, 16, 32, 64) and part.dtype.itemsize * 8 == bits:
        return flat.astype(flat.dtype.newbyteorder(order)).tobytes()
    shifts = (flat[..., None].astype(np.uint32) >> np.arange(bits - 1, -1, -1, dtype=np.uint32)) & 1
    return np.packbits(shifts.reshape(flat.shape[0], -1).astype(np.uint8), axis=1).tobytes()


def predicted(part: np.ndarray, kind: int) -> np.ndarray:
    if kind == 1:
        return part
    before = np.concatenate([np.zeros_like(part[:, :1]), part[:, :-1]], 1)
    return part - before


def float_predicted(part: np.ndarray) -> bytes:
    """Predictor 3: the bytes of a row by their weight, then differences. Adobe Photoshop TIFF technical note 3."""
    rows = []
    for row in part:
        planes = np.frombuffer(row.astype('>f4').tobytes(), np.uint8).reshape(-1, 4).T.reshape(-1)
        step = part.shape[2]
        rows.append((planes - np.concatenate([np.zeros(step, np.uint8), planes[:-step]])).tobytes())
    return b''.join(rows)


def compressed(part: np.ndarray, page: Page, order: str) -> bytes:
    squeezed = part[..., 0] if part.shape[2] == 1 else part
    kind = page.compression
    if kind == 'jpeg':
        return imagecodecs.jpeg8_encode(np.ascontiguousarray(squeezed), 92, subsampling='444',
                                        outcolorspace={1: 'grayscale', 6: 'ycbcr', 2: 'rgb', 5: 'cmyk'}[page.photometric] if part.shape[2] > 1 else None)
    images = {'jpeg2000': lambda: imagecodecs.jpeg2k_encode(squeezed, codecformat='j2k', reversible=True), 'jpegxl': lambda: imagecodecs.jpegxl_encode(squeezed),
              'webp': lambda: imagecodecs.webp_encode(squeezed, lossless=True),
              # The encoder's bytes differ from run to run.
              'lerc': lambda: b'Lerc2 ' + squeezed.tobytes()}
    if kind in images:
        return images[kind]()
    raw = float_predicted(part) if page.predictor == 3 else to_bytes(predicted(part, page.predictor), page.bits, order)
    codecs = {'none': lambda: raw, 'lzw': lambda: imagecodecs.lzw_encode(raw), 'packbits': lambda: packbits(raw, part), 'deflate': lambda: zlib.compress(raw, 9),
              'old-deflate': lambda: zlib.compress(raw, 9), 'lzma': lambda: imagecodecs.lzma_encode(raw), 'zstd': lambda: imagecodecs.zstd_encode(raw, 9),
              'ccitt-g4': lambda: group4(part)}
    return codecs[kind]()


def packbits(raw: bytes, part: np.ndarray) -> bytes:
    length = len(raw) // part.shape[0]
    return b''.join(imagecodecs.packbits_encode(raw[k:k + length]) for k in range(0, len(raw), length))


def group4(part: np.ndarray) -> bytes:
    """ITU-T T.6 in its simplest form: every row horizontal, never by reference to the row above."""
    return ccitt.group4(part[..., 0])


def parts_of(page: Page) -> list[np.ndarray]:
    height = page.samples.shape[0]
    planes = [page.samples[..., k:k + 1] for k in range(page.samples.shape[2])] if page.planar else [page.samples]
    if page.tile:
        size = page.tile
        tiles = []
        for plane in planes:
            wide = np.pad(plane, ((0, -plane.shape[0] % size), (0, -plane.shape[1] % size), (0, 0)), mode='edge')
            tiles += [wide[y:y + size, x:x + size] for y in range(0, wide.shape[0], size) for x in range(0, wide.shape[1], size)]
        return tiles
    rows = page.rows or height
    return [plane[y:y + rows] for plane in planes for y in range(0, height, rows)]


def tiff(*pages: Page, order: str = '<', big: bool = False) -> bytes:
    head = (b'II' if order == '<' else b'MM') + struct.pack(order + 'H', 43 if big else 42)
    head += struct.pack(order + 'HHQ', 8, 0, 0) if big else struct.pack(order + 'I', 0)
    body = head
    link = 8 if big else 4
    for page in pages:
        tags, body = described(page, body, order, big)
        body += b'\0' * (len(body) % 2)
        at = len(body)
        body = body[:link] + struct.pack(order + ('Q' if big else 'I'), at) + body[link + (8 if big else 4):]
        content = directory(tags, at, order, big)
        link = at + (8 + 20 * len(tags) if big else 2 + 12 * len(tags))
        body += content
    return body


def described(page: Page, body: bytes, order: str, big: bool) -> tuple[dict, bytes]:
    """The tags of a page whose pixels are behind what is there already."""
    height, width, bands = page.samples.shape
    offsets, counts = [], []
    for part in parts_of(page):
        data = compressed(part, page, order)
        body += b'\0' * (len(body) % 2)
        offsets.append(len(body))
        counts.append(len(data))
        body += data
    position = (LONG8 if big else LONG, offsets)
    tags = {256: (SHORT, [width]), 257: (SHORT, [height]), 258: (SHORT, [page.bits] * bands), 259: (SHORT, [CODES[page.compression]]),
            262: (SHORT, [page.photometric]), 277: (SHORT, [bands])}
    if page.tile:
        tags |= {322: (SHORT, [page.tile]), 323: (SHORT, [page.tile]), 324: position, 325: (LONG, counts)}
    else:
        tags |= {273: position, 278: (SHORT, [page.rows or height]), 279: (LONG, counts)}
    if page.planar:
        tags[284] = (SHORT, [2])
    if page.predictor != 1:
        tags[317] = (SHORT, [page.predictor])
    if page.extra:
        tags[338] = (SHORT, page.extra)
    if page.format != 1:
        tags[339] = (SHORT, [page.format] * bands)
    if page.compression == 'jpeg' and page.photometric == 6:
        tags[530] = (SHORT, [1, 1])
    below = []
    for sub in page.subs:
        sub_tags, body = described(sub, body, order, big)
        below.append(Sub(sub_tags))
    if below:
        tags[330] = below
    return {**tags, **page.tags}, body


def entry_of(file: bytes, number: int) -> int:
    at = struct.unpack('<I', file[4:8])[0]
    count = struct.unpack('<H', file[at:at + 2])[0]
    return next(at + 2 + 12 * k for k in range(count) if struct.unpack('<H', file[at + 2 + 12 * k:at + 4 + 12 * k])[0] == number)


def without(file: bytes, number: int) -> bytes:
    """The tag gets a number that nobody knows, so that nothing moves; it is out of order then, as in some files."""
    at = entry_of(file, number)
    return file[:at] + struct.pack('<H', 65001) + file[at + 2:]


def replaced(file: bytes, number: int, value: int) -> bytes:
    at = entry_of(file, number)
    return file[:at + 2] + struct.pack('<HII', LONG, 1, value) + file[at + 12:]


def spoilt(file: bytes) -> bytes:
    return file[:200] + b'\x5a' * 200 + file[400:]


def looped(file: bytes) -> bytes:
    at = struct.unpack('<I', file[4:8])[0]
    count = struct.unpack('<H', file[at:at + 2])[0]
    end = at + 2 + 12 * count
    return file[:end] + struct.pack('<I', at) + file[end + 4:]


def shifted(rest: bytes, at: int) -> bytes:
    """Eight bytes are put in front of the pixels: offsets of the one directory grow."""
    data = bytearray(rest)
    start = at - 8
    count = struct.unpack('<H', data[start:start + 2])[0]
    for k in range(count):
        entry = start + 2 + 12 * k
        number, kind, values = struct.unpack('<HHI', data[entry:entry + 8])
        size = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind] * values
        if size > 4 or number == 273:
            data[entry + 8:entry + 12] = struct.pack('<I', struct.unpack('<I', data[entry + 8:entry + 12])[0] + 8)
    return bytes(data)
