"""A file of the corpus and what must become of it."""

from dataclasses import dataclass

from reference import Picture, expected


@dataclass
class Row:
    file: str
    content: bytes
    facts: dict
    group: str = ''


class Rows(list):
    """Rows, each of the group that was named last."""

    def __init__(self, group: str):
        super().__init__()
        self.group = group

    def append(self, row: Row) -> None:
        row.group = self.group
        super().append(row)

    def __iadd__(self, rows):
        for row in rows:
            self.append(row)
        return self


def shown(file: str, what: str, content: bytes, picture: Picture, bits: int = 8, room: bool = True, keeps=(), density=None,
          gps: bool = False, pages: int = 1, tones: bool = True) -> Row:
    """
    A photo that is coloured.

    @param bits of each sample of the result
    @param room whether colour can show
    @param keeps texts of its metadata that the result must have
    @param density pixels per inch
    @param tones False where no tones are right, such as those of CMYK without a profile
    """
    facts = {'what': what, 'outcome': 'succeeded', **expected(picture, tones), 'bits': bits, 'room': room}
    more = {'keeps': list(keeps), 'density': density, 'gps': gps, 'pages': pages if pages > 1 else None}
    return Row(file, content, {**facts, **{name: value for name, value in more.items() if value}})


def refused(file: str, what: str, content: bytes, code: str, says: str | None = None) -> Row:
    """@param says a text that the message must have, for the uploader"""
    return Row(file, content, {'what': what, 'outcome': code, **({'says': says} if says else {})})
