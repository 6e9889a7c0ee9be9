/** Settings of the Packer template that security and cost depend on; Packer checks syntax and schema. */
import { parse } from '@cdktf/hcl2json';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BASE_IMAGE_GIB, ROOT_VOLUME_GIB } from '../../../contract/image.ts';

const ROOT = join(import.meta.dirname, '../../..');
const values = z.record(z.string(), z.unknown());
const block = z.array(values).length(1);

const templateSchema = z.object({
  packer: z.tuple([z.object({ required_version: z.string(), required_plugins: block })]),
  data: z.object({ 'amazon-parameterstore': z.object({ base: block }) }),
  locals: z.tuple([z.object({ pins: z.record(z.string(), z.string()), tags: z.string() })]),
  source: z.object({
    'amazon-ebs': z.object({
      ddcolor: z.tuple([
        values.and(z.object({ metadata_options: block, launch_block_device_mappings: block })),
      ]),
    }),
  }),
  build: z.tuple([
    z.object({
      provisioner: z.object({ shell: z.array(values), file: z.array(values) }),
      'post-processor': z.object({ manifest: block }),
    }),
  ]),
});

const variablesSchema = z.object({ variable: z.record(z.string(), z.tuple([values])) });

async function hcl<T>(name: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(await parse(name, readFileSync(join(ROOT, 'ami/packer', name), 'utf8')));
}

let template: z.infer<typeof templateSchema>;
let variables: z.infer<typeof variablesSchema>['variable'];
let versions: Record<string, string>;

beforeAll(async () => {
  template = await hcl('ddcolor-elastic.pkr.hcl', templateSchema);
  ({ variable: variables } = await hcl('variables.pkr.hcl', variablesSchema));
  versions = await hcl('versions.auto.pkrvars.hcl', z.record(z.string(), z.string()));
});

const source = () => template.source['amazon-ebs'].ddcolor[0];
const fleet = readFileSync(join(ROOT, 'lib/launch-template.ts'), 'utf8');

describe("Packer's template", () => {
  it('starts from the image of an AWS parameter', () => {
    expect(source().source_ami).toBe('${data.amazon-parameterstore.base.value}');
    expect(template.data['amazon-parameterstore'].base[0]?.name).toBe(
      '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id',
    );
  });

  it('pins its plugin to one version', () => {
    expect(template.packer[0].required_plugins[0]?.amazon).toMatchObject({
      version: expect.stringMatching(/^= \d+\.\d+\.\d+$/) as string,
    });
  });

  it('requires IMDSv2, in the build and in the image', () => {
    expect(source().metadata_options[0]).toMatchObject({
      http_tokens: 'required',
      http_put_response_hop_limit: 1,
    });
    expect(source().imds_support).toBe('v2.0');
  });

  it('opens no port, and connects through Session Manager', () => {
    expect(source().ssh_interface).toBe('session_manager');
    expect(source().temporary_security_group_source_cidrs).toEqual(['127.0.0.1/32']);
    expect(Object.keys(source())).not.toContain('security_group_id');
    expect(JSON.stringify(template)).not.toMatch(/0\.0\.0\.0\/0|::\/0/);
  });

  it('allows the build instance Session Manager only', () => {
    const policy = JSON.stringify(source().temporary_iam_instance_profile_policy_document);
    const actions = policy.match(/"[a-z0-9]+:[A-Za-z*]+"/g) ?? [];
    expect(actions).toHaveLength(5);
    expect(actions.filter((action) => !/^"ssm(messages)?:[A-Z]/.test(action))).toEqual([]);
  });

  it('encrypts the root volume, as large as that of the fleet and large enough for the base image', () => {
    const [volume] = source().launch_block_device_mappings;
    expect(volume).toMatchObject({
      encrypted: true,
      volume_type: 'gp3',
      volume_size: '${var.root_volume_gib}',
    });
    expect(fleet).toContain(`ROOT_DEVICE = '${String(volume?.device_name)}'`);
    expect(variables.root_volume_gib?.[0].default).toBe(ROOT_VOLUME_GIB);
    const [{ validation }] = variables.root_volume_gib! as [{ validation: { condition: string }[] }];
    expect(validation[0]?.condition).toContain(
      `>= ${BASE_IMAGE_GIB} && var.root_volume_gib <= ${ROOT_VOLUME_GIB}`,
    );
    expect(ROOT_VOLUME_GIB).toBeGreaterThanOrEqual(BASE_IMAGE_GIB);
    // EBS gp3: throughput is at most 0.25 MiB/s per provisioned IOPS.
    expect(Number(volume?.throughput)).toBeLessThanOrEqual(Number(volume?.iops) / 4);
  });

  it('has a variable without a default for every pin, in tags, manifest and environment', () => {
    const pins = Object.keys(versions).sort();
    expect(pins).not.toEqual([]);
    expect(Object.keys(template.locals[0].pins).sort()).toEqual(pins);
    for (const pin of pins) {
      expect(template.locals[0].pins[pin]).toBe(`\${var.${pin}}`);
      expect(variables[pin]?.[0], pin).not.toHaveProperty('default');
    }
    expect(template.locals[0].tags).toContain('{ for pin, value in local.pins :');
    const [manifest] = template.build[0]['post-processor'].manifest;
    expect(manifest?.custom_data).toMatch(/^\$\{merge\(local\.pins,/);
    expect(manifest?.output).toBe('${path.root}/manifest.json');
    const shell = template.build[0].provisioner.shell.find(({ environment_vars }) => environment_vars);
    expect(shell?.environment_vars).toContain('[for pin, value in local.pins : "${upper(pin)}=${value}"]');
    expect(shell?.environment_vars).toContain('["PREFIX=", "WORKER_ARCHIVE=/tmp/image/worker.tar.gz"]');
    expect(shell?.execute_command).toContain('sudo env {{ .Vars }}');
  });

  it('tags image, snapshot, instance and volume with revision and base image', () => {
    for (const tags of ['tags', 'snapshot_tags', 'run_tags', 'run_volume_tags'])
      expect(source()[tags]).toBe('${local.tags}');
    for (const tag of ['var.revision', '"{{ .SourceAMI }}"']) expect(template.locals[0].tags).toContain(tag);
  });

  it('deprecates the image after 90 days, and names it by version, revision and time', () => {
    expect(source().deprecate_at).toBe(`\${timeadd(local.now, "${90 * 24}h")}`);
    for (const part of ['var.comfyui_version', 'var.revision', 'formatdate('])
      expect(source().ami_name).toContain(part);
  });

  it('uploads what the scripts need, and cleans up last', () => {
    const { file, shell } = template.build[0].provisioner;
    const brought = file.flatMap(({ sources, source: one }) => sources ?? one);
    for (const folder of ['agent', 'provision', 'comfyui', 'systemd', 'workflow'])
      expect(brought).toContain(`\${path.root}/../${folder}`);
    expect(file).toContainEqual({
      source: '${var.worker_archive}',
      destination: '/tmp/image/worker.tar.gz',
    });
    expect(shell.at(-1)?.inline).toEqual(['/tmp/image/provision/clean.sh']);
  });
});
