"""ICC profiles of our own making. ICC.1:2001-04 (version 2) and ICC.1:2010 (version 4)."""

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)


def fixed(value: float) -> bytes:
    return struct.pack('>i', round(value * 65536))


def xyz(*values: float) -> bytes:
    return b'XYZ \0\0\0\0' + b''.join(fixed(v) for v in values)


def gamma(value: float) -> bytes:
    return b'curv\0\0\0\0' + struct.pack('>IH', 1, round(value * 256)) + b'\0\0'


def curve(values: np.ndarray) -> bytes:
    table = np.round(np.clip(values, 0, 1) * 65535).astype('>u2')
    data = b'curv\0\0\0\0' + struct.pack('>I', len(table)) + table.tobytes()
    return data + b'\0' * (-len(data) % 4)


def srgb_curve() -> bytes:
    """Parametric, type 3: version 4 only."""
    values = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return b'para\0\0\0\0' + struct.pack('>HH', 3, 0) + b''.join(fixed(v) for v in values)


def text(value: str, version: int) -> bytes:
    if version == 4:
        data = value.encode('utf-16-be')
        return b'mluc\0\0\0\0' + struct.pack('>II2s2sII', 1, 12, b'en', b'US', len(data), 28) + data + b'\0' * (-len(data) % 4)
    data = value.encode() + b'\0'
    body = b'desc\0\0\0\0' + struct.pack('>I', len(data)) + data + b'\0' * (8 + 3 + 67)
    return body + b'\0' * (-len(body) % 4)


def copyright_text(version: int) -> bytes:
    if version == 4:
        return text('CC0', 4)
    return b'text\0\0\0\0CC0\0'


def profile(space: str, pcs: str, name: str, tags: dict[str, bytes], version: int = 2, kind: str = 'mntr') -> bytes:
    """@param tags by signature, without description, copyright and white point"""
    parts = {'desc': text(name, version), 'cprt': copyright_text(version), 'wtpt': xyz(*D50), **tags}
    offset = 128 + 4 + 12 * len(parts)
    table, body = struct.pack('>I', len(parts)), b''
    for signature, data in parts.items():
        table += struct.pack('>4sII', signature.encode(), offset + len(body), len(data))
        body += data + b'\0' * (-len(data) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack('>I4sI4s4s4s6H', size, b'\0' * 4, 0x02400000 if version == 2 else 0x04300000, kind.encode(),
                       space.encode().ljust(4), pcs.encode().ljust(4), 2026, 1, 1, 0, 0, 0)
    head += b'acsp' + b'\0' * 28 + b''.join(fixed(v) for v in D50)
    return head.ljust(128, b'\0') + table + body


def grey(name: str, trc: bytes, version: int = 2) -> bytes:
    return profile('GRAY', 'XYZ', name, {'kTRC': trc}, version)


def dot_gain(percent: float) -> bytes:
    """Tone of a printed dot: its area grows by so many points at one half (Yule-Nielsen's parabola)."""
    area = 1 - np.linspace(0, 1, 256)
    return curve(1 - (area + 4 * percent / 100 * area * (1 - area)))


BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def primaries_d50(white: tuple[float, float], *corners: tuple[float, float]) -> np.ndarray:
    """Columns: XYZ of red, green and blue, adapted to D50."""
    tri = np.array([[x / y, 1, (1 - x - y) / y] for x, y in corners]).T
    w = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    matrix = tri * np.linalg.solve(tri, w)
    scale = (BRADFORD @ np.array(D50)) / (BRADFORD @ w)
    return np.linalg.inv(BRADFORD) @ np.diag(scale) @ BRADFORD @ matrix


D65 = (0.3127, 0.329)
SRGB = (D65, (0.64, 0.33), (0.3, 0.6), (0.15, 0.06))
P3 = (D65, (0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
ADOBE = (D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
WIDE = ((0.3457, 0.3585), (0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))


def rgb(name: str, corners, trc: bytes, version: int = 2) -> bytes:
    m = primaries_d50(*corners)
    tags = {f'{c}XYZ': xyz(*m[:, k]) for k, c in enumerate('rgb')}
    return profile('RGB', 'XYZ', name, {**tags, **{f'{c}TRC': trc for c in 'rgb'}}, version)


def lab_of(xyz_d50: np.ndarray) -> np.ndarray:
    t = xyz_d50 / np.array(D50)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def lut8(lab: np.ndarray) -> bytes:
    """A table from as many inks or channels as it has axes to Lab, with eight bits each."""
    channels, points = lab.ndim - 1, lab.shape[0]
    identity = bytes(range(256))
    scaled = np.stack([lab[..., 0] * 2.55, lab[..., 1] + 128, lab[..., 2] + 128], -1)
    table = np.clip(np.round(scaled), 0, 255).astype(np.uint8).tobytes()
    matrix = b''.join(fixed(v) for v in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    return b'mft1\0\0\0\0' + struct.pack('BBBx', channels, 3, points) + matrix + identity * channels + table + identity * 3


INKS = np.array([[0.05, 0.3, 0.6], [0.6, 0.04, 0.2], [0.85, 0.7, 0.05], [0.03, 0.03, 0.03]])


def cmyk(name: str = 'made-up press', lift: float = 0) -> bytes:
    """@param lift of a second table, for relative colorimetric: how much lighter its shadows are; 0 for one table only"""
    axis = np.linspace(0, 1, 6)
    ink = np.stack(np.meshgrid(*[axis] * 4, indexing='ij'), -1)
    ink = ink + 0.3 * ink * (1 - ink)
    light = np.prod(1 - ink[..., None] * (1 - INKS), -2)
    lab = lab_of(light @ primaries_d50(*SRGB).T)
    tags = {'A2B0': lut8(lab)}
    if lift:
        lighter = lab.copy()
        lighter[..., 0] = lift + lab[..., 0] * (1 - lift / 100)
        tags['A2B1'] = lut8(lighter)
    return profile('CMYK', 'Lab', name, tags, kind='prtr')


def scanner() -> bytes:
    """RGB by a table instead of a matrix."""
    axis = np.linspace(0, 1, 9)
    light = np.stack(np.meshgrid(axis, axis, axis, indexing='ij'), -1) ** 1.9
    mixed = light @ np.array([[0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.05, 0.15, 0.8]]).T
    return profile('RGB', 'Lab', 'made-up scanner', {'A2B0': lut8(lab_of(mixed @ primaries_d50(*SRGB).T))}, kind='scnr')


GREY_18 = grey('grey gamma 1.8', gamma(1.8))
GREY_22 = grey('grey gamma 2.2', gamma(2.2))
GREY_10 = grey('linear grey', gamma(1.0))
GREY_SRGB = grey('grey, curve of sRGB', srgb_curve(), 4)
DOT_20 = grey('dot gain 20 %', dot_gain(20))
DOT_15 = grey('dot gain 15 %', dot_gain(15))
SRGB_V4 = rgb('made-up sRGB', SRGB, srgb_curve(), 4)
ADOBE_RGB = rgb('wide, gamma 2.2', ADOBE, gamma(2.19921875))
DISPLAY_P3 = rgb('made-up P3', P3, srgb_curve(), 4)
PRO_PHOTO = rgb('very wide, gamma 1.8', WIDE, gamma(1.8))
LINEAR_RGB = rgb('linear sRGB', SRGB, gamma(1.0))
SCANNER = scanner()
CMYK = cmyk()
CMYK_TWO = cmyk('made-up press, two tables', lift=15)
BROKEN = SRGB_V4[:200] + b'\x5a' * 150
