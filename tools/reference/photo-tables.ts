/** What photos cost, as the READMEs and docs/cost.md show it: the figures of `cost` and of the model of an instance. */
import { stages } from '../../bin/stages.ts';
import { costOf, type Cost } from '../../cli/cost/cost-of.ts';
import { costMarkdown } from '../../cli/cost/text.ts';
import { estimatedSeconds, GPUS, gpuSeconds, passOf } from '../../contract/gpus.ts';
import { SHIPPED_BATCHING } from '../../contract/photo-costs.ts';
import { INSTANCE_PRICES } from '../../contract/prices.ts';
import { throughputOf } from '../../contract/throughput.ts';
import { resolveStage } from '../../lib/stage/stage.ts';

/** Megapixels of a small scan, of a phone's or camera's photo, and of a large scan. */
const SIZES = [3, 12, 24];
/** Of the first screen. */
const USUAL = 12;

const prod = () => resolveStage('prod', stages.prod);
const costAt = (megapixels: number) => costOf(prod(), { photos: [{ megapixels }] });
const grouped = (n: number) => n.toLocaleString('en-US');
const fine = (usd: number) => usd.toFixed(3);
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`;

/** The stage's first type: what a reader compares with. */
function firstOf(cost: Cost) {
  const [first] = cost.types;
  const { type = '', photosPerHour, thousandOnDemand, thousandSpot } = first ?? {};
  if (photosPerHour == null || thousandOnDemand == null || thousandSpot == null) {
    throw new Error(`the model does not know ${type}, the first type of prod`);
  }
  return { type, photosPerHour, thousandOnDemand, thousandSpot };
}

function cheapestOf({ cheapest }: Cost) {
  if (!cheapest) throw new Error('the model has no type of prod');
  return cheapest;
}

interface Words {
  head: (type: string) => string[];
  photos: (megapixels: number) => string;
  /** With the idle cost of a month. */
  summary: (month: string) => string;
  headline: (figures: { type: string; photos: string; usd: string; spot: string; size: number }) => string;
}

const ENGLISH: Words = {
  head: (type) => [
    'photo, JPEG',
    `photos an hour, \`${type}\``,
    'USD per 1,000, on demand',
    'Spot',
    'cheapest type',
    'USD per 1,000, on demand',
  ],
  photos: (megapixels) => `${megapixels} megapixels`,
  summary: (month) => `The stage \`prod\` costs about USD ${month} a month at rest. 1,000 photos cost:`,
  headline: ({ type, photos, usd, spot, size }) =>
    `One \`${type}\` colours about ${photos} photos of ${size} megapixels an hour, 1,000 for USD ${usd} on demand or ${spot} on Spot, by a [model of an instance](docs/cost.md#the-model-of-an-instance): processors and ComfyUI measured, GPU estimated.`,
};

const CHINESE: Words = {
  head: (type) => [
    '照片(JPEG)',
    `每小时张数，\`${type}\``,
    '每千张美元，按需',
    'Spot',
    '最便宜的类型',
    '每千张美元，按需',
  ],
  photos: (megapixels) => `${grouped(megapixels * 100)} 万像素`,
  summary: (month) => `阶段 \`prod\` 空闲时每月约 ${month} 美元。1,000 张照片的费用：`,
  headline: ({ type, photos, usd, spot, size }) =>
    `一台 \`${type}\` 每小时约上色 ${photos} 张 ${grouped(size * 100)} 万像素的照片，每千张按需 ${usd} 美元，Spot ${spot} 美元，按[实例模型](docs/cost.md#the-model-of-an-instance)计算：处理器和 ComfyUI 为实测，GPU 为估算。`,
};

function sizesTable({ head, photos, summary }: Words): string {
  const costs = SIZES.map((megapixels) => ({ megapixels, cost: costAt(megapixels) }));
  const { cost } = costs[0]!;
  return [
    summary(cost.idle.total.toFixed(2)),
    '',
    row(...head(firstOf(cost).type)),
    row('---', '---:', '---:', '---:', '---', '---:'),
    ...costs.map(({ megapixels, cost: one }) => {
      const { photosPerHour, thousandOnDemand, thousandSpot } = firstOf(one);
      const best = cheapestOf(one);
      return row(
        photos(megapixels),
        grouped(photosPerHour),
        fine(thousandOnDemand),
        fine(thousandSpot),
        `\`${best.type}\``,
        fine(best.thousandOnDemand),
      );
    }),
  ].join('\n');
}

function headline({ headline: words }: Words): string {
  const { type, photosPerHour, thousandOnDemand, thousandSpot } = firstOf(costAt(USUAL));
  return words({
    type,
    photos: grouped(Math.round(photosPerHour / 100) * 100),
    usd: thousandOnDemand.toFixed(2),
    spot: thousandSpot.toFixed(2),
    size: USUAL,
  });
}

/** Photos an hour of each type with a price, by size, and what limits them. */
function instancesTable(): string {
  const rows = Object.entries(INSTANCE_PRICES).map(([type, { vcpus }]) => {
    const all = SIZES.map((megapixels) => throughputOf(type, [{ megapixels }])!);
    const [{ gpu, gpuSeconds }] = all as [(typeof all)[number]];
    return row(
      `\`${type}\``,
      `${vcpus}`,
      gpu,
      `${Number((gpuSeconds * 1000).toPrecision(2))}`,
      ...all.map(
        ({ photosPerSecond, limit }) =>
          `${grouped(Math.round(3600 * photosPerSecond))} (${limit === 'gpu' ? 'GPU' : 'CPU'})`,
      ),
    );
  });
  return [
    row('type', 'vCPUs', 'GPU', 'ms of GPU, estimated', ...SIZES.map((size) => `photos an hour, ${size} MP`)),
    row('---', '---:', '---', '---:', ...SIZES.map(() => '---:')),
    ...rows,
  ].join('\n');
}

/** What {@link gpuSeconds} follows from, for the GPUs of the families that the model has. */
function gpusTable(): string {
  const ms = (seconds: number) => String(Number((seconds * 1000).toPrecision(2)));
  return [
    row(
      'GPU',
      'family',
      'type',
      'TFLOP/s',
      'GB/s',
      'ms by arithmetic',
      'ms by memory',
      'estimate, ms',
      'peaks',
    ),
    row('---', '---', '---', '---:', '---:', '---:', '---:', '---:', '---'),
    ...Object.entries(GPUS).map(([family, gpu]) => {
      const pass = passOf(gpu);
      const { arithmetic, memory } = estimatedSeconds(gpu, pass);
      return row(
        ...[gpu.name, `\`${family}\``, pass, String(pass === 'float32' ? gpu.float32 : gpu.half)],
        ...[String(gpu.bandwidth), ms(arithmetic), ms(memory)],
        ms(gpuSeconds(gpu, pass, SHIPPED_BATCHING)),
        `[source](${gpu.source})`,
      );
    }),
  ].join('\n');
}

/** By the name of a table: {@link withTables}. */
export const PHOTO_TABLES: Readonly<Record<string, () => string>> = {
  cost: () => costMarkdown(costOf(prod())),
  gpus: gpusTable,
  instances: instancesTable,
  photos: () => sizesTable(ENGLISH),
  photosChinese: () => sizesTable(CHINESE),
  headline: () => headline(ENGLISH),
  headlineChinese: () => headline(CHINESE),
};
