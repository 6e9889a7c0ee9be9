/** The name of an ICC colour profile: ICC.1:2022, 9.2.41 (profileDescriptionTag), 10.15 (mluc); ICC.1:2001-04, 6.5.17 (desc). */
import { textAt, unlessOutside, viewOf } from './bytes.ts';

const MAX_TAGS = 100;
/** Characters. */
const LONGEST = 200;

/** @returns its description in the first language; undefined when it has none that can be read */
export function profileName(profile: Uint8Array): string | undefined {
  return unlessOutside(() => {
    const view = viewOf(profile);
    const tags = Math.min(view.getUint32(128), MAX_TAGS);
    for (let k = 0; k < tags; k++) {
      const entry = 132 + 12 * k;
      if (textAt(profile, entry, entry + 4) === 'desc') return nameAt(profile, view.getUint32(entry + 4));
    }
    return undefined;
  });
}

function nameAt(profile: Uint8Array, at: number): string | undefined {
  const view = viewOf(profile);
  const type = textAt(profile, at, at + 4);
  let name = '';
  if (type === 'desc') {
    const length = Math.min(view.getUint32(at + 8), LONGEST);
    name = textAt(profile, at + 12, at + 12 + length);
  } else if (type === 'mluc' && view.getUint32(at + 8) > 0) {
    const [length, offset] = [view.getUint32(at + 20), view.getUint32(at + 24)];
    for (let from = at + offset, k = 0; k < Math.min(length >> 1, LONGEST); k++)
      name += String.fromCharCode(view.getUint16(from + 2 * k));
  }
  return name.replaceAll('\0', '').trim() || undefined;
}
