/** All results as one file. */
import { downloadZip } from 'client-zip';

export interface ZipEntry {
  name: string;
  body: Blob;
}

/** Names that were there before get a number, as a file manager does it. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const dot = name.lastIndexOf('.');
    const [base, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let free = name;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${base} (${n})${ending}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/** Pictures are compressed already: they are stored as they are. */
export function zipFiles(files: ZipEntry[], at: Date): Promise<Blob> {
  const names = uniqueNames(files.map(({ name }) => name));
  const entries = files.map(({ body }, k) => ({ name: names[k]!, input: body, lastModified: at }));
  return downloadZip(entries).blob();
}

/** Hands a file to the user. */
export function saveFile(body: Blob, name: string): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the address after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
