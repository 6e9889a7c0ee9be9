import { expect, it } from 'vitest';
import { cdkArguments } from '../../local/cdk.ts';

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
])('%j is refused', (given, message) => expect(() => cdkArguments(given, known)).toThrow(message));
