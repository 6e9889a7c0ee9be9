/** File names as the API takes them. */

/** As many as most file systems have room for. */
const MOST = 255;
/** Separators and control characters; and what turns the direction of text about, so that a name shows as another. */
const UNFIT = /[/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g;
/** Halves of characters, which are no text. */
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Of a long one the end is kept, where its format is. */
export function safeFileName(name: string): string {
  const plain = name.replace(UNFIT, '_').slice(-MOST).replace(HALVES, '_');
  return /^\.{0,2}$/.test(plain) ? 'photo' : plain;
}
