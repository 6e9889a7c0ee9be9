/**
 * `npm run bench -- hostile [--pairs 3] [--strangers 20] [--json FILE]`: hostile files at the open gateway of the local stack
 * while strangers send photos. Each pair has one round without the hostile files and one with them.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhotoApi } from '../../client/api.ts';
import { command } from '../../common/command.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { startLocalStage } from './local-stage.ts';
import { POISON } from '../hostile/poison.ts';
import { runClients } from './clients.ts';

const STAND_IN_SECONDS = 0.2;
const FILES = 40;
/** Largest file that is sent. */
const MAX_BYTES = 20e6;
const RAMP_SECONDS = 5;
const PATIENCE_SECONDS = 300;
/** Allowed from a receive to the failure record, seconds. */
const REFUSED_WITHIN = 2;

/** Fields of the log event `photo-finished`. */
interface Finished {
  outcome: string;
  code?: string;
  queueSeconds: number;
  seconds: number;
}

interface Round {
  /** From the upload to the result, p95 of the strangers, seconds. */
  waitP95: number;
  /** From the receive to the failure record, longest of the hostile files, seconds. */
  refusedMax: number;
  refused: number;
}

export interface HostileOptions {
  pairs: number;
  strangers: number;
  json?: string;
}

const p95 = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? NaN;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** Those that are refused, in the order of the table, each as bytes. */
async function hostileFiles(): Promise<Buffer[]> {
  const files: Buffer[] = [];
  for (const { outcome, make } of POISON) {
    if (outcome === 'harmless' || files.length === FILES) continue;
    const file = await make();
    if (file.length > 0 && file.length <= MAX_BYTES) files.push(file);
  }
  return files;
}

/** Sends a file as the page does. */
async function send(api: PhotoApi, file: Buffer, name: string, signal: AbortSignal): Promise<void> {
  const { upload } = await api.create({ name, type: 'image/jpeg', size: file.length }, signal);
  const { url, method, headers } = upload;
  const response = await fetch(url, { method, headers, body: new Uint8Array(file), signal });
  if (!response.ok) throw new Error(`'${name}' was not stored: ${response.status}`);
}

export const bench = ({ pairs, strangers, json }: HostileOptions): Promise<number> =>
  command('npm run bench -- hostile', async ({ abort, scope, progress }) => {
    if (json !== undefined) await checkWritable(json);
    const say = (line: string) => progress.print(line);
    const finished: Finished[] = [];
    const workers = { started: 0, ofInstances: new Set<string>(), imageProcessesDied: 0 };
    const { apiUrl } = await startLocalStage(STAND_IN_SECONDS, {
      abort,
      scope,
      say,
      onWorkerLine: (_instance, line) => {
        if (line.includes('"event":"photo-finished"')) finished.push(JSON.parse(line) as Finished);
        if (line.includes('"event":"image-process-died"')) workers.imageProcessesDied++;
      },
      onProcess: ({ instanceId, what }) => {
        if (what !== 'worker') return;
        workers.started++;
        workers.ofInstances.add(instanceId);
      },
    });
    const api = new PhotoApi(apiUrl);
    const files = await hostileFiles();

    const round = async (hostile: Buffer[], clients: number): Promise<Round> => {
      const from = finished.length;
      const sending = hostile.map(async (file, k) => {
        await sleep((RAMP_SECONDS * 1000 * k) / hostile.length, undefined, { signal: abort });
        await send(api, file, `hostile ${k}.jpg`, abort);
      });
      const run = runClients(apiUrl, {
        clients,
        rampSeconds: RAMP_SECONDS,
        patienceSeconds: PATIENCE_SECONDS,
        abort,
      });
      await Promise.all(sending);
      const { results } = await run;
      const other = results.find(({ outcome }) => outcome !== 'succeeded');
      if (other) throw new Error(`a stranger's photo has the outcome ${other.outcome}: ${other.reason}`);
      const of = (outcome: string) => finished.slice(from).filter((one) => one.outcome === outcome);
      const untilMs = performance.now() + PATIENCE_SECONDS * 1000;
      while (of('failed').length < hostile.length && performance.now() < untilMs)
        await sleep(200, undefined, { signal: abort });
      return {
        waitP95: p95(of('succeeded').map(({ queueSeconds, seconds }) => queueSeconds + seconds)),
        refusedMax: Math.max(0, ...of('failed').map(({ seconds }) => seconds)),
        refused: of('failed').length,
      };
    };

    // The fleet starts, and each worker its image processes.
    await round([], strangers);
    const rows: { without: Round; withHostile: Round }[] = [];
    for (let pair = 1; pair <= pairs; pair++) {
      const without = await round([], strangers);
      const withHostile = await round(files, strangers);
      rows.push({ without, withHostile });
      say(
        `pair ${pair}: wait p95 ${without.waitP95.toFixed(2)} s without, ${withHostile.waitP95.toFixed(2)} s with ` +
          `${withHostile.refused} of ${files.length} hostile files refused, each within ${withHostile.refusedMax.toFixed(2)} s`,
      );
    }
    const [without, withHostile] = [
      median(rows.map((row) => row.without.waitP95)),
      median(rows.map((row) => row.withHostile.waitP95)),
    ];
    const refusedMax = Math.max(...rows.map((row) => row.withHostile.refusedMax));
    const restarts = workers.started - workers.ofInstances.size;
    say(
      `median p95: ${without.toFixed(2)} s without, ${withHostile.toFixed(2)} s with; worker restarts ${restarts}, ` +
        `image processes replaced after a fault ${workers.imageProcessesDied}`,
    );
    if (json !== undefined)
      writeFileSync(
        json,
        `${JSON.stringify({ rows, restarts, ...workers, ofInstances: undefined }, undefined, 2)}\n`,
      );
    const problems = [
      withHostile > Math.max(1.1 * without, without + 0.5) && 'strangers wait longer beside hostile files',
      refusedMax > REFUSED_WITHIN && `a hostile file was refused after ${refusedMax.toFixed(2)} s`,
      rows.some((row) => row.withHostile.refused < files.length) && 'a hostile file was not refused',
      restarts > 0 && 'a worker was restarted',
    ].filter((problem) => problem !== false);
    for (const problem of problems) say(`problem: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  });
