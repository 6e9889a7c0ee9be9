/** The traces of a folder. */
import { readdir } from 'node:fs/promises';
import { InputError } from '../world.ts';

/** @returns names of its CSV files, sorted. @throws InputError when it cannot be read */
export async function csvFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: Error) => {
    throw new InputError(`cannot read the folder ${folder}: ${error.message}`);
  });
  return names.filter((name) => name.endsWith('.csv')).sort();
}
