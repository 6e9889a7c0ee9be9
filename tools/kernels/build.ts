/** Compiles the kernels of `colour/simd/`: `node tools/run.mjs kernels`. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printLine } from '../../common/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'colour', 'simd');
const MODULE = join(FOLDER, 'module.ts');

const COMPILER = join('node_modules', 'assemblyscript', 'bin', 'asc.js');
const SOURCE = join('colour', 'simd', 'assembly', 'index.ts');
const OPTIONS = [
  '-O3',
  // The kernels use addresses, and no objects.
  ...['--runtime', 'stub', '--noAssert', '--enable', 'simd'],
  // Pages of 64 KB: room for the tables, and the most there can be.
  ...['--initialMemory', '3', '--maximumMemory', '65536'],
];

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** @returns the hash of everything that the module is made of */
export function sourcesHash(): string {
  const folder = join(FOLDER, 'assembly');
  const files = [
    ...readdirSync(folder)
      .sort()
      .map((name) => join(folder, name)),
    join(FOLDER, 'layout.ts'),
  ];
  const compiler = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return sha256(
    [
      compiler.devDependencies.assemblyscript,
      ...OPTIONS,
      ...files.map((file) => readFileSync(file, 'utf8')),
    ].join('\0'),
  );
}

/** @throws Error with what the compiler says */
export function compile(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  const file = join(folder, 'kernels.wasm');
  // A process of its own: the compiler's types would change those of arrays in the whole repository.
  const command = [COMPILER, SOURCE, '--outFile', file, ...OPTIONS];
  try {
    execFileSync(process.execPath, command, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function moduleOf(binary: Buffer): string {
  return `/**
 * The compiled kernels, written by \`node tools/run.mjs kernels\`; \`test/tools/kernels.full.test.ts\` compiles them again.
 *
 * @generated
 */

/** SHA-256 of the compiler's version, its options and the sources. */
export const SOURCES = '${sourcesHash()}';
/** SHA-256 of the module. */
export const SHA256 = '${sha256(binary)}';
/** The module, base64. */
export const MODULE =
  '${binary.toString('base64')}';
`;
}

export function main(): number {
  const binary = compile();
  writeFileSync(MODULE, moduleOf(binary));
  printLine(`colour/simd/module.ts: ${binary.length} bytes`);
  return 0;
}
