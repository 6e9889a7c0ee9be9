/** docs/constructs.md has every prop of every construct that is exported, with the default that its declaration states. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const LIB = resolve(import.meta.dirname, '..', 'lib');
const DOCUMENT = readFileSync(join(LIB, '..', 'docs', 'constructs.md'), 'utf8');

const parse = (file: string) =>
  ts.createSourceFile(file, readFileSync(join(LIB, file), 'utf8'), ts.ScriptTarget.Latest, true);

/** Where each name comes from that the index exports. */
const exported = new Map(
  parse('index.ts')
    .statements.filter(ts.isExportDeclaration)
    .flatMap(({ exportClause, moduleSpecifier }) =>
      exportClause &&
      ts.isNamedExports(exportClause) &&
      moduleSpecifier &&
      ts.isStringLiteral(moduleSpecifier)
        ? exportClause.elements.map(({ name }) => [name.text, moduleSpecifier.text] as const)
        : [],
    ),
);

interface Prop {
  name: string;
  optional: boolean;
  /** First word of what `@default` states as a value; undefined where it describes. */
  value: string | undefined;
}

/** Of an exported interface, those of what it extends included. */
function propsOf(name: string): Prop[] {
  const from = exported.get(name);
  if (from === undefined) throw new Error(`lib/index.ts does not export ${name}`);
  const found = parse(from).statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  ) as ts.InterfaceDeclaration;
  const bases = (found.heritageClauses ?? []).flatMap(({ types }) =>
    types.map(({ expression }) => expression.getText()),
  );
  return [...found.members.map(propOf), ...bases.flatMap(propsOf)];
}

function propOf(member: ts.TypeElement): Prop {
  const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default');
  const stated = ts.getTextOfJSDocComment(tag?.comment) ?? '';
  const [value] = /^(?!-)[^\s,]+/.exec(stated) ?? [];
  return { name: member.name!.getText(), optional: member.questionToken !== undefined, value };
}

/** Prop and default of each row of a construct's table. */
function rowsOf(construct: string): Map<string, string> {
  const [, section = ''] = DOCUMENT.split(`\n## ${construct}\n`);
  const [own = ''] = section.split(/\n##/);
  const rows = [...own.matchAll(/^\| `(\w+)` \|.*\| ([^|]+) \|$/gm)];
  return new Map(rows.map(([, name = '', value = '']) => [name, value]));
}

const constructs = [...exported.keys()]
  .filter((name) => /Props$/.test(name))
  .map((name) => name.slice(0, -5));

it('there are constructs, and none is left out', () => {
  expect(constructs).toEqual(
    expect.arrayContaining([
      'BacklogScaler',
      'GpuFleet',
      'JobQueue',
      'Monitoring',
      'PhotoStore',
      'ColouringStack',
    ]),
  );
});

describe.each(constructs)('the table of %s', (construct) => {
  const rows = rowsOf(construct);
  const props = propsOf(`${construct}Props`);

  it('has its props, and no others', () => {
    expect([...rows.keys()].sort()).toEqual(props.map(({ name }) => name).sort());
  });

  it.each(props)('says of $name what happens without it', ({ name, optional, value }) => {
    const said = rows.get(name) ?? '';
    if (!optional) expect(said).toBe('required');
    else expect(said.replaceAll('`', '')).toMatch(value === undefined ? /./ : new RegExp(`^${value}(\\W|$)`));
  });
});
