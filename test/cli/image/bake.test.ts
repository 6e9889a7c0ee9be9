/** `image bake`, `rollback` and `list` on the local AWS, with a fake Packer that records its calls. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bake, bakeEnvironment, revisionOf, type BakeEnvironment } from '../../../cli/image/bake.ts';
import { explained } from '../../../cli/image/main.ts';
import { IMAGE_SIZE_TAG } from '../../../contract/names.ts';
import { Scope } from '../../../common/scope.ts';
import { until } from '../../support/wait.ts';
import { listTests } from './list-suite.ts';
import { rollbackTests } from './rollback-suite.ts';
import { Account } from './support/account.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const REVISION = '0123456789abcdef0123456789abcdef01234567';
const scope = new Scope();
const directory = mkdtempSync(join(tmpdir(), 'bake-'));
let account: Account;
let world: BakeEnvironment;

beforeAll(async () => {
  account = await Account.start('ami-bake', scope);
});
afterAll(async () => {
  await scope.close();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await account.reset('dev');
  const packerDirectory = join(directory, 'packer');
  for (const one of [packerDirectory, join(directory, 'calls')])
    rmSync(one, { recursive: true, force: true });
  mkdirSync(packerDirectory);
  world = {
    root: ROOT,
    packerDirectory,
    workDirectory: join(directory, 'work'),
    revision: async () => REVISION,
    // Packing the worker takes three seconds, so one test does it.
    pack: async (_root, to) => join(to, 'worker.tar.gz'),
    env: { PATH: [join(directory, 'bin'), dirname(process.execPath)].join(delimiter) },
  };
});

/** Installs a fake Packer. @param build its JavaScript for `packer build` */
function packer(build: string): void {
  const file = join(directory, 'bin', 'packer');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `#!${process.execPath}
const { appendFileSync, writeFileSync } = require('node:fs');
const [command, ...args] = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(directory, 'calls'))}, JSON.stringify([command, ...args]) + '\\n');
const manifest = (artifact_id) => writeFileSync('manifest.json',
  JSON.stringify({ last_run_uuid: 'x', builds: [{ packer_run_uuid: 'x', artifact_id }] }));
if (command === 'build') { ${build} }
`,
  );
  chmodSync(file, 0o755);
}

const calls = (): string[][] =>
  readFileSync(join(directory, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);

describe('a bake', () => {
  it('sets candidate and current image of a new stage, and the candidate only of another', async () => {
    await account.image('ami-00000001', 1, { bytes: 61.2 * 2 ** 30 });
    packer(`console.log('==> building'); manifest('us-east-1:ami-00000001')`);
    const first = await account.enter('bake --stage dev --yes');
    expect(await explained((one) => bake(one, world), first.session), first.said()).toBe(0);
    expect(await account.parameters()).toEqual({
      'dev/ami/candidate': 'ami-00000001',
      'dev/ami/current': 'ami-00000001',
    });
    expect(first.said()).toContain('==> building');
    // Its size is in a tag, for `cost`.
    expect(account.front.images.get('ami-00000001')?.tags[IMAGE_SIZE_TAG]).toBe('62');
    expect(first.said()).toContain('It has 62 GiB, as a tag records.');
    // A bake without the right to read the size is complete all the same.
    account.front.refusals.push({ action: 'DescribeImages', code: 'UnauthorizedOperation', times: 9 });
    packer(`manifest('us-east-1:ami-00000002')`);
    const second = await account.enter('bake --stage dev --yes');
    expect(await explained((one) => bake(one, world), second.session)).toBe(0);
    expect(await account.parameters()).toEqual({
      'dev/ami/candidate': 'ami-00000002',
      'dev/ami/current': 'ami-00000001',
    });
    expect(second.said()).toContain('npx ddcolor-elastic image promote --stage dev');
    expect(second.said()).toContain(
      'was not recorded (refused: UnauthorizedOperation): cost goes on with 70',
    );
  });

  it('records no size that EC2 does not report', async () => {
    await account.image('ami-00000001', 1);
    const { session } = await account.enter('bake --stage dev --yes');
    expect(await session.images.recordSize('ami-00000001')).toBeUndefined();
    expect(await session.images.recordSize('ami-00000002')).toBeUndefined();
    expect(account.front.images.get('ami-00000001')?.tags).not.toHaveProperty(IMAGE_SIZE_TAG);
  });

  it('passes Packer the variables of its template, and an archive of the worker with its packages', async () => {
    packer(`manifest('us-east-1:ami-00000001')`);
    const { session } = await account.enter('bake --stage dev --yes');
    await explained((one) => bake(one, { ...world, pack: bakeEnvironment().pack }), session);
    const archive = join(world.workDirectory, 'worker.tar.gz');
    const given = [`region=us-east-1`, 'stage=dev', `revision=${REVISION}`, `worker_archive=${archive}`];
    expect(calls().slice(1)).toEqual([
      ['init', '.'],
      ['build', '-color=false', ...given.flatMap((one) => ['-var', one]), '.'],
    ]);
    const template = readFileSync(join(ROOT, 'ami/packer/variables.pkr.hcl'), 'utf8');
    for (const one of given) expect(template).toContain(`variable "${one.split('=')[0]}"`);
    const files = execFileSync('tar', ['-tzf', archive]).toString().split('\n');
    for (const file of [
      'main.mjs',
      'image-process.mjs',
      'image-watchdog.mjs',
      'lcms.wasm',
      'workflow/ddcolor.json',
      'node_modules/sharp/package.json',
    ]) {
      expect(files).toContain(`./${file}`);
    }
    for (const library of [/sharp-linux-x64.*\.node$/, /sharp-libvips-linux-x64\/.*\.so[.\d]*$/]) {
      expect(files.some((file) => library.test(file))).toBe(true);
    }
    expect(files.filter((file) => /darwin|win32|musl|aws-sdk/.test(file))).toEqual([]);
  });

  it.each([
    ['ends with an error', 'process.exit(3)', 'packer build ended with 3'],
    ['writes no manifest', '', 'has written no'],
    ['builds elsewhere', `manifest('eu-west-1:ami-00000001')`, 'has 0 images in us-east-1'],
  ])(
    'changes nothing when Packer %s, even with a manifest of an earlier build',
    async (_what, build, part) => {
      packer(build);
      writeFileSync(
        join(world.packerDirectory, 'manifest.json'),
        JSON.stringify({
          last_run_uuid: 'old',
          builds: [{ packer_run_uuid: 'old', artifact_id: 'us-east-1:ami-0000000f' }],
        }),
      );
      const { session } = await account.enter('bake --stage dev --yes');
      await expect(explained((one) => bake(one, world), session)).rejects.toThrow(part);
      expect(await account.parameters()).toEqual({});
    },
  );

  it('fails without Packer, with how to install it', async () => {
    rmSync(join(directory, 'bin'), { recursive: true, force: true });
    const { session } = await account.enter('bake --stage dev --yes');
    await expect(explained((one) => bake(one, world), session)).rejects.toThrow(
      /Packer is not installed.*brew install/,
    );
  });

  it('changes nothing in a dry run', async () => {
    packer(`manifest('us-east-1:ami-00000001')`);
    const { session, said } = await account.enter('bake --stage dev --dry-run');
    expect(await explained((one) => bake(one, world), session)).toBe(0);
    expect(calls().map(([command]) => command)).toEqual(['version']);
    expect(await account.parameters()).toEqual({});
    expect(said()).toContain(REVISION);
  });

  it('that is interrupted lets Packer clean up', async () => {
    packer(`
      process.on('SIGTERM', () => process.exit(1));
      process.on('SIGINT', () => setTimeout(() => { writeFileSync('cleaned', ''); process.exit(1); }, 200));
      console.log('instance started'); setInterval(() => {}, 1000);`);
    const { session, said, controller } = await account.enter('bake --stage dev --yes');
    const baking = explained((one) => bake(one, world), session).catch((error: Error) => error.name);
    await until(
      async () => said(),
      (text) => text.includes('instance started'),
    );
    controller.abort();
    await session.scope.close();
    expect(existsSync(join(world.packerDirectory, 'cleaned'))).toBe(true);
    expect(await baking).toBe('AbortError');
    expect(await account.parameters()).toEqual({});
  });

  it('has the commit as its revision, and -dirty after uncommitted changes', async () => {
    const root = join(directory, 'repository');
    const abort = new AbortController().signal;
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root }).toString().trim();
    mkdirSync(join(root, 'ami', 'packer'), { recursive: true });
    await expect(revisionOf(root, abort)).rejects.toThrow('revision is unknown');
    git('init', '--quiet');
    writeFileSync(join(root, 'file'), '1');
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'first');
    const commit = git('rev-parse', 'HEAD');
    expect(await revisionOf(root, abort)).toBe(commit);
    writeFileSync(join(root, 'ami', 'packer', 'manifest.json'), '{}');
    expect(await revisionOf(root, abort)).toBe(commit);
    writeFileSync(join(root, 'new'), '1');
    expect(await revisionOf(root, abort)).toBe(`${commit}-dirty`);
  });
});

rollbackTests(() => account);
listTests(() => account);
