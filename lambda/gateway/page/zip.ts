/** Saves results as files, or all of them as one ZIP file. */
import { downloadZip } from 'client-zip';
import { safeFileName } from '../../../contract/file-name.ts';

export interface ZipEntry {
  name: string;
  body: Blob;
}

/** A file name that every system stores as it is: no path, and nothing that Windows reads as a device, a stream or a drive. */
export function entryName(name: string): string {
  const safe = safeFileName(name)
    .replace(/[<>:"|?*]/g, '_')
    .replace(/[. ]$/, '_');
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe) ? `_${safe}` : safe;
}

/** Numbers repeated names as file managers do: `a.jpg`, `a (2).jpg`. Some systems ignore case, some the form of accents. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const key = (name: string) => name.normalize('NFC').toLowerCase();
  return names.map((name) => {
    const dot = name.lastIndexOf('.');
    const [base, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let free = name;
    for (let n = 2; taken.has(key(free)); n++) free = `${base} (${n})${extension}`;
    taken.add(key(free));
    return free;
  });
}

/** Stored without compression: images are compressed already. */
export function zipFiles(files: ZipEntry[], lastModified: Date): Promise<Blob> {
  const names = uniqueNames(files.map(({ name }) => entryName(name)));
  const entries = files.map(({ body }, k) => ({ name: names[k]!, input: body, lastModified }));
  return downloadZip(entries).blob();
}

/** Downloads a file to the user's device. */
export function saveFile(body: Blob, name: string): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement('a');
  link.href = url;
  link.download = entryName(name);
  link.click();
  // The browser reads the URL later than this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
