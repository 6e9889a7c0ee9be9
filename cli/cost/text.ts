/** A cost as text, Markdown and JSON, with the same numbers. */
import type { Basis } from '../../contract/assumptions.ts';
import { GPUS } from '../../contract/gpus.ts';
import { columns, count, number } from '../shared/format.ts';
import type { Cost } from './cost-of.ts';

const money = (usd: number | null): string => (usd === null ? 'unknown' : usd.toFixed(2));
/** To a tenth of a cent. */
const fine = (usd: number | null): string => (usd === null ? 'unknown' : usd.toFixed(3));
const grouped = (n: number | null): string => (n === null ? 'unknown' : n.toLocaleString('en-US'));
const hourly = (usd: number): string => usd.toFixed(4);

/** Right-aligned cells. */
const right = (cells: string[]): string[] => {
  const width = Math.max(...cells.map(({ length }) => length));
  return cells.map((cell) => cell.padStart(width));
};

const HEADS = ['an hour', 'Spot', 'photos an hour', '1,000 photos', 'Spot', 'day at maximum'];

const cellsOf = (cost: Cost): string[][] =>
  cost.types.map((one) => [
    hourly(one.onDemandHour),
    hourly(one.spotHour),
    grouped(one.photosPerHour),
    fine(one.thousandOnDemand),
    fine(one.thousandSpot),
    money(one.dayAtMaximum),
  ]);

/** Of 12 megapixels; of 3 (50 %) and 24 (50 %) megapixels. */
const sizesText = ({ photos }: Cost): string => {
  const one = ({ megapixels, kind, share }: Cost['photos'][number]) =>
    `${number(megapixels)}${kind === 'jpeg-rgb' ? '' : ` ${kind}`}${photos.length > 1 ? ` (${number(share * 100)} %)` : ''}`;
  return `of ${photos.map(one).join(', ')} megapixels`;
};

const serviceText = (cost: Cost): string =>
  cost.serviceSeconds === null
    ? `${sizesText(cost)}, by the model`
    : `at ${number(cost.serviceSeconds, 3)} instance-seconds each`;

/** Types without a rate, and the type that costs the least. */
export function choiceLines({ types, cheapest, serviceSeconds }: Cost): string[] {
  const unknown = types.filter((one) => one.serviceSeconds === null).map(({ type }) => type);
  const [first] = types;
  const lines =
    unknown.length > 0
      ? [
          `The model does not know ${unknown.join(', ')}: it has ${Object.keys(GPUS).join(', ')} with one GPU. --service-seconds gives what they cost.`,
        ]
      : [];
  if (serviceSeconds !== null || !cheapest || !first) return lines;
  const { type, isInStage, thousandOnDemand, others } = cheapest;
  const than = others.find((one) => one.type === first.type);
  const named = others
    .filter((one) => one.type !== first.type)
    .map((one) => `${one.type} by ${number(one.cheaperPercent)} %`);
  const more = than
    ? `, ${number(than.cheaperPercent)} % less than ${than.type}, the stage's first type`
    : '';
  return [
    ...lines,
    `Cheapest for these photos: ${type}${isInStage ? '' : ', which the stage does not use'}, USD ${fine(thousandOnDemand)} per 1,000 on demand${more}${named.length > 0 ? `; cheaper than ${named.join(', ')}` : ''}.`,
  ];
}

const basisText = ({ what, value, kind, source }: Basis): string =>
  `${kind === 'assumed' ? 'Assumed' : 'Measured'}: ${what}: ${value}. Source: ${source}.`;

const maximumText = ({ maximum: { instances, onDemand, spot } }: Cost): string =>
  `${count(instances, 'instance')}, ${onDemand} on demand and ${spot} Spot`;

const perInstanceText = ({ perInstanceHour, launch, requestsThousand }: Cost): string =>
  `Per instance also ${hourly(perInstanceHour)} an hour (volume, address) and ${money(launch)} a launch; requests ${fine(requestsThousand)} per 1,000 photos.`;

/** What a day costs while Spot has no capacity. */
const fallbackLines = ({ types }: Cost): string[] => {
  const days = types.flatMap(({ type, dayOnFallback }) =>
    dayOnFallback === null ? [] : [`${money(dayOnFallback)} on ${type}`],
  );
  return days.length === 0
    ? []
    : [`A day at the maximum without any Spot capacity, all on demand: USD ${days.join(', ')}.`];
};

export function costLines(cost: Cost): string[] {
  const { idle, stage, types } = cost;
  const usd = right([...idle.lines.map((one) => money(one.usd)), money(idle.total)]);
  const cells = cellsOf(cost);
  const aligned = HEADS.map((head, k) => right([head, ...cells.map((row) => row[k] ?? '')]));
  return [
    `Stage ${stage}, USD`,
    '',
    'Idle, a month',
    ...columns([
      ...idle.lines.map(({ what, arithmetic }, k) => [what, usd[k] ?? '', arithmetic]),
      ['total', usd.at(-1) ?? '', ''],
    ]),
    '',
    `At work, ${serviceText(cost)}; maximum ${maximumText(cost)}`,
    ...columns(
      ['type', ...types.map(({ type }) => type)].map((name, row) => [
        name,
        ...aligned.map((one) => one[row] ?? ''),
      ]),
    ),
    `  ${perInstanceText(cost)}`,
    ...fallbackLines(cost).map((text) => `  ${text}`),
    ...choiceLines(cost).map((text) => `  ${text}`),
    '',
    ...notesOf(cost),
  ];
}

const notesOf = (cost: Cost) =>
  [...cost.assumptions, ...cost.basis.map(basisText)].map((text) => `- ${text}`);

const tableRow = (cells: string[]) => `| ${cells.join(' | ')} |`;

/** Two tables and the assumptions. */
export function costMarkdown(cost: Cost): string {
  const { idle, stage, types } = cost;
  const cells = cellsOf(cost);
  return [
    tableRow([`stage \`${stage}\` idle`, 'USD a month', 'calculation']),
    tableRow(['---', '---:', '---']),
    ...idle.lines.map(({ what, arithmetic, usd }) => tableRow([what, money(usd), arithmetic])),
    tableRow(['**total**', `**${money(idle.total)}**`, '']),
    '',
    tableRow([
      'at work, USD',
      'an hour on demand',
      'Spot',
      'photos an hour',
      '1,000 photos on demand',
      'Spot',
      'a day at the maximum',
    ]),
    tableRow(['---', ...HEADS.map(() => '---:')]),
    ...types.map(({ type }, k) => tableRow([`\`${type}\``, ...(cells[k] ?? [])])),
    '',
    [
      `1,000 photos ${serviceText(cost)}; the maximum is ${maximumText(cost)}.`,
      perInstanceText(cost),
      ...fallbackLines(cost),
      ...choiceLines(cost),
    ].join(' '),
    '',
    ...notesOf(cost),
  ].join('\n');
}

export const costJson = (cost: Cost) => ({ command: 'cost', ...cost });
