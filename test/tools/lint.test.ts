/** Lint as it is set in `.oxlintrc.json`, over code that it refuses: each rule is shown to fail for what it is there for. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { COMMANDS, CONSTRUCTS, PAGE, SCRIPTS, TYPESCRIPT, type LintCase } from './lint-cases.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROOFS = 'tools/lint/regexps.json';

/** Where the cases are written: `N` is the case's number. */
const KINDS: [what: string, cases: LintCase[], file: string][] = [
  ['a script of a page', SCRIPTS, 'client/N.js'],
  ['a page without a build step', PAGE, 'local/page/N.js'],
  ['a command', COMMANDS, 'cli/N.ts'],
  ['a construct', CONSTRUCTS, 'lib/N.ts'],
  ['TypeScript', TYPESCRIPT, 'test/N.ts'],
];
const placed = (file: string, k: number) => file.replace('N', String(k));

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })),
});

describe('lint', () => {
  let folder: string;
  const found = new Map<string, Set<string>>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ddcolor-lint-'));
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${text}\n`);
    };
    for (const file of ['.oxlintrc.json', 'tools/lint/plugin.js'])
      cpSync(join(ROOT, file), join(folder, file));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    write('tsconfig.json', JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['**/*.ts'] }));
    write('package.json', '{"type":"module"}');
    write('test/t.ts', 'export type T = number;');
    write('lib/bucket.ts', 'export class Bucket { constructor(_scope: object, _id: string) {} }');
    for (const [, cases, file] of KINDS) cases.forEach(({ code }, k) => write(placed(file, k), code));

    // By name: of the whole folder, oxlint would follow the link to the packages.
    const folders = new Set(KINDS.map(([, , file]) => file.split('/')[0]!));
    const args = [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '-f', 'json', ...folders];
    const output = await new Promise<string>((done) =>
      execFile(
        process.execPath,
        args,
        { cwd: folder, maxBuffer: 1 << 24, timeout: 120_000 },
        (_error, text) => done(text),
      ),
    );
    for (const { code, filename } of reportSchema.parse(JSON.parse(output)).diagnostics) {
      const name = filename.replaceAll('\\', '/');
      const rule = code.replace('(', '/').replace(')', '');
      found.set(name, (found.get(name) ?? new Set()).add(rule));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  describe.each(KINDS)('in %s', (_kind, cases, file) => {
    it.each(cases.map((one, k) => ({ ...one, k })))('finds the faults of $what', ({ rules, k }) =>
      expect(found.get(placed(file, k)) ?? new Set()).toEqual(new Set(rules)),
    );
  });

  it('has a case for each of its rules', () => {
    const text = readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8').replace(/^\s*\/\/.*$/gm, '');
    const rules = z.object({ rules: z.record(z.string(), z.unknown()) });
    const config = rules.extend({ overrides: z.array(rules) }).parse(JSON.parse(text));
    const names = [config, ...config.overrides].flatMap(({ rules }) => Object.keys(rules));
    const shown = KINDS.flatMap(([, cases]) => cases).flatMap(({ rules }) => rules);
    const without = names.filter((name) => !shown.includes(name) && !shown.includes(`eslint/${name}`));
    expect(without).toEqual([]);
  });

  it('keeps only proofs of expressions that are safe', () => {
    const proofs = z
      .object({ results: z.record(z.string(), z.object({ status: z.string() })) })
      .parse(JSON.parse(readFileSync(join(ROOT, PROOFS), 'utf8')));
    const statuses = Object.values(proofs.results).map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(50);
    expect(new Set(statuses)).toEqual(new Set(['safe']));
  });
});
