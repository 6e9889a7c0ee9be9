/** Code that lint refuses: for each rule of `.oxlintrc.json` at least one case. */

/** The format sniffer of version 0.3.0: 40 comments and an `x` took hours. */
const OLD_SNIFFER = String.raw`/^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/`;

export interface LintCase {
  what: string;
  code: string;
  /** All that is found in it. */
  rules: string[];
}

type Rows = [what: string, code: string, ...rules: string[]][];
const cases = (rows: Rows): LintCase[] => rows.map(([what, code, ...rules]) => ({ what, code, rules }));

/** In a script of a page, which reads bytes of strangers. */
export const SCRIPTS = cases([
  ['the old format sniffer', `${OLD_SNIFFER}.test(bytes)`, 'redos/no-vulnerable'],
  ['the loop of the old sniffer', String.raw`/^(<!--[^]*?-->\s*)*x/.test(bytes)`, 'redos/no-vulnerable'],
  ['nested repeats', '/^(a+)+$/.test(text)', 'redos/no-vulnerable', 'regexp/no-super-linear-backtracking'],
  ['two ways to match', '/^(a|a)*$/.test(text)', 'redos/no-vulnerable'],
  [
    'a trim of the end: quadratic',
    String.raw`text.replace(/\s+$/, '')`,
    'redos/no-vulnerable',
    'regexp/no-super-linear-move',
  ],
  [
    'three things in a row: cubic',
    '/a[^]*b[^]*c/.test(text)',
    'redos/no-vulnerable',
    'regexp/no-super-linear-backtracking',
    'regexp/no-super-linear-move',
  ],
  ['an expression in a string', "new RegExp('^(a|a)*$').test(text)", 'redos/no-vulnerable'],
  ['an expression made of text', 'new RegExp(`^${text}$`)', 'ddcolor/no-dynamic-regexp'],
  ['an expression from a variable', 'RegExp(text)', 'ddcolor/no-dynamic-regexp'],
  ['a shell', "spawn('unzip', [name], { shell: true })", 'ddcolor/no-shell'],
  ['a shell by its name', "spawn('unzip', [name], { shell })", 'ddcolor/no-shell'],
  [
    'a command line',
    "import { execSync } from 'node:child_process'; execSync(text)",
    'eslint/no-restricted-imports',
  ],
  ['code made of text', 'eval(text)', 'eslint/no-eval'],
  ['a function made of text', 'new Function(text)', 'eslint/no-new-func'],
  ['a link that is code', "location.href = 'javascript:alert(1)'", 'eslint/no-script-url'],
  ['a key of a stranger on the object', 'item.hasOwnProperty(text)', 'eslint/no-prototype-builtins'],
  ['the prototype', 'item.__proto__.admin = true', 'eslint/no-proto'],
  ['the prototype by its name', "item['__proto__'].admin = true", 'eslint/no-proto'],
  ['an id that can be guessed', 'export const id = Math.random()', 'eslint/no-restricted-properties'],
  ['markup made of text', 'element.innerHTML = text', 'no-unsanitized/property'],
  ['markup in a document', 'document.write(text)', 'no-unsanitized/method'],
  ['a linear expression', String.raw`/^<svg[\s>]/.test(text)`],
  ['a bounded one', String.raw`/(\d{1,3})\.(\d{1,3})$/.test(text)`],
  ['text as text', 'element.textContent = text'],
  ['a process without a shell', "spawn('unzip', [name], { shell: false })"],
]);

/** In a file of a page that has no build step. */
export const PAGE = cases([['a name without a use', 'const left = 1;', 'eslint/no-unused-vars']]);

/** In a command. */
export const COMMANDS = cases([
  ['a line that is not escaped', 'console.log(1);', 'eslint/no-console'],
  ['output that is not escaped', "process.stdout.write('x');", 'ddcolor/print-by-terminal'],
  ['an error that is not escaped', "process.stderr.write('x');", 'ddcolor/print-by-terminal'],
]);

const CONSTRUCT = "import { Bucket } from './bucket.ts';\n";
const inConstructor = (body: string) =>
  `${CONSTRUCT}export class A {\n  constructor(readonly scope: object, readonly id: string) {\n    ${body}\n  }\n}`;

/** In `lib`. */
export const CONSTRUCTS = cases([
  [
    'a setting without its default',
    'export interface FleetProps {\n  /** Instances. */\n  readonly max?: number;\n}',
    'awscdk/require-props-default-doc',
  ],
  [
    'a setting with its default',
    'export interface FleetProps {\n  /**\n   * Instances.\n   *\n   * @default 1\n   */\n  readonly max?: number;\n}',
  ],
  ["a construct in its parent's scope", inConstructor("new Bucket(scope, 'Photos');"), 'ddcolor/pass-this'],
  ['an id from a variable', inConstructor('new Bucket(this, id);'), 'ddcolor/literal-construct-id'],
  ['an id made of text', inConstructor('new Bucket(this, `${id}Photos`);'), 'ddcolor/literal-construct-id'],
  ['an id that is a sum', inConstructor("new Bucket(this, id + 'P');"), 'ddcolor/literal-construct-id'],
  ['a literal id', inConstructor("new Bucket(this, 'Photos');")],
  ['ids in a loop', inConstructor('for (const name of [id]) new Bucket(this, name);')],
  ['ids in a callback', inConstructor('[id].forEach((name) => new Bucket(this, name));')],
]);

/** In any TypeScript file. */
export const TYPESCRIPT = cases([
  ['a comment that hides an error', '// @ts-ignore\nexport const n = 1;', 'typescript/ban-ts-comment'],
  [
    'a type imported as a value',
    "import { T } from './t.ts';\nexport const n: T = 1;",
    'typescript/consistent-type-imports',
    'typescript/TS1484',
  ],
  ['an array by its constructor', 'export const a = new Array(1, 2);', 'eslint/no-array-constructor'],
  ['a name without a use', 'const left = 1;', 'eslint/no-unused-vars', 'typescript/TS6133'],
  [
    'a parameter without a use',
    'export const f = (left: number) => 1;',
    'eslint/no-unused-vars',
    'typescript/TS6133',
  ],
  ['a name meant to have no use', 'export const f = (_left: number) => 1;'],
  ['a value that goes nowhere', 'const n = Number(1);\nn === 1;', 'eslint/no-unused-expressions'],
  ['a var', 'var n = 1;\nexport { n };', 'eslint/no-var'],
  ['a let that never changes', 'let n = 1;\nexport { n };', 'eslint/prefer-const'],
  [
    'arguments by their old name',
    'export function f(): IArguments {\n  return arguments;\n}',
    'eslint/prefer-rest-params',
  ],
  [
    'an apply for a spread',
    'export const f = (a: number[]) => Math.max.apply(Math, a);',
    'eslint/prefer-spread',
  ],
  ['two values of one name', 'export enum E { A = 1, B = 1 }', 'typescript/no-duplicate-enum-values'],
  ['a type of anything', 'export type T = {};', 'typescript/no-empty-object-type'],
  [
    'any',
    'export const f = (n: any) => parseInt(n);',
    'typescript/no-explicit-any',
    'typescript/no-unsafe-argument',
  ],
  [
    'two exclamation marks',
    'export const f = (n?: string) => n!!.length;',
    'typescript/no-extra-non-null-assertion',
    'typescript/no-unnecessary-type-assertion',
  ],
  ['a constructor of an interface', 'export interface I { new (): I }', 'typescript/no-misused-new'],
  ['a namespace', 'export namespace N { export const n = 1; }', 'typescript/no-namespace'],
  [
    'a sure end of a chain',
    'export const f = (o?: { n?: number }) => o?.n!;',
    'typescript/no-non-null-asserted-optional-chain',
  ],
  ['a require', "import fs = require('node:fs');\nexport { fs };", 'typescript/no-require-imports'],
  [
    'an alias of this',
    'export class C {\n  m() {\n    const self = this;\n    return self;\n  }\n}',
    'typescript/no-this-alias',
  ],
  [
    'a bound of nothing',
    'export const f = <T extends unknown>(n: T) => n;',
    'typescript/no-unnecessary-type-constraint',
  ],
  [
    'a class and an interface',
    'export interface C { n: number }\nexport class C {}',
    'typescript/no-unsafe-declaration-merging',
  ],
  ['any function', 'export type F = Function;', 'typescript/no-unsafe-function-type'],
  ['an object for a primitive', 'export type S = String;', 'typescript/no-wrapper-object-types'],
  [
    'a literal by its type',
    "export const n = 'a' as 'a';",
    'typescript/prefer-as-const',
    'typescript/no-unnecessary-type-assertion',
  ],
  [
    'a module by its old name',
    'export declare module N { export const n: number }',
    'typescript/prefer-namespace-keyword',
    'typescript/no-namespace',
    'typescript/TS1540',
  ],
  [
    'a reference to a file',
    '/// <reference path="./t.ts" />\nexport const n = 1;',
    'typescript/triple-slash-reference',
  ],
  ['a wait for no promise', 'export const f = async (n: number) => await n;', 'typescript/await-thenable'],
  [
    'a hole in an array',
    'export const f = (a: number[]) => {\n  delete a[0];\n};',
    'typescript/no-array-delete',
  ],
  ['an object as text', 'export const f = (o: object) => String(o);', 'typescript/no-base-to-string'],
  ['a type twice', 'export type T = number | number;', 'typescript/no-duplicate-type-constituents'],
  ['a promise that nobody waits for', 'async function f() {}\nf();', 'typescript/no-floating-promises'],
  [
    'keys of an array',
    'export const f = (a: number[]) => {\n  for (const k in a) Number(k);\n};',
    'typescript/no-for-in-array',
  ],
  ['code in a string', "setTimeout('f()', 1);", 'typescript/no-implied-eval'],
  [
    'a promise as a condition',
    'export const f = async (p: Promise<number>) => (p ? 1 : 2);',
    'typescript/no-misused-promises',
    'typescript/TS2801',
  ],
  [
    'a type that swallows another',
    "export type T = unknown | 'a';",
    'typescript/no-redundant-type-constituents',
  ],
  [
    'a cast to what it is',
    'export const f = (n: number) => n as number;',
    'typescript/no-unnecessary-type-assertion',
  ],
  [
    'an assignment of anything',
    "const n: string = JSON.parse('1');\nexport { n };",
    'typescript/no-unsafe-assignment',
  ],
  ['a call of anything', "JSON.parse('1')();", 'typescript/no-unsafe-call'],
  [
    'a comparison of an enum',
    'enum E { A, B }\nexport const f = (e: E) => e === 1;',
    'typescript/no-unsafe-enum-comparison',
  ],
  [
    'a member of anything',
    "export const f = () => void JSON.parse('1').a;",
    'typescript/no-unsafe-member-access',
  ],
  [
    'a value that may be anything',
    'export const f = (text: string): number => JSON.parse(text);',
    'typescript/no-unsafe-return',
  ],
  ['minus a text', 'export const f = (n: string) => -n;', 'typescript/no-unsafe-unary-minus'],
  [
    'what is thrown and no error',
    "export const f = () => {\n  throw 'away';\n};",
    'typescript/only-throw-error',
  ],
  [
    'what is rejected and no error',
    "export const f = () => Promise.reject('away');",
    'typescript/prefer-promise-reject-errors',
  ],
  [
    'a sum of a number and an object',
    'export const f = (o: { n: number }) => `` + 1 + o;',
    'typescript/restrict-plus-operands',
    'typescript/no-base-to-string',
  ],
  [
    'an object in a text',
    'export const f = (o: object) => `${o}`;',
    'typescript/restrict-template-expressions',
    'typescript/no-base-to-string',
  ],
  [
    'a method without its object',
    'export class C {\n  n = 1;\n  m() {\n    return this.n;\n  }\n}\nexport const m = new C().m;',
    'typescript/unbound-method',
  ],
  ['a wrong type', "export const n: number = 'one';", 'typescript/TS2322'],
  ['a name that no module has', "export { gone } from './t.ts';", 'typescript/TS2305'],
]);
