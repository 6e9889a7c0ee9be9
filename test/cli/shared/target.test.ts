/** Options of the operator commands: the target, and those of pause and resume. */
import { describe, expect, it } from 'vitest';
import { definePause, defineResume } from '../../../cli/pause/main.ts';
import { define as defineStatus } from '../../../cli/status/main.ts';
import { targetOf, type TargetOptions } from '../../../cli/shared/target.ts';
import { parse } from '../../support/parse.ts';

const status = (line: string) => parse('status', defineStatus, line);

describe('the target', () => {
  const target = { stage: 'dev', stack: 'DDColorElastic-dev', region: undefined, local: false };
  it.each([
    ['', target],
    [
      '--stage prod --region eu-central-1',
      { ...target, stage: 'prod', stack: 'DDColorElastic-prod', region: 'eu-central-1' },
    ],
    // A stage of another checkout.
    ['--stage mars', { ...target, stage: 'mars', stack: 'DDColorElastic-mars' }],
    ['--stage mars --stack Own', { ...target, stage: 'mars', stack: 'Own' }],
    ['--local', { ...target, stage: 'local', stack: 'DDColorElastic-local', local: true }],
  ])('is parsed from %j', async (line, wanted) => {
    const { got } = await status(line);
    expect(targetOf(got?.[0] as TargetOptions)).toEqual(wanted);
  });

  it.each([
    ['--stage Mars', 'Expected a lowercase letter, then up to 17 lowercase letters, digits and hyphens'],
    ['--region mars', 'Expected a region such as us-east-1'],
    ['--stack 1', 'Expected a letter, then up to 127 letters, digits and hyphens'],
    ['--local --stage dev', "'--local' cannot be used with option '--stage <name>'"],
    ['--local --region us-east-1', "'--local' cannot be used with option '--region <region>'"],
    ['--local --stack X', "'--local' cannot be used with option '--stack <name>'"],
    ['photo.jpg', 'too many arguments'],
    ['--stge dev', 'Did you mean --stage?'],
    ['--stage', "option '--stage <name>' argument missing"],
  ])('is rejected for %j', async (line, error) => {
    const { code, errors } = await status(line);
    expect(errors).toContain(error);
    expect(code).toBe(2);
  });
});

describe('pause and resume', () => {
  it.each([
    ['scale-out', ['scale-out', { stage: 'dev' }]],
    ['scale-in --for 2h', ['scale-in', { stage: 'dev', for: 7200 }]],
    ['both --for 1d --json', ['both', { stage: 'dev', for: 86_400, json: true }]],
  ])('accept %s', async (line, got) => expect((await parse('pause', definePause, line)).got).toEqual(got));

  it.each([
    ['pause', definePause, '', "missing required argument 'what'"],
    ['pause', definePause, 'all', "<what> is 'all'. Allowed choices are scale-out, scale-in, both."],
    ['pause', definePause, 'both scale-in', 'too many arguments'],
    ['pause', definePause, 'both --for 2', 'Expected a time such as 90s, 30m, 2h or 1d, up to 30d'],
    ['resume', defineResume, 'both --for 2h', "unknown option '--for'"],
  ] as const)('reject: %s %j', async (name, define, line, error) => {
    const { code, errors } = await parse(name, define, line);
    expect(errors).toContain(error);
    expect(code).toBe(2);
  });
});
