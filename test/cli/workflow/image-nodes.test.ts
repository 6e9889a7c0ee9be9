/** The recorded nodes of the image: of the pinned ComfyUI, as the stand-in declares them, and how they are recorded. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseObjectInfo } from '../../../cli/workflow/nodes/definitions.ts';
import { imageNodes } from '../../../cli/workflow/nodes/image-nodes.ts';
import { nodeClasses, objectInfo } from '../../../local/comfyui/nodes.ts';
import { recorded, reducedInput } from '../../../tools/image-nodes/main.ts';

const { comfyui, models, definitions, apiNodes } = imageNodes();
const pins = readFileSync('ami/packer/versions.auto.pkrvars.hcl', 'utf8');

describe('nodes of the image', () => {
  it('are those of the pinned ComfyUI and weights', () => {
    expect(pins).toContain(`comfyui_version    = "${comfyui}"`);
    expect(pins).toContain(`weights_file   = "${models['ddcolor']?.[0]}"`);
    expect(definitions.size).toBeGreaterThan(300);
    expect(apiNodes.size).toBeGreaterThan(100);
  });

  it('are declared by the stand-in too', () => {
    // Not of the image.
    const { DDColor_Colorize, ...classes } = nodeClasses([]);
    expect(DDColor_Colorize).toBeDefined();
    const info = Object.entries(classes).map(([name, one]) => [name, objectInfo(name, one)] as const);
    for (const [name, { inputs, outputs, isOutput }] of parseObjectInfo(Object.fromEntries(info))) {
      const known = definitions.get(name);
      expect({ name, outputs: known?.outputs, isOutput: known?.isOutput }).toEqual({
        name,
        outputs,
        isOutput,
      });
      for (const input of inputs) {
        const own = known?.inputs.find((one) => one.name === input.name);
        // The files of a folder differ.
        const { folders, choices, ...rest } = { ...own };
        expect(rest).toEqual({ ...input, choices: undefined });
        expect(folders ? [] : choices).toEqual(folders ? [] : input.choices);
      }
    }
  });

  it('of every shipped workflow but the public node are known', () => {
    for (const file of readdirSync('ami/workflow').filter((name) => !name.includes('public'))) {
      const { graph } = JSON.parse(readFileSync(`ami/workflow/${file}`, 'utf8')) as {
        graph: Record<string, { class_type: string }>;
      };
      for (const { class_type } of Object.values(graph)) expect(definitions.has(class_type)).toBe(true);
    }
  });

  it.each<[unknown, unknown]>([
    [['IMAGE'], ['IMAGE']],
    [['IMAGE', { tooltip: 'A picture.' }], ['IMAGE']],
    [
      ['INT', { default: 0, min: 0, max: 9, step: 1, control_after_generate: true, forceInput: false }],
      ['INT', { default: 0, min: 0, max: 9, control_after_generate: true }],
    ],
    [[['probe.vae.safetensors', 'pixel_space']], [['pixel_space'], { folders: ['vae'] }]],
    [
      ['COMBO', { options: ['probe.clip.safetensors', 'sub/probe.input.glb'] }],
      [[], { folders: ['clip', 'input'] }],
    ],
  ])('record %j as %j', (spec, kept) => expect(reducedInput(spec as [unknown])).toEqual(kept));

  it('are recorded in lines, by name', () => {
    const info = { input: { required: { a: ['INT'] as [unknown] } }, output: ['INT'], output_node: false };
    const text = recorded(
      pins,
      { B: info, A: { ...info, output_node: true } },
      { A: info, B: info, Paid: info },
    );
    expect(JSON.parse(text)).toMatchObject({ apiNodes: ['Paid'], nodes: { A: { output_node: true } } });
    expect(
      text
        .split('\n')
        .filter((line) => /^"[AB]"/.test(line))
        .map((line) => line.slice(0, 3)),
    ).toEqual(['"A"', '"B"']);
  });
});
