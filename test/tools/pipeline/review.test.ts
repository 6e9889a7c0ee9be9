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

/** Output of the CDK's CLI. */
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

  it('has one line per row of the security tables', () => {
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

  it('has the removed and replaced resources', () => {
    expect(diff.gone).toEqual([
      '[-] AWS::S3::Bucket Old Old123 destroy',
      '[~] AWS::S3::Bucket Photos/Bucket Photos123 replace',
    ]);
    expect(diff.counts).toEqual({ added: 1, changed: 2, removed: 1 });
  });

  it('has the rest without status lines of the CLI', () => {
    expect(diff.rest).toMatch(
      /^Parameters\n\[\+] Parameter Other[^]*Resources\n[^]*\[\+] Custom::Thing Thing Thing123$/,
    );
  });

  it('is empty without differences', () => {
    const printed =
      'Stack DDColorElastic-dev\nThere were no differences\n\n✨  Number of stacks with differences: 0\n';
    expect(parseDiff(printed)).toEqual(NONE);
  });
});

describe('the cost difference', () => {
  const before = { stage: 'dev', currency: 'USD', rest: { total: 12, parts: [{ name: 'logs', usd: 2 }] } };

  it('lists figures by path, and members of lists by name', () => {
    expect([...figures(before)]).toEqual([
      ['rest / total', 12],
      ['rest / parts / logs / usd', 2],
    ]);
  });

  it.each([
    ['empty for rounding differences', { ...before, rest: { ...before.rest, total: 12 + 1e-9 } }, []],
    [
      'changed, added and removed figures',
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

  it('shows for each stage whether anything changes', () => {
    const text = renderReview([stage('dev', { diff: changed, cost }), stage('prod')]);
    expect(text.split('\n').slice(0, 7)).toEqual([
      MARKER,
      '## Changes to deployed stages',
      '',
      '| stage | permissions and network | resources | cost |',
      '|---|---|---|---|',
      '| dev | **changed** | 1 added, 2 changed, 1 removed, **1 replaced** | 2 figures differ |',
      '| prod | same | same | same |',
    ]);
  });

  it('shows a changed cost of an idle stage in the table', () => {
    const rows = [{ figure: 'idle / total', before: 18, after: 19.5 }];
    expect(renderReview([stage('dev', { cost: { rows } })])).toContain(
      '| dev | same | same | idle: USD 18/month before, 19.5 after |',
    );
  });

  it('shows permissions first, then removed resources, cost, and the rest', () => {
    const text = renderReview([stage('dev', { diff: changed, cost })]);
    expect([...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      'Permissions and network',
      'Removed or replaced resources',
      'Cost',
      'Templates',
    ]);
    expect(text).toContain('| rest \\| total | 12 | 13.5 | +1.5 (+12.5 %) |');
    expect(text).toContain('| new | none | 1 |  |');
  });

  it('shows equal changes of several stages once', () => {
    const reviews = ['dev', 'prod'].map((name) =>
      stage(name, {
        diff: { ...NONE, rest: `[~] arn:…:ddcolor-elastic-${name} /ddcolor-elastic/${name}/ami` },
      }),
    );
    const text = renderReview(reviews);
    expect(text).toContain('<summary>dev, prod</summary>');
    expect(text.match(/ddcolor-elastic-<stage> \/ddcolor-elastic\/<stage>\/ami/g)).toHaveLength(1);
  });

  it('shows why a diff or cost is unknown', () => {
    const text = renderReview([
      stage('new', { diff: undefined, note: 'is a new stage', cost: { unknown: 'a new stage' } }),
      stage('dev', { cost: { unknown: "base: cost ended with 2 ('cost' is not a command)" } }),
    ]);
    expect(text).toContain('| new | unknown | unknown | unknown |');
    expect(text).toContain('- **new**: is a new stage');
    expect(text).toContain("dev:\n\nUnknown: base: cost ended with 2 ('cost' is not a command).");
  });

  it('quotes text with code fences', () => {
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
  ])('fits into a comment and an environment variable: characters %s', (_what, line) => {
    const text = long(line);
    expect(text.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(Buffer.byteLength(text)).toBeLessThan(128 * 1024);
  });

  it('lists the left-out parts, the least important ones', () => {
    const text = long('x'.repeat(60));
    expect(text).toContain('+ ${Topic} | Deny | sns:Publish');
    expect(text).toMatch(
      /Left out [^]*\n- Templates \(dev\): \d+ of 5000 lines\n- Templates \(prod\): 9 of 9 lines\n$/,
    );
    const [, missing] = /\(dev\): (\d+) of/.exec(text) ?? [];
    expect(text.match(/^x{60}$/gm)).toHaveLength(5000 - Number(missing));
    // Truncated blocks are closed.
    expect(text.match(/^```/gm)!.length % 2).toBe(0);
    expect(text.match(/<details>/g)).toHaveLength(text.match(/<\/details>/g)!.length);
  });

  it('is complete without a limit', () => {
    const reviews = [stage('dev', { diff: { ...NONE, rest: 'x\n'.repeat(200_000) } })];
    expect(renderReview(reviews, Infinity)).not.toContain('Left out');
  });
});

describe('the options of review', () => {
  it.each([
    ['--base there', { base: 'there' }],
    ['--base=there --out review.md --whole', { base: 'there', out: 'review.md', whole: true }],
  ])('%j are parsed', async (line, options) =>
    expect((await parse('review', define, line)).got).toEqual([options]),
  );

  it.each([
    ['', "required option '--base <dir>' not specified"],
    ['--base there --hole', 'Did you mean --whole?'],
  ])('%j are rejected', async (line, error) =>
    expect((await parse('review', define, line)).errors).toContain(error),
  );

  it('reject a folder that is not a checkout', () => {
    expect(() => new Checkout('base', 'docs')).toThrow(
      "'docs' is not a checkout of this repository: it has no bin/stages.ts.",
    );
  });
});

it('the workflow finds the comment by the marker of a review', () => {
  expect(readFileSync('.github/workflows/pull-request.yml', 'utf8')).toContain(`startswith("${MARKER}")`);
});
