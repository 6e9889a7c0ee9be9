/** The check for secrets in `npm test`, on planted ones. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runToEnd } from '../../common/processes.ts';

const ID = `AKIA${'J7QX2RZB6WTN4LKD'}`;
// Made here, so that this file holds none.
const PLANTED: [what: string, text: string][] = [
  ['an access key of AWS', `aws_access_key_id=${ID}\naws_secret_access_key=${'Zk3+hT9v'.repeat(5)}\n`],
  [
    'a private key',
    `-----BEGIN RSA ${'PRIVATE KEY'}-----\n${'MIIEpAIBAAKCAQEA'.repeat(40)}\n-----END RSA ${'PRIVATE KEY'}-----\n`,
  ],
  ['a token of GitHub', `token: ghp_${'aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3eF5'}\n`],
];

describe('the check for secrets', () => {
  let folder: string;
  const check = async (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    const secretlint = resolve('node_modules/secretlint/bin/secretlint.js');
    const noProfile = pathToFileURL('tools/lint/no-profile.mjs').href;
    const args = ['--import', noProfile, secretlint, '--secretlintrc', resolve('.secretlintrc.json'), name];
    return (await runToEnd(process.execPath, args, { cwd: folder })).code;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ddcolor-secrets-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(PLANTED)('finds %s', async (what, text) => {
    expect(await check(`${what.replaceAll(' ', '-')}.txt`, text)).toBe(1);
  });

  it('passes a file without one', async () => expect(await check('plain.txt', 'region=eu-west-1\n')).toBe(0));
});
