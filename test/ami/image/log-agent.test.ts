/** The configuration of the CloudWatch agent, and its start with the tags of an instance. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { instanceLogGroupName, LOG_GROUP_TAG, STAGE_TAG } from '../../../contract/logs.ts';
import { AGENT_METRICS, METRIC_NAMESPACE, STAGE_DIMENSION } from '../../../contract/names.ts';
import { readUnit } from './ini.ts';

const AGENT = join(import.meta.dirname, '../../../ami/agent');
const template = readFileSync(join(AGENT, 'cloudwatch-agent.json'), 'utf8');

interface Config {
  logs: { logs_collected: { files: { collect_list: Record<string, string>[] } } };
  metrics: {
    namespace: string;
    aggregation_dimensions: string[][];
    metrics_collected: {
      nvidia_gpu: {
        measurement: { name: string; rename: string }[];
        append_dimensions: Record<string, string>;
        drop_original_metrics: string[];
      };
    };
  };
}

describe('the configuration', () => {
  const { logs, metrics } = JSON.parse(template) as Config;
  const [file] = logs.logs_collected.files.collect_list;
  const gpu = metrics.metrics_collected.nvidia_gpu;

  it('delivers the file that journal-lines.service writes, to a stream of the instance', () => {
    const unit = readUnit('journal-lines.service');
    const folder = (unit.get('Service.ExecStart') ?? '').split(' ').at(-1);
    expect(folder).toBe(`/var/log/${unit.get('Service.LogsDirectory')}`);
    expect(file).toMatchObject({ file_path: `${folder}/journal.log`, log_stream_name: '{instance_id}' });
    // The template sets the retention: with one here, the agent would need a right to change it.
    expect(template).not.toContain('retention_in_days');
  });

  it('publishes GPU metrics over the stage alone, in the namespace that the role allows', () => {
    expect(metrics.namespace).toBe(METRIC_NAMESPACE);
    expect(metrics.aggregation_dimensions).toEqual([[STAGE_DIMENSION]]);
    expect(gpu.append_dimensions).toEqual({ [STAGE_DIMENSION]: 'STAGE' });
    expect(gpu.measurement.map(({ rename }) => rename)).toEqual(Object.values(AGENT_METRICS));
    // A series of each instance that ever ran would cost more than what it tells.
    expect(gpu.drop_original_metrics).toEqual(gpu.measurement.map(({ name }) => name));
  });
});

describe('start-log-agent.sh', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());

  /** Runs it with an instance's metadata and a stub of the agent. @returns what it wrote and called */
  async function start(tags: Record<string, string>) {
    const folder = mkdtempSync(join(tmpdir(), 'agent-'));
    server = createServer((request, response) => {
      const [, tag] = /^\/latest\/meta-data\/tags\/instance\/(.*)$/.exec(request.url ?? '') ?? [];
      if (request.method === 'PUT') return response.end('token');
      const value = request.headers['x-aws-ec2-metadata-token'] === 'token' ? tags[tag ?? ''] : undefined;
      response.writeHead(value === undefined ? 404 : 200).end(value);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server?.once('listening', resolve));
    mkdirSync(join(folder, 'bin'));
    const stub = join(folder, 'bin', 'amazon-cloudwatch-agent-ctl');
    writeFileSync(stub, `#!/bin/sh\necho "$@" >${folder}/called\n`);
    chmodSync(stub, 0o755);
    const output = join(folder, 'agent.json');
    const env = {
      ...process.env,
      METADATA: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      TEMPLATE: join(AGENT, 'cloudwatch-agent.json'),
      ATTEMPTS: '1',
      AGENT: folder,
      OUTPUT: output,
    };
    await promisify(execFile)('bash', [join(AGENT, 'start-log-agent.sh')], { env });
    return { config: readFileSync(output, 'utf8'), called: readFileSync(`${folder}/called`, 'utf8'), output };
  }

  it('starts the agent with the group and the stage of the tags', async () => {
    const { config, called, output } = await start({
      [LOG_GROUP_TAG]: instanceLogGroupName('prod'),
      [STAGE_TAG]: 'prod',
    });
    expect(called.trim()).toBe(`-a fetch-config -m ec2 -c file:${output} -s`);
    expect(JSON.parse(config)).toEqual(
      JSON.parse(
        template.replace('LOG_GROUP', '/ddcolor-elastic/prod/instances').replace('"STAGE"', '"prod"'),
      ),
    );
  });

  it.each([
    ['a quote', { [LOG_GROUP_TAG]: '/a"b', [STAGE_TAG]: 'prod' }],
    ['no group', { [STAGE_TAG]: 'prod' }],
  ])('fails with %s in the tags', async (_what, tags) => {
    await expect(start(tags as Record<string, string>)).rejects.toThrow(
      /start-log-agent: the (tag|instance)/,
    );
  });
});
