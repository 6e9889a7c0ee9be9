/** Saves results as files, or all of them as one ZIP file. */
import { downloadZip } from 'client-zip';

export interface ZipEntry {
  name: string;
  body: Blob;
}

/** Numbers repeated names as file managers do: `a.jpg`, `a (2).jpg`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const dot = name.lastIndexOf('.');
    const [base, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let free = name;
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${base} (${n})${extension}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/** Stored without compression: images are compressed already. */
export function zipFiles(files: ZipEntry[], lastModified: Date): Promise<Blob> {
  const names = uniqueNames(files.map(({ name }) => name));
  const entries = files.map(({ body }, k) => ({ name: names[k]!, input: body, lastModified }));
  return downloadZip(entries).blob();
}

/** Downloads a file to the user's device. */
export function saveFile(body: Blob, name: string): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the URL later than this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
