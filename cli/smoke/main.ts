/** `ddcolor-elastic smoke`: a photo through a deployed stage, and a look at what comes. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { systemClock } from '../../client/time.ts';
import { Progress } from '../../common/progress.ts';
import { EXIT, UsageError } from '../../common/errors.ts';
import { operate, printJson } from '../shared/interruptible.ts';
import { COMMON_HELP, durationOf, parseCommand, wrongIn } from '../shared/target.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { exitOf, smokeJson, smokeLines } from './text.ts';

const TIMEOUT = '15m';
const ID_BYTES = 16;

export const HELP = `ddcolor-elastic smoke PHOTO [options]
  For after a deploy: puts a photo into the bucket, waits for its end, and looks whether that is the photo in
  colour. Both of its ends are deleted; the photo itself, below incoming/smoke/, goes when the bucket's rules say.

  --timeout TIME   how long to wait, such as 90s or 20m (default ${TIMEOUT}: a fleet at zero has to boot first)
  --bucket NAME    default: ddcolor-elastic-<stage>-<account>-<region>
${COMMON_HELP.split('\n')
  .filter((line) => !/--stack /.test(line))
  .join('\n')}

Ends with 0 when it is coloured, 1 when it is not as it should be or was refused, 2 when the command line is wrong,
3 when it had no end in time or AWS could not be reached, 130 when interrupted.
IAM: s3:PutObject on incoming/smoke/*; s3:GetObject and s3:DeleteObject on results/smoke/* and failed/smoke/*.
Nothing else.`;

export async function main(args: string[]): Promise<number> {
  const options = { timeout: { type: 'string' }, bucket: { type: 'string' } } as const;
  const parsed = parseCommand({ command: 'smoke', options, words: 1 }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json, values, positionals } = parsed;
  const [path] = positionals;
  if (path === undefined) throw wrongIn('smoke')('Which photo? Name a file');
  const timeoutSeconds = durationOf('smoke', '--timeout', values.timeout ?? TIMEOUT);
  return operate(async (signal) => {
    const [{ measurePicture: see }, { bucketNameOf, checkBucket, smokeBucket }, { smoke }, { plainName }] =
      await Promise.all([
        import('./picture.ts'),
        import('./bucket.ts'),
        import('./run.ts'),
        import('../colour/service/s3.ts'),
      ]);
    const body = await readFile(path).catch((cause: Error) => {
      throw new UsageError(`'${path}' cannot be read: ${cause.message}`, { cause });
    });
    const seen = await see(`'${path}'`, body).catch((cause: Error) => {
      throw new UsageError(cause.message, { cause });
    });
    const place = await deploymentOf(target);
    const bucket = checkBucket(values.bucket ?? (await bucketNameOf(place, signal)));
    const out = new Progress(process.stdout);
    const waiting = (seconds: number) => {
      if (!json) out.line(`${`${Math.round(seconds)} s`.padStart(5)}  waiting for the photo's end`);
    };
    const id = randomBytes(ID_BYTES).toString('base64url');
    const photo = { id, name: plainName(basename(path)), body, seen };
    const ports = {
      bucket: smokeBucket(place.config, bucket, signal),
      see,
      clock: systemClock,
      signal,
      waiting,
    };
    const told = { ...(await smoke(photo, timeoutSeconds, ports)), bucket, photo: seen, timeoutSeconds };
    if (json) printJson(smokeJson(told, place));
    else for (const line of smokeLines(told)) out.print(line);
    return exitOf(told);
  });
}
