/** The one rule for names of photos, for API, page and command; also for browsers: no schema library here. */

export const MAX_FILE_NAME_LENGTH = 255;

/**
 * Not in a name: path separators; C0 and C1 control characters; marks that change the direction of text or break a line, with
 * which `gpj.exe` reads as `exe.jpg`. Joiners stay: Persian and emoji need them.
 */
const FORBIDDEN = /[/\\\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A file name, not a path, and not `.` or `..`. */
export const FILE_NAME =
  /^(?!\.{1,2}$)[^/\\\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+$/;

/** What is allowed, to end an error with. */
export const FILE_NAME_RULE = `use a file name of 1 to ${MAX_FILE_NAME_LENGTH} characters without '/', '\\', control characters and marks of text direction`;

/** A name that {@link FILE_NAME} accepts; of a long one the last characters stay, with the file extension. */
export function safeFileName(name: string): string {
  const safe = name.replace(FORBIDDEN, '_').slice(-MAX_FILE_NAME_LENGTH).replace(LONE_SURROGATES, '_');
  return /^\.{0,2}$/.test(safe) ? 'photo' : safe;
}

/** Of a name, in UTF-8, on the file systems of Linux; 255 units of UTF-16, on those of Windows and macOS, are never less. */
const MAX_NAME_BYTES = 255;

/** Devices of Windows, whatever follows a dot: `con .jpg` too, and the superscript digits of Latin-1. */
const DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d\u00b9\u00b2\u00b3]) *(\.|$)/i;

/** A file name that every system stores as it is: no path, nothing that Windows reads as a device, a stream or a drive, and not too long. */
export function portableFileName(name: string): string {
  const safe = safeFileName(name)
    .replace(/[<>:"|?*]/g, '_')
    .replace(/[. ]$/, '_');
  return shortened(DEVICE.test(safe) ? `_${safe}` : safe);
}

const MAX_EXTENSION_BYTES = 32;
const utf8 = new TextEncoder();
const bytesOf = (text: string) => utf8.encode(text).length;

/** @returns base and extension with its dot; a long one is no extension */
function split(name: string): [base: string, extension: string] {
  const dot = name.lastIndexOf('.');
  return dot > 0 && bytesOf(name.slice(dot)) <= MAX_EXTENSION_BYTES
    ? [name.slice(0, dot), name.slice(dot)]
    : [name, ''];
}

/**
 * A name with a text at the end of its base, such as `a (2).jpg`; of a long base the start stays, so that the whole has at most
 * 255 bytes of UTF-8.
 */
export function shortened(name: string, addition = '', end = ''): string {
  const [base, extension] = split(name);
  const most = MAX_NAME_BYTES - bytesOf(addition + extension + end);
  if (bytesOf(base) <= most) return base + addition + extension + end;
  let kept = '';
  let bytes = 0;
  for (const character of base) {
    bytes += bytesOf(character);
    if (bytes > most) break;
    kept += character;
  }
  // A blank or a dot at the end would not stay on Windows.
  return (kept.replace(/[. ]$/, '_') || '_') + addition + extension + end;
}

/** A name as file managers number it: `a (2).jpg`. @param name with `/`, of a path: the number is that of its last part */
export function numbered(name: string, n: number): string {
  const slash = name.lastIndexOf('/') + 1;
  return name.slice(0, slash) + shortened(name.slice(slash), ` (${n})`);
}

/**
 * Numbers repeated names as file managers do: `a.jpg`, `a (2).jpg`.
 *
 * @param key maps names of the same file to one; by default systems that ignore case and the form of accents are assumed
 */
export function uniqueNames(
  names: readonly string[],
  key = (name: string) => name.normalize('NFC').toLowerCase(),
): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(key(free)); n++) free = numbered(name, n);
    taken.add(key(free));
    return free;
  });
}

/** A foreign text on one line, its invisible characters as `\u….`, of a long one the start: for messages that quote it. */
export const quotable = (text: string, maxLength = 60): string =>
  text
    .slice(0, maxLength)
    .replace(/[\p{C}\u2028\u2029]/gu, (one) => `\\u${one.codePointAt(0)!.toString(16).padStart(4, '0')}`);
