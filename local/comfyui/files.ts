/** ComfyUI's input, output and temp folders, with its rules for file names. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, normalize, parse, resolve, sep } from 'node:path';

export const FOLDERS = ['input', 'output', 'temp'] as const;
export type Folder = (typeof FOLDERS)[number];
export const isFolder = (name: string): name is Folder => (FOLDERS as readonly string[]).includes(name);

export interface SavedFile {
  filename: string;
  subfolder: string;
  type: Folder;
}

export class Files {
  private readonly root: string;

  /** @param directoryGiven their parent folder. @default - a temporary one, which `remove` deletes */
  constructor(private readonly directoryGiven?: string) {
    this.root = directoryGiven ?? mkdtempSync(join(tmpdir(), 'stand-in-comfyui-'));
    for (const folder of FOLDERS) mkdirSync(join(this.root, folder), { recursive: true });
  }

  remove(): void {
    if (this.directoryGiven === undefined) rmSync(this.root, { recursive: true, force: true });
  }

  directory(folder: Folder): string {
    return join(this.root, folder);
  }

  /** Names of image files in the root of the input folder. */
  inputNames(): string[] {
    const entries = readdirSync(this.directory('input'), { withFileTypes: true });
    const pictures = /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i;
    return entries
      .filter((entry) => entry.isFile() && pictures.test(entry.name))
      .map(({ name }) => name)
      .sort();
  }

  /** Path for a name as LoadImage reads it; a suffix such as ` [output]` selects another folder. */
  annotated(name: string): string {
    const match = /^(.*?) ?\[(input|output|temp)\]$/.exec(name);
    const folder = match?.[2];
    return folder && isFolder(folder)
      ? join(this.directory(folder), match[1] ?? '')
      : join(this.directory('input'), name);
  }

  exists(name: string): boolean {
    return existsSync(this.annotated(name));
  }

  digest(name: string): string {
    return createHash('sha256')
      .update(readFileSync(this.annotated(name)))
      .digest('hex');
  }

  /**
   * Stores an upload; when a file of this name has other bytes, the name becomes `name (1).ext`.
   *
   * @returns undefined for a path outside of the folder
   */
  upload(
    body: Buffer,
    name: string,
    subfolder: string,
    folder: Folder,
    overwrite: boolean,
  ): SavedFile | undefined {
    const base = this.directory(folder);
    const into = join(base, normalize(subfolder || '.'));
    const { name: stem, ext } = parse(name);
    let path = resolve(into, name);
    if (!path.startsWith(base + sep)) return undefined;
    mkdirSync(into, { recursive: true });
    let chosen = name;
    for (let i = 1; !overwrite && existsSync(path) && !readFileSync(path).equals(body); i++) {
      chosen = `${stem} (${i})${ext}`;
      path = join(into, chosen);
    }
    writeFileSync(path, body);
    return { filename: chosen, subfolder, type: folder };
  }

  /** Reads a file for `/view`. @returns the HTTP status when it cannot */
  view(filename: string, subfolder: string, type: string): Buffer | 400 | 403 | 404 {
    if (!filename) return 404;
    if (filename.startsWith('/') || filename.includes('..') || !isFolder(type)) return 400;
    const base = this.directory(type);
    const from = resolve(base, subfolder);
    if (from !== base && !from.startsWith(base + sep)) return 403;
    const path = join(from, basename(filename));
    return existsSync(path) ? readFileSync(path) : 404;
  }

  /** Path of the next image with a prefix; undefined for one outside of the folder. */
  nextOutput(prefix: string, extension: string): { path: string; file: SavedFile } | undefined {
    const base = this.directory('output');
    const full = resolve(base, prefix);
    if (!full.startsWith(base + sep)) return undefined;
    mkdirSync(dirname(full), { recursive: true });
    const stem = basename(full);
    const numbers = readdirSync(dirname(full)).map((name) =>
      name.startsWith(`${stem}_`) ? Number(/^\d+/.exec(name.slice(stem.length + 1))?.[0] ?? 0) : 0,
    );
    const number = Math.max(0, ...numbers) + 1;
    const filename = `${stem}_${String(number).padStart(5, '0')}_.${extension}`;
    const subfolder = dirname(normalize(prefix)) === '.' ? '' : dirname(normalize(prefix));
    return { path: join(dirname(full), filename), file: { filename, subfolder, type: 'output' } };
  }
}
