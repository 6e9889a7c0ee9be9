/**
 * Reads a picture of a file by the decoder. A file that it refuses although its pixels are all there is completed and read again; what
 * it still refuses is damaged, or of a kind that it does not know.
 */
import { PermanentFault } from '../photo/faults.ts';
import { completed, type Source } from './completed.ts';
import { FORMAT_NAMES, type Format } from './formats.ts';
import { convertTo } from './unsupported.ts';

/** What libtiff and libvips say of a file that is intact. */
const DECODER_LACKS =
  /not implemented|not configured|Unsupported|no known route|not a whole number of bytes|bad labq/;

/** Threads and open files: what the decoder says of the machine. Memory is what a hostile file makes it lack. */
const MACHINE_LACKS = /unable to create thread|Too many open files/;

/**
 * @param read by the decoder, to fail on missing pixels; its PermanentFault stays
 * @returns what it read, and the source that it could be read from
 * @throws PermanentFault `unreadable-image` or `unsupported-format`
 */
export async function readable<T>(
  source: Source,
  read: (source: Source) => Promise<T>,
): Promise<{ value: T; source: Source }> {
  try {
    return { value: await read(source), source };
  } catch (cause) {
    if (cause instanceof PermanentFault) throw cause;
    // The machine's, not the file's.
    if (cause instanceof Error && MACHINE_LACKS.test(cause.message)) throw cause;
    const whole = source.twin ? undefined : completed(source);
    if (whole) {
      const value = await read(whole).catch(() => undefined);
      if (value !== undefined) return { value, source: whole };
    }
    throw unreadable(source.format, cause);
  }
}

function unreadable(format: Format, cause?: unknown): PermanentFault {
  const name = FORMAT_NAMES[format];
  if (format === 'tiff' && cause instanceof Error && DECODER_LACKS.test(cause.message)) {
    const message = `The file is a ${name} of a kind that is not supported; ${convertTo(format)}.`;
    return new PermanentFault('unsupported-format', message, { cause });
  }
  return new PermanentFault(
    'unreadable-image',
    `The file is damaged or cut off: it starts as a ${name} file but cannot be read to its end. Send it again, or an intact copy.`,
    { cause },
  );
}

/**
 * Reads a picture's pixels, none of which comes from an end that was made up.
 *
 * @throws PermanentFault as {@link readable}
 */
export async function readPixels<P extends { data: Uint8Array | Uint16Array }>(
  source: Source,
  read: (source: Source) => Promise<P>,
): Promise<P> {
  const { value, source: whole } = await readable(source, read);
  if (!whole.twin) return value;
  const other = await read({ ...whole, file: whole.twin }).catch(() => undefined);
  if (!other || !bytesOf(value.data).equals(bytesOf(other.data))) throw unreadable(source.format);
  return value;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint8Array | Uint16Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
