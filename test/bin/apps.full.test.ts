/** The CDK apps beside that of a stage, each in a process of its own as the CDK's CLI runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { ofType, type StackTemplate } from '../lib/template.ts';

/** @param change of the stage `prod` */
function run(app: string, context: Record<string, string>, change: StageConfig = {}) {
  const output = mkdtempSync(join(tmpdir(), 'app-'));
  const code = `const { stages } = await import('./bin/stages.ts');
    Object.assign(stages.prod, ${JSON.stringify(change)});
    await import('./bin/${app}.ts');`;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', code],
    {
      encoding: 'utf8',
      env: { ...process.env, CDK_OUTDIR: output, CDK_CONTEXT_JSON: JSON.stringify(context) },
    },
  );
  const read = (name: string): unknown => JSON.parse(readFileSync(join(output, name), 'utf8'));
  return { status, stderr, read };
}

describe('the app of the firewall', () => {
  it('makes it in us-east-1, with the tags and the limit of its stage', () => {
    const { status, read } = run('firewall', { stage: 'prod' }, { requestsPerAddress: 700 });
    expect(status).toBe(0);
    const { artifacts } = read('manifest.json') as { artifacts: Record<string, { environment?: string }> };
    const [name] = Object.keys(artifacts).filter((id) => artifacts[id]?.environment?.startsWith('aws://'));
    expect(artifacts[name!]?.environment).toBe('aws://unknown-account/us-east-1');
    const [acl] = ofType(read(`${name}.template.json`) as StackTemplate, 'AWS::WAFv2::WebACL');
    expect(acl?.Properties).toMatchObject({
      Rules: expect.arrayContaining([
        expect.objectContaining({
          Statement: { RateBasedStatement: expect.objectContaining({ Limit: 700 }) as unknown },
        }),
      ]) as unknown,
      Tags: [
        { Key: 'project', Value: 'ddcolor-elastic' },
        { Key: 'stage', Value: 'prod' },
      ],
    });
  });
});

describe('the app of the pipeline’s roles', () => {
  const context = { stage: 'prod', repository: 'octo-cat/colours' };
  it.each<[StageConfig, boolean]>([
    [{}, false],
    [{ encryption: 'kms' }, true],
  ])('with the stage %j lets the smoke test use a key: %s', (change, has) => {
    const { status, read } = run('deploy-role', context, change);
    expect(status).toBe(0);
    expect(JSON.stringify(read('DDColorElasticDeployRole-prod.template.json')).includes('kms:Decrypt')).toBe(
      has,
    );
  });
});

it.each([['app'], ['firewall'], ['deploy-role']])('%s refuses an unknown stage in one line', (app) => {
  const { status, stderr } = run(app, { stage: 'prdo', repository: 'octo-cat/colours' });
  expect([status, stderr]).toEqual([
    1,
    "unknown stage 'prdo': bin/stages.ts has local, chaos, dev, prod; pass -c stage=NAME.\n",
  ]);
});
