/** An editor shows each setting of `bin/stages.ts` with its description and default, and completes its name. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { STAGE_FIELDS } from '../../../lib/stage/stage.ts';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
const FILE = join(ROOT, 'bin', 'stages.ts');
const TEXT = readFileSync(FILE, 'utf8').replace(
  '  dev: {',
  "  bare: { /*stage*/ }, own: { policy: { kind: 'slo', /*policy*/ } }, dev: {",
);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  types: [],
};
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [FILE],
  getScriptVersion: () => '1',
  getScriptSnapshot: (name) => {
    const text = name === FILE ? TEXT : ts.sys.readFile(name);
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
  },
  getCurrentDirectory: () => ROOT,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => ts.sys.fileExists(name),
  readFile: (name) => ts.sys.readFile(name),
});

const shown = (parts: ts.SymbolDisplayPart[] | undefined, tags: ts.JSDocTagInfo[] | undefined) => ({
  description: ts.displayPartsToString(parts),
  default: ts.displayPartsToString(tags?.find(({ name }) => name === 'default')?.text),
});
const namesAt = (mark: string) =>
  service.getCompletionsAtPosition(FILE, TEXT.indexOf(mark), undefined)?.entries.map(({ name }) => name);

function completion(mark: string, name: string) {
  const details = service.getCompletionEntryDetails(
    FILE,
    TEXT.indexOf(mark),
    name,
    {},
    undefined,
    {},
    undefined,
  );
  return shown(details?.documentation, details?.tags);
}

function hover(text: string) {
  const info = service.getQuickInfoAtPosition(FILE, TEXT.indexOf(text));
  return shown(info?.documentation, info?.tags);
}

describe('an editor', () => {
  it('completes every setting', () => {
    expect(namesAt('/*stage*/')?.sort()).toEqual(Object.keys(STAGE_FIELDS).sort());
  });

  it.each(Object.keys(STAGE_FIELDS))('describes %s and its default', (name) => {
    const { description, default: value } = completion('/*stage*/', name);
    expect(description).toMatch(/^[A-Z].*\.$/s);
    expect(value).not.toBe('');
  });

  it('describes a setting of a policy', () => {
    expect(namesAt('/*policy*/')).toContain('priceOfWaiting');
    expect(completion('/*policy*/', 'priceOfWaiting').description).toMatch(/^Instance-seconds/);
  });

  it('describes a setting under the cursor', () => {
    expect(hover('maxCapacity: 20')).toEqual({
      description: 'Most instances. This limits the bill.',
      default: '20',
    });
  });
});
