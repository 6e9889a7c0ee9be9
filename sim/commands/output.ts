import { writeFile } from 'node:fs/promises';
import { InputError } from '../world.ts';

/** Writes a file. @throws InputError when it cannot be written */
export async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new InputError(`cannot write ${path}: ${(error as Error).message}`);
  }
}

/** Writes the figures where they were asked for. @returns whether the standard output has them */
export async function writeJson({ json }: { json?: string }, result: unknown): Promise<boolean> {
  if (json === undefined) return false;
  const text = `${JSON.stringify(result, undefined, 2)}\n`;
  if (json === '-') process.stdout.write(text);
  else await write(json, text);
  return json === '-';
}
