/** Compiles the kernels of `colour/simd/`: `node tools/run.mjs kernels`. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printLine } from '../../common/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'colour', 'simd');
const MODULE = join(FOLDER, 'module.ts');

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
export async function compile(): Promise<Uint8Array> {
  // Its optimiser takes a while to load, and a check of the hash does not need it.
  const { default: asc } = await import('assemblyscript/asc');
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [join('colour', 'simd', 'assembly', 'index.ts'), '--outFile', 'kernels.wasm', ...OPTIONS],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(join(ROOT, base, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_name, contents) => {
        binary = contents as Uint8Array;
      },
    },
  );
  if (error || !binary) throw new Error(`the kernels do not compile: ${stderr.toString()}`, { cause: error });
  return binary;
}

export function moduleOf(binary: Uint8Array): string {
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
  '${Buffer.from(binary).toString('base64')}';
`;
}

export async function main(): Promise<number> {
  const binary = await compile();
  writeFileSync(MODULE, moduleOf(binary));
  printLine(`colour/simd/module.ts: ${binary.length} bytes`);
  return 0;
}
