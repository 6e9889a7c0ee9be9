/**
 * The npm package, packed by `npm run package` and installed in a fresh app with its declared dependencies only. Those are links to
 * ours, so that no network is needed; an undeclared dependency would be missing.
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

  /** Packs and installs the package. @param folders copied into the app */
  async make(...folders: string[]): Promise<void> {
    const { folder, installed } = this;
    await promisify(execFile)(
      'npm',
      ['run', '--silent', 'package', '--', '--silent', '--pack-destination', folder],
      { cwd: ROOT },
    );
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

  /** Runs Node in the app, without the environment of npm, the CDK and AWS. */
  run(args: string[], more: object = {}) {
    const env = { PATH: process.env.PATH, HOME: this.folder, AWS_REGION: 'eu-central-1', ...more };
    return promisify(execFile)(process.execPath, args, { cwd: this.folder, env });
  }

  /** Synthesises a stack as the CDK's CLI does, without the CDK's own rules, which examples.test.ts applies. */
  async synth(file: string, stack: string): Promise<{ out: string; template: StackTemplate }> {
    const out = join(this.folder, `out-${stack}`);
    await this.run([file], { CDK_OUTDIR: out, CDK_VALIDATION: 'false' });
    const text = readFileSync(join(out, `${stack}.template.json`), 'utf8');
    return { out, template: JSON.parse(text) as StackTemplate };
  }

  /** Files of the installed package in a folder. */
  files(below = ''): string[] {
    return readdirSync(join(this.installed, below), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.installed, join(entry.parentPath, entry.name)));
  }

  read(file: string): string {
    return readFileSync(join(this.installed, file), 'utf8');
  }
}
