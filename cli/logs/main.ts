/** `ddcolor-elastic logs`: what instances, gateway and scaler have logged, or a photo's way through them. */
import { Option } from 'commander';
import { systemClock } from '../../client/time.ts';
import { duration, matching, type CommandLine } from '../../common/command-line.ts';
import { EXIT, Interrupted } from '../../common/errors.ts';
import { printJson, printLine } from '../../common/terminal.ts';
import { INCOMING } from '../../contract/keys.ts';
import { isPhotoKey, PHOTO_FOLDERS } from '../../contract/lanes.ts';
import { photoLogId } from '../../contract/trace.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import type { Source } from './read.ts';
import { follow, showOnce, type ShowOptions } from './show.ts';

interface LogsOptions extends TargetOptions {
  photo?: string;
  instance?: string;
  since: number;
  follow?: boolean;
}

const HOUR_SECONDS = 3600;

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Shows log lines of a stage: of its instances (worker, ComfyUI, kernel, boot), its gateway and its scaler. Lines of a photo name it by the SHA-256 of bucket and key; with --photo they are shown by upload, each under its trace id.',
      )
      .addOption(
        new Option(
          '--photo <key>',
          `of one photo: its key; without ${PHOTO_FOLDERS} it is below '${INCOMING}'`,
        ).conflicts('instance'),
      )
      .addOption(
        new Option('--instance <id>', 'of one instance').argParser(
          matching(/^i-[0-9a-f]{1,32}$/, "an instance's id such as i-0123456789abcdef0"),
        ),
      )
      .addOption(
        new Option('--since <time>', 'how far back: 90s, 30m, 2h, 1d')
          .default(HOUR_SECONDS, '1h')
          .argParser(duration),
      )
      .addOption(new Option('--follow', 'go on with new lines until Ctrl-C')),
  )
    .notes(
      `Example: ddcolor-elastic logs --stage prod --photo album/oma.jpg --since 2d

With --json one object for each line. Lines arrive some seconds after they are written.

Exit codes: 0; 1 the photo has no line in that time; 2 wrong command line; 3 AWS could not be reached.
IAM: cloudformation:DescribeStacks, logs:FilterLogEvents.`,
    )
    .runs(run);

async function run(options: LogsOptions): Promise<number> {
  let byCtrlC = false;
  const onCtrlC = () => (byCtrlC = true);
  process.once('SIGINT', onCtrlC);
  return interruptible(async ({ signal }) => {
    const place = await deploymentOf(targetOf(options));
    const outputs = await outputsOf(place, signal);
    const named = (name: string) => output(outputs, name, place);
    const { photo, instance } = options;
    const gateway = outputs.GatewayLogGroupName;
    const sources: Source[] = [
      { group: named('InstanceLogGroupName'), origin: undefined, stream: instance },
      ...(gateway !== undefined && instance === undefined ? [{ group: gateway, origin: 'gateway' }] : []),
      // No line of the scaler is about a photo.
      ...(photo === undefined && instance === undefined
        ? [{ group: named('ScalerLogGroupName'), origin: 'scaler' }]
        : []),
    ];
    const { logReader } = await import('./read.ts');
    const read = logReader(place.config, sources, signal);
    const show: ShowOptions = {
      term: photo === undefined ? undefined : photoLogId(named('BucketName'), keyOf(photo)),
      from: systemClock.now() - 1000 * options.since,
      byTrace: photo !== undefined,
      print: ({ at, origin, event, fields }, text) =>
        options.json
          ? printJson({ ...fields, at: new Date(at).toISOString(), origin, event })
          : printLine(text),
      heading: (text) => void (options.json || printLine(text)),
    };
    try {
      if (options.follow) return await follow(read, show, systemClock, signal);
    } catch (error) {
      if (error instanceof Interrupted && byCtrlC) return EXIT.done;
      throw error;
    }
    const count = await showOnce(read, show);
    if (count > 0 || photo === undefined) return EXIT.done;
    printLine(`No line of ${keyOf(photo)} in that time.`, process.stderr);
    return EXIT.failed;
  }).finally(() => process.off('SIGINT', onCtrlC));
}

const keyOf = (photo: string) => (isPhotoKey(photo) ? photo : INCOMING + photo);
