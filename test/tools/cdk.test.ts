/** Arguments of `npm run deploy` and its like, as the CDK gets them. */
import { expect, it } from 'vitest';
import { cdkArguments, stageOf } from '../../tools/cdk.ts';

const known = ['local', 'dev'];

it.each([
  [['synth'], ['synth']],
  [
    ['deploy', '--stage', 'dev'],
    ['deploy', '-c', 'stage=dev'],
  ],
  [
    ['deploy', '--stage=dev', '--all'],
    ['deploy', '-c', 'stage=dev', '--all'],
  ],
  [
    ['diff', '-c', 'stage=local'],
    ['diff', '-c', 'stage=local'],
  ],
  [
    ['diff', '--context', 'stage=dev', '-c', 'other=1'],
    ['diff', '--context', 'stage=dev', '-c', 'other=1'],
  ],
])('%j becomes %j', (given, passed) => expect(cdkArguments(given, known)).toEqual(passed));

it.each([
  [['deploy', '--stage', 'prdo'], "unknown stage 'prdo': bin/stages.ts has local, dev."],
  [['deploy', '--stage'], "unknown stage '': bin/stages.ts has local, dev."],
  [['deploy', '-c', 'stage=prdo'], "unknown stage 'prdo': bin/stages.ts has local, dev."],
])('%j is rejected', (given, message) => expect(() => cdkArguments(given, known)).toThrow(message));

it('the deployed stage is that of the arguments', () => {
  expect(stageOf(cdkArguments(['deploy', '--stage', 'prod'], ['dev', 'prod']))).toBe('prod');
  expect(stageOf(['deploy', '-c', 'stage=prod', '-c', 'other=1'])).toBe('prod');
  expect(stageOf(['deploy'])).toBe('dev');
});
