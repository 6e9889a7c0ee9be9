/**
 * `npm run bench -- gateway [--clients 200] [--seconds 0.2] [--json FILE]`: concurrent clients of the
 * deployed gateway, on the whole local stack, with the fleet at zero. Each client uploads a photo, polls at the interval that
 * the gateway requests, and downloads the result.
 *
 * The bottleneck is the local AWS: one process in all, and one process per function, which handles one request at a time.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { command } from '../../common/command.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { startLocalStage } from './local-stage.ts';
import { runClients, type ClientCounts } from './clients.ts';
import { figuresOf, problemsOf, reportLines } from './clients-report.ts';

const RAMP_SECONDS = 2;
const PATIENCE_SECONDS = 300;

export interface GatewayOptions {
  clients: number;
  /** Time of the stand-in per photo. */
  seconds: number;
  json?: string;
}

function progressLine(seconds: number, clients: number, counts: ClientCounts): string {
  const { announced, sent, succeeded, ended } = counts;
  const time = String(Math.round(seconds)).padStart(4);
  return `${time} s  of ${clients} announced ${announced}, sent ${sent}, succeeded ${succeeded}, ended ${ended}`;
}

export const bench = ({ clients, seconds: standInSeconds, json }: GatewayOptions): Promise<number> =>
  command('npm run bench -- gateway', async ({ abort, scope, progress }) => {
    if (json !== undefined) await checkWritable(json);
    const say = (line: string) => progress.print(line);
    const { apiUrl } = await startLocalStage(standInSeconds, {
      abort,
      scope,
      say,
    });
    const began = performance.now();
    const run = await runClients(apiUrl, {
      clients,
      rampSeconds: RAMP_SECONDS,
      patienceSeconds: PATIENCE_SECONDS,
      abort,
      progress: (counts) => progress.line(progressLine((performance.now() - began) / 1000, clients, counts)),
    });
    const figures = figuresOf(run);
    const problems = problemsOf(run);
    say('');
    for (const line of reportLines(figures)) say(line);
    for (const problem of problems) say(`problem: ${problem}`);
    if (json !== undefined) {
      const cores = availableParallelism();
      const all = { cores, standInSeconds, ...figures, problems };
      writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`);
    }
    return problems.length === 0 ? 0 : 1;
  });
