"""Writes the corpus: python main.py FOLDER. The same packages write the same bytes."""

import hashlib
import json
import sys
from pathlib import Path

SAMPLE = 10


def main(folder: str) -> None:
    root = Path(folder)
    rows = []
    for name in ('jpeg', 'png', 'webp', 'tiff', 'others', 'avif'):
        rows += __import__(name).rows()
    names = [row.file for row in rows]
    assert len(set(names)) == len(names), sorted(n for n in names if names.count(n) > 1)
    for old in (root / 'files').glob('*/*'):
        old.unlink()
    manifest = []
    for index, row in enumerate(rows):
        path = root / 'files' / row.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(row.content)
        digest = hashlib.sha256(row.content).hexdigest()
        manifest.append({'file': row.file, 'group': row.group, **row.facts, **({'sample': True} if index % SAMPLE == 0 else {}), 'sha256': digest})
    lines = ',\n'.join(json.dumps(entry, ensure_ascii=False) for entry in manifest)
    (root / 'manifest.json').write_text(f'[\n{lines}\n]\n')
    total = sum(len(row.content) for row in rows)
    print(f'{len(rows)} files, {total} bytes, largest {max(rows, key=lambda r: len(r.content)).file}')


if __name__ == '__main__':
    main(sys.argv[1])
