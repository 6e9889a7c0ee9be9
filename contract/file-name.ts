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

/** A foreign text on one line, its invisible characters as `\u….`, of a long one the start: for messages that quote it. */
export const quotable = (text: string, maxLength = 60): string =>
  text
    .slice(0, maxLength)
    .replace(/[\p{C}\u2028\u2029]/gu, (one) => `\\u${one.codePointAt(0)!.toString(16).padStart(4, '0')}`);
