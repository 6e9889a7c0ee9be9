"""Files that are refused: pictures of other formats, and files that are no pictures."""

import io
import struct
import zipfile

import imagecodecs
import numpy as np
from PIL import Image

import scene
from rows import Row, Rows, refused

W, H = 40, 30


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def box(brand: bytes, *others: bytes) -> bytes:
    """The start of a file of the ISO base media format, and a piece of its content."""
    body = brand + b'\0\0\0\0' + brand + b''.join(others)
    return struct.pack('>I', len(body) + 8) + b'ftyp' + body + struct.pack('>I', 16) + b'mdat' + b'\x5a' * 8


def psd(grey: np.ndarray) -> bytes:
    head = b'8BPS' + struct.pack('>H6xHIIHH', 1, 1, grey.shape[0], grey.shape[1], 8, 1)
    return head + struct.pack('>III', 0, 0, 0) + b'\0\0' + grey.tobytes()


def svg(start: str = '<?xml version="1.0"?>\n<!-- drawn by hand -->\n') -> bytes:
    return (start + '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="40" height="30"/></svg>').encode()


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:
        archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), b'hello')
    return out.getvalue()


def rows() -> list[Row]:
    grey = scene.integers(scene.grey(W, H, 51), 8)[..., 0]
    rgb = np.ascontiguousarray(scene.integers(scene.coloured(W, H, 52), 8))
    image, flat = Image.fromarray(rgb), Image.fromarray(grey)
    pictures = [
        ('gif', 'GIF', saved(flat, 'GIF'), 'GIF'), ('gif', 'GIF, animated', saved(flat, 'GIF', save_all=True, append_images=[flat.rotate(180)], duration=100), 'GIF'),
        ('bmp', 'BMP', saved(image, 'BMP'), 'BMP'), ('heic', 'HEIC', box(b'heic', b'mif1', b'heic'), 'HEIC'), ('heif', 'HEIF of another brand', box(b'mif1', b'heic'), 'HEIC'),
        ('jxl', 'JPEG XL', imagecodecs.jpegxl_encode(rgb), 'JPEG XL'), ('jxl', 'JPEG XL in a container', imagecodecs.jpegxl_encode(rgb, usecontainer=True), 'JPEG XL'),
        ('jp2', 'JPEG 2000', imagecodecs.jpeg2k_encode(rgb, codecformat='jp2'), 'JPEG 2000'), ('j2k', 'JPEG 2000, codestream', imagecodecs.jpeg2k_encode(rgb, codecformat='j2k'), 'JPEG 2000'),
        ('psd', 'Photoshop', psd(grey), 'Photoshop'), ('svg', 'SVG', svg(), 'SVG'), ('svg', 'SVG with a byte order mark', b'\xef\xbb\xbf' + svg(''), 'SVG'),
        ('pdf', 'PDF', b'%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n', 'PDF'), ('raf', 'camera raw: RAF', b'FUJIFILMCCD-RAW 0201FF159502'.ljust(200, b'\0'), 'raw'),
        ('orf', 'camera raw: ORF', b'IIRO\x08\0\0\0'.ljust(200, b'\0'), 'raw'), ('rw2', 'camera raw: RW2', b'IIU\0\x18\0\0\0'.ljust(200, b'\0'), 'raw'),
        ('cr3', 'camera raw: CR3', box(b'crx ', b'isom'), 'raw'), ('jxr', 'JPEG XR', imagecodecs.jpegxr_encode(rgb), 'JPEG XR'),
        ('ppm', 'PPM', saved(image, 'PPM'), None), ('ico', 'icon', saved(image, 'ICO', sizes=[(W, H)], bitmap_format='bmp'), None),
        ('exr', 'OpenEXR', b'v/1\x01\x02\0\0\0'.ljust(200, b'\0'), None), ('hdr', 'Radiance', b'#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30 +X 40\n'.ljust(200, b'\x5a'), None),
        ('djvu', 'DjVu', b'AT&TFORM\0\0\0\x64DJVUINFO'.ljust(200, b'\0'), None), ('dcm', 'DICOM', b'\0' * 128 + b'DICM' + b'\x02\0\0\0UL\x04\0'.ljust(100, b'\0'), None),
        ('mp4', 'video', box(b'isom', b'mp42'), None), ('zip', 'archive', zipped('photo.jpg'), 'ZIP'), ('docx', 'document', zipped('word/document.xml'), None)]
    others = [
        ('empty.jpg', 'an empty file', b''), ('text.jpg', 'a letter', b'Dear grandmother, here is the photo.\n'), ('page.jpg', 'a web page', b'<!DOCTYPE html><html><body>404 Not Found</body></html>'),
        ('zeros.tif', 'zeros, as of a copy that failed', bytes(4000)), ('riff.webp', 'a sound', b'RIFF\x24\0\0\0WAVEfmt ' + bytes(28)), ('noise.png', 'random bytes', np.random.Generator(np.random.PCG64(53)).bytes(2000))]
    made, seen = Rows('other formats'), {}
    for extension, what, file, says in pictures:
        seen[extension] = seen.get(extension, 0) + 1
        made.append(refused(f'others/{extension}{seen[extension]}.{extension}', what, file, 'unsupported-format', says))
    # The name misleads; the content counts.
    made.append(refused('others/named-jpg.jpg', 'GIF, named .jpg', saved(flat, 'GIF'), 'unsupported-format', 'GIF'))
    made.group = 'no pictures'
    made += [refused(f'others/{name}', what, file, 'unreadable-image') for name, what, file in others]
    return made
