/** A cost as text and as Markdown: the numbers of the JSON, and no others. */
import { columns, count, number } from '../shared/format.ts';
import type { Cost } from './cost-of.ts';

const money = (usd: number | null): string => (usd === null ? 'unknown' : usd.toFixed(2));
const hourly = (usd: number): string => usd.toFixed(4);

/** Right-aligned under its head. */
const right = (cells: string[]): string[] => {
  const width = Math.max(...cells.map(({ length }) => length));
  return cells.map((cell) => cell.padStart(width));
};

const HEADS = ['an hour', 'Spot', '1,000 photos', 'Spot', 'day at the most'];

const cellsOf = (cost: Cost): string[][] =>
  cost.types.map((one) => [
    hourly(one.onDemandHour),
    hourly(one.spotHour),
    money(one.thousandOnDemand),
    money(one.thousandSpot),
    money(one.dayAtMaximum),
  ]);

const serviceWords = ({ serviceSeconds }: Cost): string =>
  serviceSeconds === null
    ? 'the policy has no service time: give --service-seconds for the cost of photos'
    : `at ${number(serviceSeconds, 3)} s of an instance for a photo`;

const maximumWords = ({ maximum: { instances, onDemand, spot } }: Cost): string =>
  `${count(instances, 'instance')}, ${onDemand} on demand and ${spot} Spot`;

const besideWords = ({ besideHour, launch, requestsThousand }: Cost): string =>
  `Beside each instance ${hourly(besideHour)} an hour (volume, address) and ${money(launch)} a launch; requests ${money(requestsThousand)} a thousand photos.`;

export function costLines(cost: Cost): string[] {
  const { idle, stage, types } = cost;
  const usd = right([...idle.lines.map((one) => money(one.usd)), money(idle.total)]);
  const cells = cellsOf(cost);
  const aligned = HEADS.map((head, k) => right([head, ...cells.map((row) => row[k] ?? '')]));
  return [
    `Stage ${stage}, USD`,
    '',
    'At rest, a month',
    ...columns([
      ...idle.lines.map(({ what, arithmetic }, k) => [what, usd[k] ?? '', arithmetic]),
      ['together', usd.at(-1) ?? '', ''],
    ]),
    '',
    `At work, ${serviceWords(cost)}; at the most, ${maximumWords(cost)}`,
    ...columns(
      ['type', ...types.map(({ type }) => type)].map((name, row) => [
        name,
        ...aligned.map((one) => one[row] ?? ''),
      ]),
    ),
    `  ${besideWords(cost)}`,
    '',
    ...cost.assumptions.map((text) => `- ${text}`),
  ];
}

const tableRow = (cells: string[]) => `| ${cells.join(' | ')} |`;

/** For a README: two tables and what they rest on. */
export function costMarkdown(cost: Cost): string {
  const { idle, stage, types } = cost;
  const cells = cellsOf(cost);
  return [
    tableRow([`stage \`${stage}\` at rest`, 'USD a month', 'how it comes about']),
    tableRow(['---', '---:', '---']),
    ...idle.lines.map(({ what, arithmetic, usd }) => tableRow([what, money(usd), arithmetic])),
    tableRow(['**together**', `**${money(idle.total)}**`, '']),
    '',
    tableRow([
      'at work, USD',
      'an hour on demand',
      'Spot',
      '1,000 photos on demand',
      'Spot',
      'a day at the maximum',
    ]),
    tableRow(['---', ...HEADS.map(() => '---:')]),
    ...types.map(({ type }, k) => tableRow([`\`${type}\``, ...(cells[k] ?? [])])),
    '',
    `1,000 photos ${serviceWords(cost)}; the maximum is ${maximumWords(cost)}. ${besideWords(cost)}`,
    '',
    ...cost.assumptions.map((text) => `- ${text}`),
  ].join('\n');
}

export const costJson = (cost: Cost) => ({ command: 'cost', ...cost });
