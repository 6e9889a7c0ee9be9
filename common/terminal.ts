/**
 * The way of a command's lines to the terminal. File names, answers of services, failure records and causes of errors are foreign
 * text: printed as it is, a control sequence in it sets the clipboard or the title, moves the cursor, or forges a line.
 *
 * So what is foreign never decides where a line ends: a line is escaped as a whole, its line breaks too.
 */
import { inspect } from 'node:util';

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, lone surrogates, private characters, and what has no shape: format
 * characters, among them the bidirectional controls, fillers and blanks of Braille. Not the joiners and selectors of emoji and of
 * Indic and Persian words, nor the signs that enclose Arabic numbers.
 */
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u2800]|(?![\u200c\u200d\ufe0e\ufe0f\u0600-\u0605\u06dd])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

const NAMED: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  if (Object.hasOwn(NAMED, character)) return NAMED[character] ?? '';
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`;
}

/** User and password of a URL, and what signs a presigned link or a request: worth as much as the credentials. */
const SECRET =
  /(?<=:\/\/)[^\s/?#]{1,4096}(?=@)|(?<=[?&#;](?:X-Amz-(?:Signature|Security-Token|Credential)|Signature|(?:access_|id_|refresh_)?token|client_secret|password|api_key|code|sig)=)[^&\s'"#]+/gi;

/** Text without the secrets of the URLs in it. */
export const withoutSecrets = (text: string): string => text.replace(SECRET, '***');

/**
 * One line of text without control characters, each of which is replaced by its escape as in JavaScript, and without the secrets of
 * the URLs in it.
 */
export const printable = (text: string): string => withoutSecrets(text).replace(INVISIBLE, escaped);

/** Text of several lines, whose line breaks are our own. */
export const printableText = (text: string): string => text.split('\n').map(printable).join('\n');

/** JSON that means the same and has no control characters but line breaks between its values. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(INVISIBLE, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, k) => character.charCodeAt(k))
          .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
          .join(''),
  );

type Output = Pick<NodeJS.WriteStream, 'write'>;

export const printLine = (line: string, out: Output = process.stdout): void =>
  void out.write(`${printable(line)}\n`);

export const printLines = (lines: string[], out?: Output): void => {
  for (const line of lines) printLine(line, out);
};

/** Text of several lines, whose line breaks are our own, such as help and tables. */
export const printText = (text: string, out: Output = process.stdout): void =>
  void out.write(`${printableText(text)}\n`);

/** One object, on a line of its own. */
export const printJson = (value: object, out: Output = process.stdout): void =>
  void out.write(`${jsonText(value)}\n`);

/** The lines of a message. Those after the first are indented, since they may be foreign: none looks like a line of the command. */
export const messageLines = (message: string): string[] =>
  message.split('\n').map((line, k) => (k > 0 ? `  ${line}` : line));

/** The message of an error. */
export const printError = (message: string, out: Output = process.stderr): void =>
  printLines(messageLines(message), out);

/** An error that is a bug, with its stack and causes, whose messages may quote foreign text of several lines. */
export const printBug = (error: unknown, out: Output = process.stderr): void =>
  printError(inspect(error), out);

const CLEAR_LINE = '\r\x1b[K';
const CLEAR_SCREEN = '\x1b[2J';
/** Cursor to the top left, and clear what is below. */
const REDRAW = '\x1b[H\x1b[J';
const DEFAULT_COLUMNS = 120;

/** Shows a line in the place of the one before, cut to the terminal's width. */
export const drawLine = (line: string, out: NodeJS.WriteStream): void =>
  void out.write(
    `${CLEAR_LINE}${[...printable(line)].slice(0, (out.columns || DEFAULT_COLUMNS) - 1).join('')}`,
  );

export const clearLine = (out: Output): void => void out.write(CLEAR_LINE);

/** Shows lines in the place of the whole screen. @param isFirst clears what other programs left */
export const drawScreen = (lines: string[], isFirst: boolean, out: Output = process.stdout): void =>
  void out.write(`${isFirst ? CLEAR_SCREEN : ''}${REDRAW}${lines.map(printable).join('\n')}\n`);
