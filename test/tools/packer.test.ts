/** The copies of the image's template that `npm run test:full -- packer` and `packer-build` give to the real Packer. */
import { parse } from '@cdktf/hcl2json';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VERSIONS } from '../../tools/packer/install.ts';
import { overSsh, repeatedStep, withVersions } from '../../tools/packer/template.ts';

const TEMPLATE = readFileSync(join(import.meta.dirname, '../../ami/packer/ddcolor-elastic.pkr.hcl'), 'utf8');

interface Template {
  packer?: unknown;
  data?: unknown;
  source: Record<string, Record<string, object[]>>;
  build: [
    { sources: string[]; provisioner: { shell: Record<string, unknown>[] } & Record<string, object[]> },
  ];
}
const parsed = async (text: string) => (await parse('template.hcl', text)) as unknown as Template;
const TARGET = { host: '127.0.0.1', port: 2222, user: 'ubuntu', key: '/key' };

describe('the template', () => {
  it('differs in its two version constraints only, for the Packer that can be built', () => {
    const lines = (text: string) => text.split('\n');
    const changed = lines(withVersions(TEMPLATE, VERSIONS)).filter((line, k) => line !== lines(TEMPLATE)[k]);
    expect(changed.map((line) => line.trim())).toEqual([
      'required_version = ">= 1.9.4"',
      'version = "= 1.2.9"',
    ]);
  });

  it('keeps its build block over SSH, apart from the source and the variables of the scripts', async () => {
    const [was, is] = [await parsed(TEMPLATE), await parsed(overSsh(TEMPLATE, TARGET, ['A=b']))];
    expect(Object.keys(is.source)).toEqual(['null']);
    expect(is).not.toHaveProperty('data');
    const [{ provisioner: before }] = was.build;
    const [{ provisioner, sources }] = is.build;
    expect(sources).toEqual(['source.null.machine']);
    expect(provisioner.file).toEqual(before.file);
    const others = ({ environment_vars: _, ...rest }: Record<string, unknown>) => rest;
    expect(provisioner.shell.map(others)).toEqual(before.shell.map(others));
    expect(JSON.stringify(provisioner.shell)).toContain('A=b');
  });

  it('that has changed where a copy does is reported', () => {
    expect(() => withVersions('', VERSIONS)).toThrow('the template has 0 times: required_version');
    expect(() => overSsh('', TARGET, [])).toThrow('the template has no block');
  });
});

it.each([
  ['    null.machine: == 20-tools.sh: uv and Node are installed', undefined],
  ['    null.machine: == 80-services.sh: installing services', undefined],
  ['    null.machine: == 10-system.sh: installing curl git', '== 10-system.sh: installing curl git'],
  [
    '    null.machine: == 30-comfyui.sh: checking out ComfyUI at a1',
    '== 30-comfyui.sh: checking out ComfyUI at a1',
  ],
])('%j repeats the step %j', (line, step) => expect(repeatedStep(`first\n${line}\nlast`)).toBe(step));
