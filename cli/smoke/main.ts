/** `ddcolor-elastic smoke`: sends one photo through a deployed stage and checks its result. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Option } from 'commander';
import { systemClock } from '../../client/time.ts';
import { bucketName, duration, type CommandLine } from '../../common/command-line.ts';
import { UsageError, UserError } from '../../common/errors.ts';
import { Progress } from '../../common/progress.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { printJson } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { exitCode, smokeJson, smokeLines } from './text.ts';

const ID_BYTES = 16;

interface SmokeOptions extends TargetOptions {
  /** Seconds. */
  timeout: number;
  bucket?: string;
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        "Run it after a deploy: puts a photo into the bucket, waits for its outcome and checks that the result is the photo in colour. Result and failure record are deleted; the photo itself, below incoming/smoke/, is removed by the bucket's lifecycle rule.",
      )
      .argument('<photo>', 'a file, best black and white')
      .addOption(
        new Option('--timeout <time>', 'how long to wait, such as 90s or 20m; a fleet of 0 has to boot first')
          .default(15 * 60, '15m')
          .argParser(duration),
      )
      .addOption(
        new Option('--bucket <name>', 'default: ddcolor-elastic-<stage>-<account>-<region>').argParser(
          bucketName,
        ),
      ),
    ['stage', 'region', 'local', 'json'],
  )
    .notes(
      `Example: ddcolor-elastic smoke photo.jpg --stage dev

Exit codes: 0 the result is in colour; 1 it is not, or the photo failed; 2 wrong command line; 3 no outcome in time or
AWS could not be reached; 130 interrupted.
IAM: s3:PutObject on incoming/smoke/*; s3:GetObject and s3:DeleteObject on results/smoke/* and failed/smoke/*;
nothing else.`,
    )
    .runs(run);

const run = (path: string, { timeout, ...options }: SmokeOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const [{ measurePicture }, { bucketNameOf, smokeBucket }, { smoke }, { plainName }] = await Promise.all([
      import('./picture.ts'),
      import('./bucket.ts'),
      import('./run.ts'),
      import('../colour/service/s3.ts'),
    ]);
    const body = await readFile(path).catch((cause: Error) => {
      throw new UsageError(`'${path}' cannot be read: ${cause.message}`, { cause });
    });
    const picture = await measurePicture(`'${path}'`, body).catch((cause: Error) => {
      throw cause instanceof UserError ? new UsageError(cause.message, { cause }) : cause;
    });
    const deployment = await deploymentOf(targetOf(options));
    const bucket = options.bucket ?? (await bucketNameOf(deployment, signal));
    const out = new Progress(process.stdout);
    const onWait = (seconds: number) => {
      if (!options.json) out.line(`${`${Math.round(seconds)} s`.padStart(5)}  waiting for the outcome`);
    };
    const id = randomBytes(ID_BYTES).toString('base64url');
    const photo = { id, name: plainName(basename(path)), body, picture };
    const ports = {
      bucket: smokeBucket(deployment.config, bucket, signal),
      measurePicture,
      clock: systemClock,
      signal,
      onWait,
    };
    const result = await smoke(photo, timeout, ports);
    const report = { ...result, bucket, photo: picture, timeoutSeconds: timeout };
    if (options.json) printJson(smokeJson(report, deployment));
    else for (const line of smokeLines(report)) out.print(line);
    return exitCode(report);
  });
