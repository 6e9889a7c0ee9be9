import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Checkout } from '../../../tools/pipeline/checkout.ts';
import { costDifference, figures } from '../../../tools/pipeline/cost-difference.ts';
import {
  COMMENT_LIMIT,
  MARKER,
  renderReview,
  type StageReview,
} from '../../../tools/pipeline/review-text.ts';
import { parse } from '../../support/parse.ts';
import { define } from '../../../tools/pipeline/review.ts';
import { parseDiff, type TemplateDiff } from '../../../tools/pipeline/template-diff.ts';

/** As the CDK's CLI prints it. */
const PRINTED = `Stack DDColorElastic-dev
IAM Statement Changes
┌───┬──────────────┬────────┬──────────────────────────┬───────────────────────┐
│   │ Resource     │ Effect │ Action                   │ Condition             │
├───┼──────────────┼────────┼──────────────────────────┼───────────────────────┤
│ + │ \${Topic}     │ Deny   │ sns:Publish              │                       │
│ + │ *            │ Allow  │ cloudwatch:PutMetricData │ "StringEquals": {     │
│   │              │        │ logs:PutLogEvents        │   "namespace": "Some" │
│   │              │        │                          │ }                     │
└───┴──────────────┴────────┴──────────────────────────┴───────────────────────┘
Security Group Changes
┌───┬──────────────────────────┬─────┬──────────┬─────────────────┐
│   │ Group                    │ Dir │ Protocol │ Peer            │
├───┼──────────────────────────┼─────┼──────────┼─────────────────┤
│ - │ \${Fleet/Network.GroupId} │ In  │ TCP 22   │ Everyone (IPv4) │
└───┴──────────────────────────┴─────┴──────────┴─────────────────┘
(NOTE: There may be security-related changes not in this list. See https://example.com)

Parameters
[+] Parameter Other Other: {"Type":"String"}

Resources
[-] AWS::S3::Bucket Old Old123 destroy
[~] AWS::S3::Bucket Photos/Bucket Photos123 replace
 └─ [~] BucketName (requires replacement)
     ├─ [-] one
     └─ [+] two
[~] AWS::SQS::Queue Jobs/Queue Jobs123
[+] Custom::Thing Thing Thing123



✨  Number of stacks with differences: 1
`;

const NONE: TemplateDiff = { security: '', gone: [], rest: '', counts: { added: 0, changed: 0, removed: 0 } };
const SAME = { rows: [] };
const stage = (name: string, more: Partial<StageReview> = {}): StageReview => ({
  stage: name,
  diff: NONE,
  cost: SAME,
  ...more,
});

describe('the diff of two templates', () => {
  const diff = parseDiff(PRINTED);

  it('has a line for each row of its tables, apart', () => {
    expect(diff.security.split('\n')).toEqual([
      'IAM Statement Changes',
      '@@ Resource | Effect | Action | Condition @@',
      '+ ${Topic} | Deny | sns:Publish',
      '+ * | Allow | cloudwatch:PutMetricData logs:PutLogEvents | "StringEquals": { "namespace": "Some" }',
      'Security Group Changes',
      '@@ Group | Dir | Protocol | Peer @@',
      '- ${Fleet/Network.GroupId} | In | TCP 22 | Everyone (IPv4)',
    ]);
  });

  it('has what goes with all that it holds, apart', () => {
    expect(diff.gone).toEqual([
      '[-] AWS::S3::Bucket Old Old123 destroy',
      '[~] AWS::S3::Bucket Photos/Bucket Photos123 replace',
    ]);
    expect(diff.counts).toEqual({ added: 1, changed: 2, removed: 1 });
  });

  it('has the rest as it was, without what the CLI says of itself', () => {
    expect(diff.rest).toMatch(
      /^Parameters\n\[\+] Parameter Other[^]*Resources\n[^]*\[\+] Custom::Thing Thing Thing123$/,
    );
  });

  it('is nothing where there is none', () => {
    const printed =
      'Stack DDColorElastic-dev\nThere were no differences\n\n✨  Number of stacks with differences: 0\n';
    expect(parseDiff(printed)).toEqual(NONE);
  });
});

describe('the difference of cost', () => {
  const before = { stage: 'dev', currency: 'USD', rest: { total: 12, parts: [{ name: 'logs', usd: 2 }] } };

  it('knows every figure by its path, and members of lists by their names', () => {
    expect([...figures(before)]).toEqual([
      ['rest / total', 12],
      ['rest / parts / logs / usd', 2],
    ]);
  });

  it.each([
    [
      'nothing, where figures differ by rounding',
      { ...before, rest: { ...before.rest, total: 12 + 1e-9 } },
      [],
    ],
    [
      'what moved, came and went',
      { rest: { total: 13, parts: [{ name: 'alarms', usd: 1 }] } },
      [
        { figure: 'rest / total', before: 12, after: 13 },
        { figure: 'rest / parts / logs / usd', before: 2, after: undefined },
        { figure: 'rest / parts / alarms / usd', before: undefined, after: 1 },
      ],
    ],
  ])('is %s', (_what, after, rows) => expect(costDifference(before, after)).toEqual(rows));
});

describe('a review', () => {
  const changed = parseDiff(PRINTED);
  const cost = {
    rows: [
      { figure: 'rest | total', before: 12, after: 13.5 },
      { figure: 'new', before: undefined, after: 1 },
    ],
  };

  it('says for each stage whether anything changes', () => {
    const text = renderReview([stage('dev', { diff: changed, cost }), stage('prod')]);
    expect(text.split('\n').slice(0, 7)).toEqual([
      MARKER,
      '## What this changes',
      '',
      '| stage | permissions and network | resources | cost |',
      '|---|---|---|---|',
      '| dev | **changed** | 1 added, 2 changed, 1 removed, **1 replaced** | figures that differ: 2 |',
      '| prod | same | same | same |',
    ]);
  });

  it('says at once what a stage costs at rest, where that moves', () => {
    const rows = [{ figure: 'idle / total', before: 18, after: 19.5 }];
    expect(renderReview([stage('dev', { cost: { rows } })])).toContain(
      '| dev | same | same | at rest USD 18, then 19.5 a month |',
    );
  });

  it('puts permissions first, then what goes, cost, and the rest', () => {
    const text = renderReview([stage('dev', { diff: changed, cost })]);
    expect([...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'Permissions and network',
      'Removed or replaced, with what they hold',
      'Cost',
      'Templates',
    ]);
    expect(text).toContain('| rest \\| total | 12 | 13.5 | +1.5 (+12.5 %) |');
    expect(text).toContain('| new | none | 1 |  |');
  });

  it('says once what is the same for several stages but for their names', () => {
    const reviews = ['dev', 'prod'].map((name) =>
      stage(name, {
        diff: { ...NONE, rest: `[~] arn:…:ddcolor-elastic-${name} /ddcolor-elastic/${name}/ami` },
      }),
    );
    const text = renderReview(reviews);
    expect(text).toContain('<summary>dev, prod</summary>');
    expect(text.match(/ddcolor-elastic-<stage> \/ddcolor-elastic\/<stage>\/ami/g)).toHaveLength(1);
  });

  it('says why where nothing can be said', () => {
    const text = renderReview([
      stage('new', { diff: undefined, note: 'is a new stage', cost: { unknown: 'a new stage' } }),
      stage('dev', { cost: { unknown: "base: cost ended with 2 ('cost' is not a command)" } }),
    ]);
    expect(text).toContain('| new | unknown | unknown | unknown |');
    expect(text).toContain('- **new**: is a new stage');
    expect(text).toContain("dev:\n\nNothing can be said: base: cost ended with 2 ('cost' is not a command).");
  });

  it('cannot be left by what it quotes', () => {
    const text = renderReview([stage('dev', { diff: { ...NONE, rest: '```\n# Hello\n````' } })]);
    expect(text).toContain('`````diff\n```\n# Hello\n````\n`````\n');
  });

  const long = (line: string) =>
    renderReview([
      stage('dev', { diff: { ...changed, rest: Array.from({ length: 5000 }, () => line).join('\n') }, cost }),
      stage('prod', { diff: { ...NONE, rest: Array.from({ length: 9 }, () => `other ${line}`).join('\n') } }),
    ]);

  it.each([
    ['plain', 'x'.repeat(60)],
    ['of three bytes each', '─'.repeat(60)],
    ['of a line each', 'x'.repeat(70_000)],
  ])('fits into a comment, and into what carries it there: characters %s', (_what, line) => {
    const text = long(line);
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(Buffer.byteLength(text)).toBeLessThan(128 * 1024);
  });

  it('says what it leaves out, and leaves out the least important', () => {
    const text = long('x'.repeat(60));
    expect(text).toContain('+ ${Topic} | Deny | sns:Publish');
    expect(text).toMatch(
      /Left out,[^]*\n- Templates \(dev\): \d+ of 5000 lines\n- Templates \(prod\): 9 of 9 lines\n$/,
    );
    const [, missing] = /\(dev\): (\d+) of/.exec(text) ?? [];
    expect(text.match(/^x{60}$/gm)).toHaveLength(5000 - Number(missing));
    // What is cut off is still closed.
    expect(text.match(/^```/gm)!.length % 2).toBe(0);
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)!.length);
  });

  it('is whole where it is asked for', () => {
    const reviews = [stage('dev', { diff: { ...NONE, rest: 'x\n'.repeat(200_000) } })];
    expect(renderReview(reviews, Infinity)).not.toContain('Left out');
  });
});

describe('its options', () => {
  it.each([
    ['--base there', { base: 'there' }],
    ['--base=there --out review.md --whole', { base: 'there', out: 'review.md', whole: true }],
  ])('%j are parsed', async (line, options) =>
    expect((await parse('review', define, line)).got).toEqual([options]),
  );

  it.each([
    ['', "required option '--base <dir>' not specified"],
    ['--base there --hole', 'Did you mean --whole?'],
  ])('%j are refused', async (line, error) =>
    expect((await parse('review', define, line)).errors).toContain(error),
  );

  it('refuse what is no checkout of this repository', () => {
    expect(() => new Checkout('base', 'docs')).toThrow(
      "'docs' is no checkout of this repository: it has no bin/stages.ts.",
    );
  });
});

it('the comment is found again by what each review begins with', () => {
  expect(readFileSync('.github/workflows/pull-request.yml', 'utf8')).toContain(`startswith("${MARKER}")`);
});
