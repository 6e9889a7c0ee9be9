/** The file by which a local run announces itself to other commands. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announce, readLocalRun } from '../../common/local-run.ts';
import { clientConfig } from '../../common/environment.ts';
import { UserError } from '../../common/errors.ts';
import { Scope } from '../../common/scope.ts';
import { Folder } from '../cli/support/command.ts';

let folder: Folder;
let file: string;
beforeEach(() => {
  folder = new Folder();
  file = join(folder.path, 'running.json');
});
afterEach(() => folder.remove());

const where = {
  stage: 'local',
  stack: 'DDColorElastic-local',
  endpoint: 'http://127.0.0.1:1',
  autoScalingEndpoint: 'http://127.0.0.1:2',
};

it('exists until the run ends', async () => {
  const scope = new Scope();
  await announce(where, scope, file);
  expect(readLocalRun(file)).toEqual({
    ...where,
    pid: process.pid,
    account: '000000000000',
    secretAccessKey: clientConfig(where.endpoint).credentials.secretAccessKey,
    region: 'us-east-1',
  });
  await scope.close();
  expect(existsSync(file)).toBe(false);
  expect(() => readLocalRun(file)).toThrow(UserError);
  expect(() => readLocalRun(file)).toThrow(
    '--local: nothing runs on this machine; start one with: npm start -- --keep',
  );
});

it('is not deleted when another run has replaced it', async () => {
  const scope = new Scope();
  await announce(where, scope, file);
  const other = { ...readLocalRun(file), pid: process.ppid };
  writeFileSync(file, JSON.stringify(other));
  await scope.close();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(other);
});

it('is rejected when its process is dead', async () => {
  const scope = new Scope();
  await announce(where, scope, file);
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(file, JSON.stringify({ ...readLocalRun(file), pid }));
  expect(() => readLocalRun(file)).toThrow(`--local: the run of process ${pid} has ended unexpectedly`);
});

it.each(['', '{}', '{"pid":"x"}'])('is ignored with the content %j', (text) => {
  writeFileSync(file, text);
  expect(() => readLocalRun(file)).toThrow('--local: nothing runs on this machine');
});
