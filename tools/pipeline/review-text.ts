/** Formats a review as Markdown, most important parts first, within the size of a GitHub comment. */
import type { CostDifference, CostRow } from './cost-difference.ts';
import type { TemplateDiff } from './template-diff.ts';

/** First line of a review; the workflow finds the comment to replace by it. */
export const MARKER = '<!-- npm run review -->';
/** Monthly cost of a stage without photos, shown in the table at the top. */
const AT_REST = 'idle / total';
/** Below GitHub's limit of 65,536 characters. */
export const COMMENT_LIMIT = 65_000;

export interface StageReview {
  stage: string;
  /** Undefined when one side has no template; `note` has the reason. */
  diff?: TemplateDiff;
  cost: CostDifference;
  note?: string;
}

interface Block {
  /** Shown when the block does not fit. */
  name: string;
  before: string;
  lines: string[];
  after: string;
}

/**
 * Characters, or half of the bytes if that is more: the workflow passes the review as an environment variable, which Linux
 * limits to 128 KiB, and the CDK's tables have characters of three bytes.
 */
const size = (text: string) => Math.max(text.length, Math.ceil(Buffer.byteLength(text) / 2));

/** @param limit maximum size of the text. @default - that of a GitHub comment */
export function renderReview(stages: StageReview[], limit = COMMENT_LIMIT): string {
  const notes = stages.flatMap(({ stage, note }) => (note === undefined ? [] : [`- **${stage}**: ${note}`]));
  const head = [
    MARKER,
    '## Changes to deployed stages',
    '',
    '| stage | permissions and network | resources | cost |',
    '|---|---|---|---|',
    ...stages.map(row),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n');
  const blocks = [
    ...fenced('Permissions and network', stages, ({ diff }) => diff?.security),
    ...fenced('Removed or replaced resources', stages, ({ diff }) => diff?.gone.join('\n')),
    ...costs(stages),
    ...fenced('Templates', stages, ({ diff }) => diff?.rest, 'folded'),
  ];
  return fit(head, blocks, limit);
}

function row({ stage, diff, cost }: StageReview): string {
  const security = diff && (diff.security === '' ? 'same' : '**changed**');
  return `| ${stage} | ${security ?? 'unknown'} | ${diff ? resources(diff) : 'unknown'} | ${costCell(cost)} |`;
}

function resources({ counts, gone, rest }: TemplateDiff): string {
  const parts = Object.entries(counts).flatMap(([what, n]) => (n > 0 ? [`${n} ${what}`] : []));
  const replaced = gone.filter((line) => !line.startsWith('[-]')).length;
  if (replaced > 0) parts.push(`**${replaced} replaced**`);
  if (parts.length > 0) return parts.join(', ');
  return rest === '' ? 'same' : 'same; outputs or parameters differ';
}

function costCell(cost: CostDifference): string {
  if ('unknown' in cost) return 'unknown';
  const rest = cost.rows.find((one) => one.figure === AT_REST);
  if (rest) return `idle: USD ${figure(rest.before)}/month before, ${figure(rest.after)} after`;
  return cost.rows.length === 0 ? 'same' : `${cost.rows.length} figures differ`;
}

/** @returns a block for each text, with the names of all stages that have it */
function fenced(
  title: string,
  stages: StageReview[],
  textOf: (stage: StageReview) => string | undefined,
  how?: 'folded',
): Block[] {
  const nameless = (stage: StageReview) => withoutName(textOf(stage) ?? '', stage.stage);
  return grouped(stages, nameless).map(([text, names], i) => {
    const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
    const heading = i === 0 ? `### ${title}\n\n` : '';
    const [open, close] = how
      ? [`<details><summary>${names}</summary>\n\n`, '\n</details>\n']
      : [`${names}:\n\n`, ''];
    return {
      name: `${title} (${names})`,
      before: `${heading}${open}${fence}diff\n`,
      lines: text.split('\n'),
      after: `${fence}\n${close}\n`,
    };
  });
}

function costs(stages: StageReview[]): Block[] {
  const table = ({ cost, note }: StageReview) => {
    if (note !== undefined) return '';
    if ('unknown' in cost) return `Unknown: ${cost.unknown}.`;
    if (cost.rows.length === 0) return '';
    return ['| figure | before | after | difference |', '|---|--:|--:|--:|', ...cost.rows.map(costRow)].join(
      '\n',
    );
  };
  return grouped(stages, table).map(([text, names], i) => ({
    name: `Cost (${names})`,
    before: `${i === 0 ? '### Cost\n\n' : ''}${names}:\n\n`,
    lines: text.split('\n'),
    after: '\n',
  }));
}

const figure = (value: number | undefined) =>
  value === undefined ? 'none' : String(Number(value.toPrecision(6)));
const cell = (text: string) => text.replaceAll('|', '\\|');

function costRow({ figure: name, before, after }: CostRow): string {
  const more = before === undefined || after === undefined ? undefined : after - before;
  const share = more === undefined || !before ? undefined : more / before;
  // A percentage over 1000 is harder to read than the amounts.
  const part = share === undefined || share > 10 ? '' : ` (${signed(share * 100, 1)} %)`;
  const difference = more === undefined ? '' : `${signed(more, 4)}${part}`;
  return `| ${cell(name)} | ${figure(before)} | ${figure(after)} | ${difference} |`;
}

const signed = (value: number, digits: number) => `${value > 0 ? '+' : ''}${Number(value.toFixed(digits))}`;

/** Replaces the stage's name, so that equal changes of several stages are shown once. */
const withoutName = (text: string, stage: string) =>
  text.replaceAll(new RegExp(`(ddcolor-?elastic[-/])${stage}(?![a-z0-9])`, 'gi'), '$1<stage>');

/** @returns texts with their stages, in the order of the first stage of each, without empty texts */
function grouped(stages: StageReview[], textOf: (stage: StageReview) => string): [string, string][] {
  const names = new Map<string, string[]>();
  for (const stage of stages) {
    const text = textOf(stage);
    if (text !== '') names.set(text, [...(names.get(text) ?? []), stage.stage]);
  }
  return [...names].map(([text, stagesOfText]) => [text, stagesOfText.join(', ')]);
}

/** As much as fits, from the top; what does not is named at the end. */
function fit(head: string, blocks: Block[], limit: number): string {
  const missing: string[] = [];
  // Every name could have to be listed.
  const listed = blocks.reduce((sum, { name }) => sum + size(`- ${name}: 1000000 of 1000000 lines\n`), 0);
  let text = `${head}\n`;
  let room = limit - size(text) - listed - 300;
  for (const { name, before, lines, after } of blocks) {
    let left = room - size(before + after);
    let shown = 0;
    while (shown < lines.length && size(`${lines[shown]}\n`) <= left) left -= size(`${lines[shown++]}\n`);
    if (shown < lines.length) missing.push(`- ${name}: ${lines.length - shown} of ${lines.length} lines`);
    if (shown === 0) continue;
    text += `${before}${lines.slice(0, shown).join('\n')}\n${after}`;
    room = left;
  }
  if (missing.length === 0) return `${text.trimEnd()}\n`;
  const all =
    'Left out because of the size limit of comments; `npm run review -- --base DIR --whole` shows all:';
  return `${text}${all}\n\n${missing.join('\n')}\n`;
}
