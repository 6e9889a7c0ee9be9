import { createServer } from 'node:http';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clientConfig } from '../../common/environment.ts';
import { describe, expect, it } from 'vitest';
import { cdkArguments, missingImage, stageOf } from '../../tools/cdk.ts';

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

describe('the image of a stage', () => {
  it('is checked for the deployed stage', () => {
    expect(stageOf(cdkArguments(['deploy', '--stage', 'prod'], ['dev', 'prod']))).toBe('prod');
    expect(stageOf(['deploy', '-c', 'stage=prod', '-c', 'other=1'])).toBe('prod');
    expect(stageOf(['deploy'])).toBe('dev');
  });

  it.each<[string, number, object, RegExp | undefined]>([
    ['is missing', 400, { __type: 'ParameterNotFound' }, /npx ddcolor-elastic image bake --stage dev/],
    ['exists', 200, { Parameter: { Value: 'ami-1' } }, undefined],
    ['cannot be read without permission', 400, { __type: 'AccessDeniedException' }, undefined],
  ])('%s', async (_name, status, answer, expected) => {
    const server = createServer((_request, response) =>
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify(answer)),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const ssm = new SSMClient(clientConfig(`http://127.0.0.1:${port}`));
    const message = await missingImage('dev', ssm);
    server.close();
    if (expected) expect(message).toMatch(expected);
    else expect(message).toBeUndefined();
  });
});
