/** `ddcolor-elastic cost`: what a stage costs idle and at work, by list prices. */
import { InvalidArgumentError, Option } from 'commander';
import type { PhotoKind } from '../../contract/photo-costs.ts';
import { ASSUMED_PHOTOS, type PhotoSize } from '../../contract/throughput.ts';
import { positiveNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { printJson, printLines, printText } from '../../common/terminal.ts';
import { stageHere } from '../shared/stages.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type Target, type TargetOptions } from '../shared/target.ts';
import { costOf } from './cost-of.ts';
import { costJson, costLines, costMarkdown } from './text.ts';

interface CostOptions extends TargetOptions {
  serviceSeconds?: number;
  photoMegapixels?: PhotoSize[];
  photoKind?: PhotoKind;
  markdown?: boolean;
  deployed?: boolean;
}

const KINDS: readonly PhotoKind[] = ['jpeg-rgb', 'jpeg-grey', 'png', 'tiff16'];
/** ComfyUI's decoder, and the worker, take no larger photo: contract/worker.ts. */
const MOST_MEGAPIXELS = 178;

/** Parses `12`, `3,12,24` and `3:70,24:30`. */
function photoSizes(text: string): PhotoSize[] {
  return text.split(',').map((part) => {
    const [size, share, more] = part.split(':').map((word) => (word.trim() === '' ? NaN : Number(word)));
    const isSize = size !== undefined && size > 0 && size <= MOST_MEGAPIXELS;
    const isShare = share === undefined || (share > 0 && share < Infinity);
    if (isSize && isShare && more === undefined) {
      return { megapixels: size, ...(share === undefined ? {} : { share }) };
    }
    throw new InvalidArgumentError(
      `Expected megapixels above 0, up to ${MOST_MEGAPIXELS}, each with a share above 0 or none, such as 12 or 3:70,24:30.`,
    );
  });
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Computes what a stage costs from its values in bin/stages.ts and dated list prices (contract/prices.ts): idle line by line, an instance-hour, a thousand photos, a day at the maximum. It asks AWS only with --deployed: what was spent is in status, and on the bill.',
      )
      .addOption(
        new Option(
          '--service-seconds <n>',
          "an instance's busy seconds per photo, as ServiceTime has them (default: by the model, for each type)",
        ).argParser(positiveNumber(3600)),
      )
      .addOption(
        new Option(
          '--photo-megapixels <sizes>',
          'sizes of the photos, such as 12, or 3,12,24 in equal parts, or 3:70,24:30 with their shares; chooses the cheapest type for them (default: 12)',
        )
          .argParser(photoSizes)
          .conflicts('serviceSeconds'),
      )
      .addOption(
        new Option('--photo-kind <kind>', 'what the photos are')
          .choices(KINDS)
          .default('jpeg-rgb')
          .conflicts('serviceSeconds'),
      )
      .addOption(
        new Option(
          '--deployed',
          'with the size of the image in service, as its bake recorded it (default: an assumed size)',
        ).conflicts('local'),
      )
      .addOption(new Option('--markdown', 'as tables for a README').conflicts('json')),
    ['stage', 'region', 'local', 'json'],
  )
    .notes(
      `Example: ddcolor-elastic cost --stage prod --photo-megapixels 3:70,24:30

Exit codes: 0; 1 an instance type has no price, or the image's size is unknown; 2 wrong command line; 3 AWS could not be
reached.
IAM, with --deployed: ssm:GetParameter, ec2:DescribeImages.`,
    )
    .runs(cost);

async function cost({
  serviceSeconds,
  photoMegapixels = [...ASSUMED_PHOTOS],
  photoKind = 'jpeg-rgb',
  markdown,
  deployed,
  ...options
}: CostOptions): Promise<number> {
  const target = targetOf(options);
  const stage = stageHere('cost', target.stage);
  return interruptible(async ({ signal }) => {
    const image = deployed ? await imageOf(target, signal) : undefined;
    const photos = photoMegapixels.map((one) => ({ ...one, kind: photoKind }));
    const found = costOf(stage, { serviceSeconds, photos, image });
    if (options.json) printJson(costJson(found));
    else if (markdown) printText(costMarkdown(found));
    else printLines(costLines(found));
    return EXIT.done;
  });
}

async function imageOf(target: Target, signal: AbortSignal) {
  const { config, stage } = await deploymentOf(target);
  const { deployedImage } = await import('./deployed.ts');
  return deployedImage(config, stage, signal);
}
