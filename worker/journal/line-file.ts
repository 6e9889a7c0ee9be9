/** The file that the agent reads: lines are appended, and a large file becomes the previous one. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** An instance writes some megabytes a day; the disk is for photos. */
const MAX_BYTES = 64 * 1024 * 1024;

export class LineFile {
  private descriptor: number;
  private bytes: number;

  /** @param path its folder exists */
  constructor(
    private readonly path: string,
    private readonly maxBytes = MAX_BYTES,
  ) {
    this.descriptor = openSync(path, 'a', 0o640);
    this.bytes = fstatSync(this.descriptor).size;
  }

  get size(): number {
    return this.bytes;
  }

  append(line: string): void {
    if (this.bytes >= this.maxBytes) this.rotate();
    this.bytes += writeSync(this.descriptor, `${line}\n`);
  }

  /** The agent reads a renamed file to its end before it opens the new one. */
  private rotate(): void {
    closeSync(this.descriptor);
    renameSync(this.path, `${this.path}.1`);
    this.descriptor = openSync(this.path, 'a', 0o640);
    this.bytes = 0;
  }
}
