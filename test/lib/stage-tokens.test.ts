/** Settings of a stage are known at synth: each token of the CDK is refused by name. */
import { CfnParameter, Lazy, Stack, Token } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { ColouringStack, resolveStage } from '../../lib/index.ts';
import { resolveDeployRole } from '../../lib/deploy-role.ts';
import { STAGE_FIELDS } from '../../lib/stage/stage.ts';
import { hasToken } from '../../lib/stage/check.ts';
import { newApp } from './template.ts';
import { KINDS } from './token-kinds.ts';

describe('a stage', () => {
  const stack = new Stack(newApp(), 'Stage');
  const samples = Object.values(KINDS).flatMap((kind, k): unknown[] => kind(stack, `Sample${k}`));

  it.each(Object.keys(STAGE_FIELDS))('names the setting %s when it is a token', (setting) => {
    for (const value of samples) {
      expect(() => resolveStage('dev', { [setting]: value })).toThrow(
        new RegExp(
          `^stage 'dev' cannot be built:\\n {2}${setting} token: a value that the synth knows[^\\n]*$`,
        ),
      );
    }
  });

  it('has a name that the synth knows', () => {
    const name = new CfnParameter(stack, 'Name').valueAsString;
    expect(() => resolveStage(name, {})).toThrow('name token: a value that the synth knows');
    expect(() => resolveDeployRole({ repository: 'a/b', stage: name })).toThrow('stage token: a value');
  });

  it('that is put together otherwise is checked by the stack', () => {
    const stage = { ...resolveStage('dev', {}), photosPerHour: Lazy.number({ produce: () => 5 }) };
    expect(() => new ColouringStack(newApp(), 'Stack', { stage })).toThrow('photosPerHour token 5: a value');
  });

  it('knows every token of the CDK, and nothing else', () => {
    for (const value of samples) {
      const parts =
        typeof value === 'object' && !Token.isUnresolved(value) ? Object.entries(value!).flat() : [value];
      expect(
        parts.some((one) => Token.isUnresolved(one)),
        String(value),
      ).toBe(true);
      expect(hasToken(value), String(value)).toBe(true);
    }
    const none = [
      0,
      -1.5,
      1e300,
      -1.888e289,
      NaN,
      Infinity,
      '',
      '${Token',
      [],
      ['a'],
      {},
      { a: [{ b: 1 }] },
      null,
      true,
    ];
    for (const [k, value] of [...none, undefined].entries()) expect(hasToken(value), `case ${k}`).toBe(false);
  });
});
