/** Saves results as files, or all of them as one ZIP file. */
import { downloadZip } from 'client-zip';
import { portableFileName, uniqueNames } from '../../../contract/file-name.ts';

export interface ZipEntry {
  name: string;
  body: Blob;
}

/** Stored without compression: images are compressed already. */
export function zipFiles(files: ZipEntry[], lastModified: Date): Promise<Blob> {
  const names = uniqueNames(files.map(({ name }) => portableFileName(name)));
  const entries = files.map(({ body }, k) => ({ name: names[k]!, input: body, lastModified }));
  return downloadZip(entries).blob();
}

/** Downloads a file to the user's device. */
export function saveFile(body: Blob, name: string): void {
  const url = URL.createObjectURL(body);
  const link = document.createElement('a');
  link.href = url;
  link.download = portableFileName(name);
  link.click();
  // The browser reads the URL later than this call.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
