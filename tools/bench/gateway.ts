/**
 * `npm run bench -- gateway [--clients 200] [--seconds 0.2] [--json FILE]`: many clients at once through the deployed gateway of
 * the whole local stack, its fleet at zero. Each announces a photo, sends it, asks as it is told to, and fetches its colours.
 *
 * What limits it is the local AWS: one process for everything, and one for a function, which takes requests one by one.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { ensureVenv } from '../../local/aws/venv.ts';
import { command } from '../../common/command.ts';
import { wholeNumber } from '../../common/options.ts';
import { UserError } from '../../common/errors.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { startStack } from '../../local/run/stack.ts';
import { runClients, type ClientCounts } from './clients.ts';
import { against, figuresOf, reportLines } from './clients-report.ts';

const CLIENTS = 200;
const MOST_CLIENTS = 1000;
const RAMP_SECONDS = 2;
const PATIENCE_SECONDS = 300;
/** What the stand-in takes for a photo. */
const STAND_IN_SECONDS = 0.2;

function parse(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      clients: { type: 'string', default: String(CLIENTS) },
      seconds: { type: 'string', default: String(STAND_IN_SECONDS) },
      json: { type: 'string' },
    },
  });
  const standInSeconds = Number(values.seconds);
  if (!(standInSeconds > 0 && standInSeconds <= 60))
    throw new UserError(`--seconds '${values.seconds}' is not a number above 0 and up to 60.`);
  const clients = wholeNumber('--clients', values.clients, 1, MOST_CLIENTS);
  return { clients, standInSeconds, json: values.json };
}

function progressLine(seconds: number, clients: number, counts: ClientCounts): string {
  const { announced, sent, done, ended } = counts;
  const time = String(Math.round(seconds)).padStart(4);
  return `${time} s  of ${clients} announced ${announced}, sent ${sent}, done ${done}, ended ${ended}`;
}

export const main = (args: string[]): Promise<number> =>
  command('npm run bench -- gateway', async ({ abort, scope, progress }) => {
    const { clients, standInSeconds, json } = parse(args);
    if (json !== undefined) await checkWritable(json);
    const say = (line: string) => progress.print(line);
    const python = await ensureVenv(abort, say);
    const { apiUrl } = await startStack({
      stage: 'local',
      comfyui: undefined,
      python,
      abort,
      scope,
      say,
      onWorkerLine: () => undefined,
      standInSeconds,
    });
    if (apiUrl === undefined) throw new Error('the stage has no gateway');
    const began = performance.now();
    const run = await runClients(apiUrl, {
      clients,
      rampSeconds: RAMP_SECONDS,
      patienceSeconds: PATIENCE_SECONDS,
      abort,
      progress: (counts) => progress.line(progressLine((performance.now() - began) / 1000, clients, counts)),
    });
    const figures = figuresOf(run);
    const wrong = against(run);
    say('');
    for (const line of reportLines(figures)) say(line);
    for (const line of wrong) say(`against it: ${line}`);
    if (json !== undefined) {
      const cores = availableParallelism();
      const all = { cores, standInSeconds, ...figures, against: wrong };
      writeFileSync(json, `${JSON.stringify(all, undefined, 2)}\n`);
    }
    return wrong.length === 0 ? 0 : 1;
  });
