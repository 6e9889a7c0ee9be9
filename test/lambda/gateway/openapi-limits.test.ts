/** The document of a stage accepts what the stage accepts, and nothing else. */
import { describe, expect, it } from 'vitest';
import { OUTPUTS } from '../../../contract/photo-types.ts';
import { offeredWorkflows } from '../../../contract/offered-workflow.ts';
import { LANES } from '../../../contract/lanes.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import type { StageLimits } from '../../../lambda/gateway/stage-limits.ts';
import { createPhotoEvent } from './support/events.ts';
import { memoryGateway } from './support/memory.ts';
import { documentOf, schemaOf } from './support/openapi.ts';

const words = (name: string) => ({ name, label: { en: name, 'zh-CN': name } });
const WORKFLOWS = offeredWorkflows(
  {
    own: words('ddcolor'),
    graphs: [{ ...words('upscale'), chromaSize: 0, options: [] }],
    names: ['upscale', 'ddcolor+upscale'],
  },
  { chromaSize: 0, options: [] },
);
const STAGES: [name: string, limits: StageLimits][] = [
  ['all', { maxUploadBytes: 25_000_000, chromaSize: 512, bulkDeadlineSeconds: 3600 }],
  ['small photos', { maxUploadBytes: 1, chromaSize: 512, bulkDeadlineSeconds: 3600 }],
  ['no chroma', { maxUploadBytes: 5_000_000, chromaSize: 0, bulkDeadlineSeconds: 3600 }],
  ['no bulk lane', { maxUploadBytes: 5_000_000, chromaSize: 512, bulkDeadlineSeconds: 0 }],
  [
    'several workflows',
    { maxUploadBytes: 1_500_000, chromaSize: 0, bulkDeadlineSeconds: 0, workflows: WORKFLOWS },
  ],
  ['neither', { maxUploadBytes: 1_500_000, chromaSize: 0, bulkDeadlineSeconds: 0 }],
];

describe.each(STAGES)('a stage with %s', (_name, limits) => {
  const document = documentOf('open', limits);
  const schema = schemaOf(document, document.paths['/photos']!.post!.requestBody!, 'application/json')!;
  const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1 };
  const bodies: object[] = [
    ...[0, limits.maxUploadBytes, limits.maxUploadBytes + 1, 2 ** 53].map((size) => ({ ...photo, size })),
    ...['ddcolor', 'upscale', 'ddcolor+upscale', 'anime', ''].map((workflow) => ({ ...photo, workflow })),
    ...[undefined, ...OUTPUTS, 'video'].flatMap((output) =>
      [undefined, ...LANES, 'slow'].map((lane) => ({ ...photo, output, lane })),
    ),
  ];

  it('accepts exactly what its document says', async () => {
    let accepted = 0;
    for (const body of bodies) {
      // Of its own, so that no quota ends the table.
      const gateway = memoryGateway(0);
      Object.assign(gateway.settings, limits);
      const sent: unknown = JSON.parse(JSON.stringify(body));
      const { statusCode } = await respond(parseRequest(createPhotoEvent(sent)), gateway);
      expect(statusCode === 201, JSON.stringify(sent)).toBe(schema.safeParse(sent).success);
      if (statusCode === 201) accepted++;
    }
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(bodies.length);
  });

  it('serves that document', async () => {
    const gateway = memoryGateway(0);
    Object.assign(gateway.settings, limits);
    const event = { ...createPhotoEvent({}), routeKey: 'GET /openapi.json' };
    const { body } = await respond(parseRequest(event), gateway);
    expect(JSON.parse(body)).toEqual(document);
  });

  it('has an example that it accepts', () => {
    const { examples } = document.components.schemas.NewPhoto as { examples: { size: number }[] };
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(schema.safeParse(example).success).toBe(true);
  });
});
