"""Directories of TIFF and of EXIF. TIFF 6.0, section 2; BigTIFF."""

import struct

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD, LONG8 = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16)
CODES = {1: 'B', 2: 'B', 3: 'H', 4: 'I', 5: 'II', 6: 'b', 7: 'B', 8: 'h', 9: 'i', 10: 'ii', 11: 'f', 12: 'd', 13: 'I', 16: 'Q'}


class Sub:
    """A directory below another, as the value of a tag."""

    def __init__(self, tags: dict, kind: int = LONG):
        self.tags, self.kind = tags, kind


class Blob:
    """Bytes whose offset is the value of a tag, such as a thumbnail."""

    def __init__(self, data: bytes):
        self.data = data


def packed(order: str, kind: int, values) -> bytes:
    if isinstance(values, str):
        values = values.encode() + b'\0'
    if isinstance(values, bytes):
        return values
    flat = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    code = CODES[kind]
    return b''.join(struct.pack(order + code, *flat[k:k + len(code)]) for k in range(0, len(flat), len(code)))


def directory(tags: dict, at: int, order: str = '<', big: bool = False, following: int = 0) -> bytes:
    """@param tags number -> (type, values) or Sub or [Sub] or Blob @param at offset of the directory in the file"""
    head, entry, inline = (8, 20, 8) if big else (2, 12, 4)
    pointer = 'Q' if big else 'I'
    size = head + entry * len(tags) + struct.calcsize(pointer)
    table, data = struct.pack(order + ('Q' if big else 'H'), len(tags)), b''
    for number, value in sorted(tags.items()):
        if isinstance(value, Sub):
            value = [value]
        if isinstance(value, Blob):
            where = at + size + len(data)
            data += value.data + b'\0' * (len(value.data) % 2)
            kind, values = LONG, [where]
        elif isinstance(value, list):
            kind, values = value[0].kind, []
            for sub in value:
                values.append(at + size + len(data))
                data += directory(sub.tags, values[-1], order, big)
                data += b'\0' * (len(data) % 2)
        else:
            kind, values = value
        content = packed(order, kind, values)
        count = len(content) // struct.calcsize(order + CODES[kind])
        if len(content) > inline:
            where = at + size + len(data)
            data += content + b'\0' * (len(content) % 2)
            content = struct.pack(order + pointer, where)
        table += struct.pack(order + 'HH' + pointer, number, kind, count) + content.ljust(inline, b'\0')
    return table + struct.pack(order + pointer, following) + data


def exif(tags: dict, order: str = '<', second: dict | None = None) -> bytes:
    """A TIFF without a picture. @param second directory of the thumbnail"""
    head = (b'II*\0' if order == '<' else b'MM\0*') + struct.pack(order + 'I', 8)
    if second is None:
        return head + directory(tags, 8, order)
    length = len(directory(tags, 8, order))
    length += length % 2
    return head + directory(tags, 8, order, following=8 + length).ljust(length, b'\0') + directory(second, 8 + length, order)


def gps(latitude: float = 52.5, longitude: float = 13.4) -> Sub:
    def degrees(value: float):
        whole = int(value)
        return [(whole, 1), (round((value - whole) * 60), 1), (0, 1)]

    return Sub({0: (BYTE, [2, 3, 0, 0]), 1: (ASCII, 'N'), 2: (RATIONAL, degrees(latitude)), 3: (ASCII, 'E'), 4: (RATIONAL, degrees(longitude))})


def camera() -> Sub:
    return Sub({0x9000: (UNDEFINED, b'0232'), 0x9003: (ASCII, '1931:05:04 12:00:00'), 0xA434: (ASCII, 'Lens of the corpus')})
