/**
 * The npm package in an app of somebody else: packed as `npm pack` does it, beside nothing but the packages that it asks for.
 * Those are links to ours, so that no network is needed; whatever else it secretly needed would be missing.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { StackTemplate } from '../lib/template.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
export const NEEDED = ['aws-cdk-lib', 'constructs', 'zod'];

export class FreshApp {
  readonly folder = mkdtempSync(join(tmpdir(), 'package-'));
  readonly installed = join(this.folder, 'node_modules', 'ddcolor-elastic');
  tarball = '';

  /** @param folders whose files it has */
  async make(...folders: string[]): Promise<void> {
    const { folder, installed } = this;
    await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
    this.tarball = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
    );
    mkdirSync(installed, { recursive: true });
    await promisify(execFile)('tar', ['-xzf', this.tarball, '-C', installed, '--strip-components=1']);
    for (const name of NEEDED)
      symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    for (const one of folders) cpSync(one, folder, { recursive: true });
  }

  /** Runs Node there, with nothing of this checkout's npm or CDK, nor of anybody's AWS. */
  run(args: string[], more: object = {}) {
    const env = { PATH: process.env.PATH, HOME: this.folder, AWS_REGION: 'eu-central-1', ...more };
    return promisify(execFile)(process.execPath, args, { cwd: this.folder, env });
  }

  /** As the CDK's CLI calls an app. */
  async synth(file: string, stack: string): Promise<{ out: string; template: StackTemplate }> {
    const out = join(this.folder, `out-${stack}`);
    await this.run([file], { CDK_OUTDIR: out });
    const text = readFileSync(join(out, `${stack}.template.json`), 'utf8');
    return { out, template: JSON.parse(text) as StackTemplate };
  }

  /** Files of the installed package below a folder of it. */
  files(below = ''): string[] {
    return readdirSync(join(this.installed, below), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.installed, join(entry.parentPath, entry.name)));
  }

  read(file: string): string {
    return readFileSync(join(this.installed, file), 'utf8');
  }
}
