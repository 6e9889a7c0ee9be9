"""Reads metadata of files by exiv2 and Pillow: one JSON object a line, in the order of the arguments."""
import json
import sys

import pyexiv2
from PIL import Image

for path in sys.argv[1:]:
    image = pyexiv2.Image(path)
    exif, iptc, xmp = image.read_exif(), image.read_iptc(), image.read_xmp()
    image.close()
    with Image.open(path) as picture:
        picture.load()
        tags = picture.getexif()
        gps = {str(tag): str(value) for tag, value in tags.get_ifd(0x8825).items()}
        pillow = {
            "mode": picture.mode,
            "size": picture.size,
            "artist": tags.get(315),
            "orientation": tags.get(274),
            "gps": gps,
        }
    print(json.dumps({"exif": exif, "iptc": iptc, "xmp": xmp, "pillow": pillow}))
