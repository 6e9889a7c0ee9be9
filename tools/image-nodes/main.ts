/**
 * Records the node classes of the image's ComfyUI for `workflow add`: `node tools/run.mjs image-nodes OBJECT_INFO [WITH_API_NODES]`.
 *
 * Each folder of that ComfyUI's `models/` has a file `probe.<folder>.safetensors`, `configs` one with `.yaml`, and its input folder
 * `probe.input.png`, `.wav`, `.mp4` and `.glb`: by them the choices show which folders they list.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { printLine } from '../../common/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TARGET = join(ROOT, 'cli', 'workflow', 'nodes', 'image-nodes.json');
const PINS = join(ROOT, 'ami', 'packer', 'versions.auto.pkrvars.hcl');

/** Of an input's options; texts for readers are left out. */
const KEPT = [
  'default',
  'min',
  'max',
  'image_upload',
  'image_folder',
  'control_after_generate',
  'forceInput',
] as const;

const PROBE = /^(?:.*\/)?probe\.([^.]+)\./;

type Spec = [type: unknown, options?: Record<string, unknown>];
interface Info {
  input: Partial<Record<'required' | 'optional', Record<string, Spec>>>;
  output: unknown[];
  output_node: boolean;
}

export function reducedInput([type, options = {}]: Spec): Spec {
  const kept: Record<string, unknown> = {};
  for (const name of KEPT)
    if (options[name] !== undefined && options[name] !== false) kept[name] = options[name];
  const listed = (Array.isArray(type) ? type : options['options']) as unknown[] | undefined;
  const folders = listed?.flatMap((choice) => PROBE.exec(String(choice))?.[1] ?? []) ?? [];
  if (folders.length > 0) kept['folders'] = [...new Set(folders)].sort();
  const choices = listed?.filter((choice) => !PROBE.test(String(choice)));
  return Object.keys(kept).length > 0 ? [choices ?? type, kept] : [choices ?? type];
}

export function reducedNode({ input, output, output_node }: Info): object {
  const group = (name: 'required' | 'optional') => {
    const inputs = Object.entries(input[name] ?? {}).map(([key, spec]) => [key, reducedInput(spec)]);
    return inputs.length > 0 && { [name]: Object.fromEntries(inputs) as object };
  };
  return {
    input: { ...group('required'), ...group('optional') },
    output,
    ...(output_node && { output_node }),
  };
}

/** One line for each class, so that a new version shows as a readable change. */
export function recorded(pins: string, own: Record<string, Info>, withApi: Record<string, unknown>): string {
  const pin = (name: string) => new RegExp(`^${name} *= *"(.*)"$`, 'm').exec(pins)?.[1] ?? '';
  const names = Object.keys(own).sort();
  const head = {
    comfyui: pin('comfyui_version'),
    models: { ddcolor: [pin('weights_file')] },
    apiNodes: Object.keys(withApi).filter((name) => !names.includes(name)),
  };
  const nodes = names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(reducedNode(own[name]!))}`);
  const fields = Object.entries(head).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{\n${fields.join(',\n')},\n"nodes":{\n${nodes.join(',\n')}\n}}\n`;
}

export function main([own, withApi = own]: string[]): number {
  if (own === undefined || withApi === undefined)
    throw new UsageError('node tools/run.mjs image-nodes OBJECT_INFO [WITH_API_NODES]');
  const [nodes, all] = [own, withApi].map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, Info>,
  );
  writeFileSync(TARGET, recorded(readFileSync(PINS, 'utf8'), nodes!, all!));
  printLine(`${TARGET}: ${Object.keys(nodes!).length} classes`);
  return 0;
}
