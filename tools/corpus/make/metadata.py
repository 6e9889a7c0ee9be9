"""Captions: IPTC IIM 4.2 and XMP."""

import struct


def iptc(**fields: str) -> bytes:
    numbers = {'caption': 120, 'keyword': 25, 'headline': 105, 'credit': 110, 'city': 90}
    data = b'\x1c\x01\x5a\0\x03\x1b%G'
    for name, value in fields.items():
        raw = value.encode()
        data += b'\x1c\x02' + bytes([numbers[name]]) + struct.pack('>H', len(raw)) + raw
    return data


def resource(data: bytes, number: int = 0x0404) -> bytes:
    """An image resource of Photoshop, as JPEG and TIFF embed IPTC."""
    return b'8BIM' + struct.pack('>H', number) + b'\0\0' + struct.pack('>I', len(data)) + data + b'\0' * (len(data) % 2)


def xmp(description: str, source: str | None = None, extra: str = '') -> bytes:
    more = f'<dc:source>{source}</dc:source>' if source else ''
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:own="https://example.org/archive/1.0/" photoshop:Credit="Archive of the corpus">'
        f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>'
        f'{more}<own:shelf>Box 17</own:shelf>{extra}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()
