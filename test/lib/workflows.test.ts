/** A stage with several workflows: what its workers, its scaler and its gateway are given, and names that cannot be. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workflowNames } from '../../contract/photo-workflow.ts';
import { workerSettingsSchema } from '../../contract/worker.ts';
import { loadWorkflows } from '../../lib/workflows.ts';
import { propertiesOf, synthesise, withPlainIds, type StackTemplate } from './template.ts';

const NAMES = ['ddcolor', 'upscale', 'ddcolor+upscale'];
const several = withPlainIds(
  synthesise('prod', { access: 'open', otherWorkflows: ['upscale', 'ddcolor+upscale'] }),
);
const one = withPlainIds(synthesise('prod', { access: 'open' }));

const settingsOf = (template: StackTemplate) => {
  const { Value } = propertiesOf(template, 'FleetWorkerSettingsParameter');
  const parts = (Value as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'https://token')).join('');
  return { text, ...workerSettingsSchema.parse(JSON.parse(text)) };
};
const variablesOf = (template: StackTemplate, id: string) =>
  propertiesOf(template, id).Environment.Variables as Record<string, string | undefined>;

describe('a stage with several workflows', () => {
  it('gives workers each graph once, without its words', () => {
    const { text, workflow, otherWorkflows } = settingsOf(several);
    expect(workflowNames({ workflow, otherWorkflows })).toEqual(NAMES);
    expect(otherWorkflows?.graphs.map(({ name }) => name)).toEqual(['upscale']);
    expect(text).not.toMatch(/label|[^\x20-\x7e]/);
  });

  it('lets an instance count by workflow, in its own item', () => {
    const text = JSON.stringify(several.Resources.FleetInstanceRoleDefaultPolicy);
    for (const name of NAMES)
      for (const counter of ['started', 'bulkStarted', 'completed', 'busySeconds'])
        expect(text).toContain(`"workflow/${name}/${counter}"`);
  });

  it('names them to the scaler, and with their options and words to the gateway', () => {
    expect(variablesOf(several, 'ScalerFunction').WORKFLOWS).toBe(JSON.stringify(NAMES));
    expect(JSON.parse(variablesOf(several, 'GatewayFunction').WORKFLOWS!)).toMatchObject({
      own: { name: 'ddcolor', label: { en: 'Add colour' } },
      graphs: [{ name: 'upscale', chromaSize: 0, options: [{ name: 'sharpen' }] }],
      names: ['upscale', 'ddcolor+upscale'],
    });
  });

  it('changes nothing else, and a stage with one has none of it', () => {
    expect(JSON.stringify(one)).not.toMatch(/otherWorkflows|workflow\/|WORKFLOWS/);
    const changed = Object.keys(several.Resources).filter(
      (id) => JSON.stringify(several.Resources[id]) !== JSON.stringify(one.Resources[id]),
    );
    // The launch templates have the version of the settings: the instances are replaced.
    const launchTemplates = changed.filter((id) => /LaunchTemplate$/.test(id));
    expect(launchTemplates.length).toBeGreaterThan(0);
    expect(changed.filter((id) => !launchTemplates.includes(id)).sort()).toEqual([
      'FleetInstanceRoleDefaultPolicy',
      'FleetWorkerSettingsParameter',
      'GatewayFunction',
      'ScalerFunction',
      'ScalerWakeFunction',
    ]);
  });
});

describe('the names of a stage', () => {
  const file = resolve('ami/workflow/upscale.json');
  it.each<[string, string[], string[]]>([
    ['a step that is not offered alone', ['ddcolor+upscale'], ['ddcolor', 'ddcolor+upscale']],
    ['a path, by the name in its file', [file, 'ddcolor+upscale'], NAMES],
  ])('are of %s', (_, otherWorkflows, names) => {
    expect(workflowNames(loadWorkflows({ workflow: 'ddcolor', otherWorkflows }))).toEqual(names);
  });

  it.each<[string, string[], string]>([
    ['no file', ['anime'], "workflow 'anime': there is no ami/workflow/anime.json"],
    ['no file of a step', ['ddcolor+anime'], "workflow 'anime': there is no ami/workflow/anime.json"],
    ['one twice', ['upscale', 'upscale'], "workflow 'upscale': is listed twice"],
    ["the stage's own", ['ddcolor'], "workflow 'ddcolor': is listed twice"],
    [
      'another size before the last step',
      ['upscale+ddcolor'],
      "chain 'upscale+ddcolor': 'upscale' gives 2 times the size, which only the last step may",
    ],
    [
      'one option twice',
      ['ddcolor+ddcolor-png'],
      "chain 'ddcolor+ddcolor-png': 'ddcolor' and 'ddcolor-png' both have an option 'preset'; in a chain each name may be there once",
    ],
  ])('are refused with %s', (_, otherWorkflows, message) => {
    expect(() => loadWorkflows({ workflow: 'ddcolor', otherWorkflows })).toThrow(message);
  });
});
