/** `npm run test:full -- packer`: the image's template before the real Packer, which must also reject spoilt copies. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../common/command.ts';
import { runToEnd } from '../../common/processes.ts';
import { ensurePacker, VERSIONS, type Packer } from './install.ts';
import { once, withVersions } from './template.ts';

const AMI = join(import.meta.dirname, '..', '..', 'ami');
const TEMPLATE = 'ddcolor-elastic.pkr.hcl';

interface Case {
  what: string;
  /** What Packer says of it; undefined: it is valid. */
  says?: RegExp;
  spoil?: (template: string) => string;
  variables?: Record<string, string>;
}

const CASES: Case[] = [
  { what: 'the template' },
  {
    what: 'an unknown argument',
    says: /Unsupported argument[^]*colour/,
    spoil: (text) => once(text, 'imds_support    = "v2.0"', 'imds_support    = "v2.0"\n  colour = "grey"'),
  },
  {
    what: 'a missing source',
    says: /source\.amazon-ebs\.other|Unknown source/i,
    spoil: (text) => once(text, '"source.amazon-ebs.ddcolor"', '"source.amazon-ebs.other"'),
  },
  {
    what: 'a folder to upload that is not there',
    says: /provisions/,
    spoil: (text) => once(text, '/../provision"', '/../provisions"'),
  },
  {
    what: 'an unknown provisioner',
    says: /shells/,
    spoil: (text) => text.replace('provisioner "shell"', 'provisioner "shells"'),
  },
  {
    what: 'a volume that the base image does not fit',
    says: /From 75/,
    variables: { root_volume_gib: '60' },
  },
  { what: 'a branch as revision', says: /full commit id/, variables: { revision: 'main' } },
];

export async function main(): Promise<number> {
  return command('npm run test:full -- packer', async ({ abort, progress }) => {
    const say = (line: string) => progress.print(line);
    const packer = await ensurePacker(abort, say);
    say(`Packer ${VERSIONS.packer} with its Amazon plugin ${VERSIONS.amazon}:`);
    const wrong = [...(await format(packer, abort))];
    for (const one of CASES) {
      const problem = await validate(packer, one, abort);
      say(`  ${one.what}: ${problem ?? (one.says ? 'rejected' : 'valid')}`);
      if (problem !== undefined) wrong.push(`${one.what}: ${problem}`);
    }
    for (const line of wrong) say(`failed: ${line}`);
    return wrong.length === 0 ? 0 : 1;
  });
}

/** @returns a problem if the files are not in Packer's format */
async function format({ program, env }: Packer, abort: AbortSignal): Promise<string[]> {
  const { code, output } = await runToEnd(program, ['fmt', '-check', '-diff', join(AMI, 'packer')], {
    env,
    abort,
  });
  return code === 0 ? [] : [`packer fmt: ${output}`];
}

/** @returns what is wrong; undefined when Packer says what it should */
async function validate(packer: Packer, one: Case, abort: AbortSignal): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'template-'));
  try {
    cpSync(AMI, folder, { recursive: true });
    const file = join(folder, 'packer', TEMPLATE);
    const template = withVersions(readFileSync(file, 'utf8'), VERSIONS);
    writeFileSync(file, one.spoil?.(template) ?? template);
    const variables = {
      ...{ region: 'us-east-1', stage: 'dev', revision: '0'.repeat(40) },
      // Any file.
      worker_archive: file,
      ...one.variables,
    };
    const given = Object.entries(variables).flatMap(([name, value]) => ['-var', `${name}=${value}`]);
    const { code, output } = await runToEnd(packer.program, ['validate', ...given, join(folder, 'packer')], {
      // The plugin asks for credentials, and calls nothing.
      env: {
        ...packer.env,
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
        AWS_REGION: 'us-east-1',
      },
      abort,
    });
    if (one.says === undefined) return code === 0 ? undefined : output;
    if (code === 0) return 'packer accepts it';
    return one.says.test(output) ? undefined : `packer rejects it for another reason: ${output}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
