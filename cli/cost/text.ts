/** A cost as text, Markdown and JSON, with the same numbers. */
import { columns, count, number } from '../shared/format.ts';
import type { Cost } from './cost-of.ts';

const money = (usd: number | null): string => (usd === null ? 'unknown' : usd.toFixed(2));
const hourly = (usd: number): string => usd.toFixed(4);

/** Right-aligned cells. */
const right = (cells: string[]): string[] => {
  const width = Math.max(...cells.map(({ length }) => length));
  return cells.map((cell) => cell.padStart(width));
};

const HEADS = ['an hour', 'Spot', '1,000 photos', 'Spot', 'day at maximum'];

const cellsOf = (cost: Cost): string[][] =>
  cost.types.map((one) => [
    hourly(one.onDemandHour),
    hourly(one.spotHour),
    money(one.thousandOnDemand),
    money(one.thousandSpot),
    money(one.dayAtMaximum),
  ]);

const serviceText = ({ serviceSeconds }: Cost): string =>
  serviceSeconds === null
    ? 'the policy has no service time: --service-seconds gives the cost of photos'
    : `at ${number(serviceSeconds, 3)} instance-seconds per photo`;

const maximumText = ({ maximum: { instances, onDemand, spot } }: Cost): string =>
  `${count(instances, 'instance')}, ${onDemand} on demand and ${spot} Spot`;

const perInstanceText = ({ perInstanceHour, launch, requestsThousand }: Cost): string =>
  `Per instance also ${hourly(perInstanceHour)} an hour (volume, address) and ${money(launch)} a launch; requests ${money(requestsThousand)} per 1,000 photos.`;

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
    '',
    ...cost.assumptions.map((text) => `- ${text}`),
  ];
}

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
      '1,000 photos on demand',
      'Spot',
      'a day at the maximum',
    ]),
    tableRow(['---', ...HEADS.map(() => '---:')]),
    ...types.map(({ type }, k) => tableRow([`\`${type}\``, ...(cells[k] ?? [])])),
    '',
    `1,000 photos ${serviceText(cost)}; the maximum is ${maximumText(cost)}. ${perInstanceText(cost)}`,
    '',
    ...cost.assumptions.map((text) => `- ${text}`),
  ].join('\n');
}

export const costJson = (cost: Cost) => ({ command: 'cost', ...cost });
