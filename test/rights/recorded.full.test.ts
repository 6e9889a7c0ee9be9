/** The calls of a running stack, recorded in its workers and functions: each is in the table, and its role allows it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scope } from '../../common/scope.ts';
import { ensureVenv } from '../../local/aws/venv.ts';
import { fleetOf } from '../../local/run/fleet.ts';
import { startStack, type LocalStack } from '../../local/run/stack.ts';
import { runClients } from '../../tools/bench/clients.ts';
import { photo } from '../../tools/bench/photos.ts';
import { synthesise } from '../lib/template.ts';
import { group } from './call.ts';
import { callsOf } from './calls.ts';
import { statementsOf } from './policies.ts';
import { callsIn, type Recorded } from './recorded.ts';
import { simulate } from './simulate.ts';

const folder = mkdtempSync(join(tmpdir(), 'calls-'));
const file = join(folder, 'calls.jsonl');
const module = join(folder, 'record.mjs');
writeFileSync(
  module,
  `import { record } from ${JSON.stringify(new URL('record.mjs', import.meta.url).href)}; record(${JSON.stringify(file)});`,
);
writeFileSync(
  join(folder, 'node'),
  `#!/bin/sh\nexec '${process.execPath}' --import '${pathToFileURL(module).href}' "$@"\n`,
  { mode: 0o755 },
);
const scope = new Scope();
let stack: LocalStack;

const put = (key: string, body: Buffer) =>
  stack.s3.send(new PutObjectCommand({ Bucket: stack.outputs.BucketName, Key: key, Body: body }));
const exists = (key: string) =>
  stack.s3.send(new HeadObjectCommand({ Bucket: stack.outputs.BucketName, Key: key })).then(
    () => true,
    () => false,
  );

/** For minutes: the fleet boots and sleeps meanwhile. */
async function stillUntil(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(500);
}

beforeAll(async () => {
  const abort = new AbortController().signal;
  stack = await startStack({
    ...{ stage: 'local', comfyui: undefined, abort, scope, standInSeconds: 0.2 },
    python: await ensureVenv(abort, console.log),
    say: () => undefined,
    onWorkerLine: () => undefined,
    workerModules: [module],
    // The local AWS runs functions on the first Node on the PATH; their NODE_OPTIONS are the template's.
    functionEnvironment: { PATH: [folder, process.env.PATH ?? ''].join(delimiter) },
  });
  const file = await photo(0, 1);
  // It is sooner there than Spot boots: the first photo resumes it.
  await stillUntil(() =>
    fleetOf(stack).warm.some(({ lifecycleState }) => lifecycleState === 'Warmed:Stopped'),
  );
  await put('incoming/Album 1/Oma.jpg', file);
  await put('incoming/letter.jpg', Buffer.from('Dear grandmother,'));
  await stillUntil(() => exists('results/Album 1/Oma.jpg'));
  await stillUntil(() => exists('failed/letter.jpg.json'));
  // Its failure record is deleted, then.
  await put('incoming/letter.jpg', file);
  await stillUntil(() => exists('results/letter.jpg'));
  const { results } = await runClients(stack.apiUrl ?? '', {
    ...{ clients: 2, rampSeconds: 1, patienceSeconds: 120, abort },
  });
  expect(results.map(({ outcome }) => outcome)).toEqual(['succeeded', 'succeeded']);
  // They drain.
  await stillUntil(() => fleetOf(stack).instances.length === 0);
}, 600_000);
afterAll(async () => {
  await scope.close();
  if (process.env.KEEP) console.log(folder);
  else rmSync(folder, { recursive: true });
});

describe('the calls of a running stack', () => {
  const recorded = () => {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const calls = lines.flatMap((line) => callsIn(JSON.parse(line) as Recorded));
    return [...new Map(calls.map((call) => [JSON.stringify(call), call])).values()];
  };

  it('are allowed to their roles, with the keys that they have', async () => {
    const roles = statementsOf(synthesise('local'));
    for (const call of recorded()) {
      const { isAllowed, unknownKeys } = await simulate(call, roles[call.role] ?? []);
      expect([call, isAllowed, unknownKeys]).toEqual([call, true, []]);
    }
  });

  it.each(['SetDesiredCapacity', 'CompleteLifecycleAction'])('are made on both groups: %s', (action) => {
    // A burst resumes the stopped instance, and boots others on Spot.
    const called = recorded().filter((call) => call.action === `autoscaling:${action}`);
    const groups = stack.groupNames.map(group);
    expect(groups).toHaveLength(2);
    expect([...new Set(called.map(({ resource }) => resource))].sort()).toEqual(groups.sort());
  });

  it('are those of the table', () => {
    const nameOf = ({ role, action }: { role: string; action: string }) => `${role} ${action}`;
    // A stage without a probe has none of its roles.
    const roles = statementsOf(synthesise('local'));
    const known = callsOf('local').filter(({ role }) => role in roles);
    const found = [...new Set(recorded().map(nameOf))].sort();
    expect(found.filter((name) => !known.some((call) => nameOf(call) === name))).toEqual([]);
    console.log(`${found.length} of ${new Set(known.map(nameOf)).size} calls recorded:\n${found.join('\n')}`);
    // Each role was heard, or this test would pass without a recorder.
    for (const role of new Set(known.filter(({ by }) => by === undefined).map(({ role }) => role)))
      expect(found.filter((name) => name.startsWith(role))).not.toEqual([]);
  });
});
