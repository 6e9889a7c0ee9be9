/** A review as Markdown, most important first, within what GitHub takes as a comment. */
import type { CostDifference, CostRow } from './cost-difference.ts';
import type { TemplateDiff } from './template-diff.ts';

/** First line of a review: by this, the comment is found again that the next one replaces. */
export const MARKER = '<!-- npm run review -->';
/** The figure that most people look for: a month of a stage that nobody sends anything. */
const AT_REST = 'idle / total';
/** GitHub's limit is 65,536 characters; a little less, for the frame. */
export const COMMENT_LIMIT = 65_000;

export interface StageReview {
  stage: string;
  /** Undefined where a template is missing on one side: `note` says why. */
  diff?: TemplateDiff;
  cost: CostDifference;
  note?: string;
}

interface Block {
  /** For people, when it does not fit. */
  name: string;
  before: string;
  lines: string[];
  after: string;
}

/**
 * Characters, or half the bytes where those are more: on its way to the comment a review is an environment variable, which
 * on Linux holds 128 KiB, and the CDK's tables are drawn in characters of three bytes.
 */
const size = (text: string) => Math.max(text.length, Math.ceil(Buffer.byteLength(text) / 2));

/** @param limit of the whole text. @default that of a comment on GitHub */
export function renderReview(stages: StageReview[], limit = COMMENT_LIMIT): string {
  const notes = stages.flatMap(({ stage, note }) => (note === undefined ? [] : [`- **${stage}**: ${note}`]));
  const head = [
    MARKER,
    '## What this changes',
    '',
    '| stage | permissions and network | resources | cost |',
    '|---|---|---|---|',
    ...stages.map(row),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n');
  const blocks = [
    ...fenced('Permissions and network', stages, ({ diff }) => diff?.security),
    ...fenced('Removed or replaced, with what they hold', stages, ({ diff }) => diff?.gone.join('\n')),
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
  if (rest) return `at rest USD ${figure(rest.before)}, then ${figure(rest.after)} a month`;
  return cost.rows.length === 0 ? 'same' : `figures that differ: ${cost.rows.length}`;
}

/** A block for each text, naming all stages that have it. */
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
    if ('unknown' in cost) return `Nothing can be said: ${cost.unknown}.`;
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
  // Of next to nothing, anything is a large share.
  const part = share === undefined || share > 10 ? '' : ` (${signed(share * 100, 1)} %)`;
  const difference = more === undefined ? '' : `${signed(more, 4)}${part}`;
  return `| ${cell(name)} | ${figure(before)} | ${figure(after)} | ${difference} |`;
}

const signed = (value: number, digits: number) => `${value > 0 ? '+' : ''}${Number(value.toFixed(digits))}`;

/** What stages have in common differs by their names. */
const withoutName = (text: string, stage: string) =>
  text.replaceAll(new RegExp(`(ddcolor-?elastic[-/])${stage}(?![a-z0-9])`, 'gi'), '$1<stage>');

/** Texts in the order of the first stage that has each, without the empty one. */
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
  const all = 'Left out, since a comment may not be longer; `npm run review -- --base DIR --whole` shows it:';
  return `${text}${all}\n\n${missing.join('\n')}\n`;
}
