/** The rules of `npm run lint` that guard against strangers' bytes, each shown to fail for what it is there for. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Linter } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PROOFS, securityRules } from '../../tools/lint/security.js';

/** The format sniffer of version 0.3.0: 40 comments and an `x` took hours. */
const OLD_SNIFFER = String.raw`/^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/`;

const REFUSED: [what: string, code: string, rules: string[]][] = [
  ['the old format sniffer', `${OLD_SNIFFER}.test(bytes)`, ['redos/no-vulnerable']],
  ['the loop of the old sniffer', String.raw`/^(<!--[^]*?-->\s*)*x/.test(bytes)`, ['redos/no-vulnerable']],
  ['nested repeats', '/^(a+)+$/.test(text)', ['regexp/no-super-linear-backtracking', 'redos/no-vulnerable']],
  ['two ways to match', '/^(a|a)*$/.test(text)', ['redos/no-vulnerable']],
  [
    'a trim of the end: quadratic',
    String.raw`text.replace(/\s+$/, '')`,
    ['regexp/no-super-linear-move', 'redos/no-vulnerable'],
  ],
  [
    'three things in a row: cubic',
    '/a[^]*b[^]*c/.test(text)',
    ['regexp/no-super-linear-backtracking', 'regexp/no-super-linear-move', 'redos/no-vulnerable'],
  ],
  ['an expression in a string', "new RegExp('^(a|a)*$').test(text)", ['redos/no-vulnerable']],
  ['an expression made of text', 'new RegExp(`^${text}$`)', ['no-restricted-syntax']],
  ['an expression from a variable', 'RegExp(text)', ['no-restricted-syntax']],
  ['a shell', "spawn('unzip', [name], { shell: true })", ['no-restricted-syntax']],
  [
    'a command line',
    "import { execSync } from 'node:child_process'; execSync(text)",
    ['no-restricted-imports'],
  ],
  ['code made of text', 'eval(text)', ['no-eval']],
  ['a function made of text', 'new Function(text)', ['no-new-func']],
  ['a key of a stranger on the object', 'item.hasOwnProperty(text)', ['no-prototype-builtins']],
  ['the prototype', 'item.__proto__.admin = true', ['no-restricted-syntax']],
  ['an id that can be guessed', 'const id = Math.random()', ['no-restricted-properties']],
  ['markup made of text', 'element.innerHTML = text', ['no-unsanitized/property']],
  ['markup in a document', 'document.write(text)', ['no-unsanitized/method']],
];

const ALLOWED: [what: string, code: string][] = [
  ['a linear expression', String.raw`/^<svg[\s>]/.test(text)`],
  ['a bounded one', String.raw`/(\d{1,3})\.(\d{1,3})$/.test(text)`],
  ['text as text', 'element.textContent = text'],
  ['a process without a shell', "spawn('unzip', [name], { shell: false })"],
];

describe('the linter', () => {
  let folder: string;
  const messages = (code: string) => {
    const rules = securityRules(join(folder, 'proofs.json'));
    return new Linter().verify(code, rules, 'client/any.js').map(({ ruleId }) => ruleId);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ddcolor-lint-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(REFUSED)('refuses %s', (_what, code, rules) => {
    expect(new Set(messages(code))).toEqual(new Set(rules));
  });

  it.each(ALLOWED)('accepts %s', (_what, code) => expect(messages(code)).toEqual([]));

  it('keeps only proofs of expressions that are safe', () => {
    const proofs = z
      .object({ results: z.record(z.string(), z.object({ status: z.string() })) })
      .parse(JSON.parse(readFileSync(PROOFS, 'utf8')));
    const statuses = Object.values(proofs.results).map(({ status }) => status);
    expect(statuses.length).toBeGreaterThan(50);
    expect(new Set(statuses)).toEqual(new Set(['safe']));
  });
});

const ROOT = resolve(import.meta.dirname, '../..');
const UNSAFE: [what: string, code: string, rule: string][] = [
  ['a promise that nobody waits for', 'async function f() {}\nf();', 'no-floating-promises'],
  [
    'a promise as a condition',
    'export const f = async (p: Promise<number>) => (p ? 1 : 2);',
    'no-misused-promises',
  ],
  ['a wait for no promise', 'export const f = async (n: number) => await n;', 'await-thenable'],
  [
    'a value that may be anything',
    'export const f = (text: string): number => JSON.parse(text);',
    'no-unsafe-return',
  ],
  ['an object as text', 'export const f = (o: object) => `${o}`;', 'restrict-template-expressions'],
  ['what is thrown and no error', "export const f = () => { throw 'away'; };", 'only-throw-error'],
];

describe('the linter with types', () => {
  const found = new Map<string, string[]>();
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ddcolor-types-'));
    writeFileSync(join(folder, 'tsconfig.json'), '{"compilerOptions":{"strict":true,"target":"ES2022"}}');
    UNSAFE.forEach(([, code], k) => writeFileSync(join(folder, `${k}.ts`), `${code}\n`));
    const bin = join(ROOT, 'node_modules', 'oxlint', 'bin', 'oxlint');
    const output = await new Promise<string>((done) =>
      execFile(process.execPath, [bin, '--type-aware', '-f', 'json', folder], { cwd: ROOT }, (_error, text) =>
        done(text),
      ),
    );
    const { diagnostics } = z
      .object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) })
      .parse(JSON.parse(output));
    for (const { code, filename } of diagnostics) {
      const name = filename.split(/[\\/]/).at(-1)!;
      found.set(name, [...(found.get(name) ?? []), code]);
    }
    rmSync(folder, { recursive: true });
  });

  it.each(UNSAFE.map(([what, , rule], k) => ({ what, rule, k })))('refuses $what', ({ rule, k }) =>
    expect(found.get(`${k}.ts`)?.join(' ') ?? '').toContain(rule),
  );
});
