/**
 * The OpenAPI document as others use it: schemathesis tests the handler by it over HTTP, and a Python client that is generated
 * from it colours a photo.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runToEnd } from '../../../common/processes.ts';
import { apiPhotoKey, resultKey } from '../../../contract/keys.ts';
import { ensurePackages } from '../../../local/aws/venv.ts';
import type { Access } from '../../../contract/gateway.ts';
import { photoOptions } from '../../../contract/workflow-option.ts';
import type { PhotoSettings } from '../../../lambda/gateway/ports.ts';
import { loadWorkflow } from '../../../lib/workflows.ts';
import { memoryGateway, type MemoryGateway } from './support/memory.ts';
import { memoryWebhooks } from './support/webhooks.ts';
import { CREDENTIALS, serveGateway, type HttpGateway } from './support/serve-gateway.ts';

const TOOLS = join(import.meta.dirname, '..', '..', '..', 'tools', 'openapi');
const abort = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
const UNLIMITED = { photosPerHour: 1e9, photosPerDay: 1e9 };

let python = '';
beforeAll(async () => {
  const requirements = join(TOOLS, 'requirements.txt');
  python = await ensurePackages({ requirements, folder: 'openapi', name: 'OpenAPI tools' }, abort, () => {});
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let served: HttpGateway;
afterEach(() => served.close());
interface Served {
  access?: Access;
  hasWebhooks?: boolean;
  settings: Partial<PhotoSettings>;
}

async function serve({ access = 'open', hasWebhooks = false, settings }: Served): Promise<MemoryGateway> {
  const gateway = memoryGateway(Date.now() / 1000, { access });
  Object.assign(gateway.settings, settings);
  // Every name has a public address: whether one has is not in the document.
  const { webhooks } = memoryWebhooks(new Proxy({}, { get: () => '203.0.113.9' }));
  served = await serveGateway(hasWebhooks ? { ...gateway, webhooks } : gateway);
  return gateway;
}

/** With the environment's folder on the path: the generator calls a formatter there. */
function tool(name: string, ...args: string[]) {
  const bin = dirname(python);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  return runToEnd(join(bin, name), args, { abort, env, cwd: folder });
}

describe('schemathesis', () => {
  const ALL = { chromaSize: 512, bulkDeadlineSeconds: 3600 };
  const STAGES: [name: string, stage: Served, operations: number][] = [
    ['all that an open stage can have', { settings: ALL }, 5],
    [
      'no chroma and no bulk lane',
      { settings: { chromaSize: 0, bulkDeadlineSeconds: 0, maxUploadBytes: 1_000_000 } },
      5,
    ],
    // The strength of a chroma is 100 alone, by a rule over two fields that the document does not have.
    [
      'options and no chroma',
      { settings: { ...ALL, chromaSize: 0, options: photoOptions(loadWorkflow('ddcolor')) } },
      5,
    ],
    ['tokens and webhooks', { access: 'jwt', hasWebhooks: true, settings: ALL }, 9],
    ['AWS signatures and webhooks', { access: 'iam', hasWebhooks: true, settings: ALL }, 9],
  ];

  it.each(STAGES)(
    'finds no answer that differs from the document: %s',
    async (_name, stage, operations) => {
      await serve({ ...stage, settings: { ...UNLIMITED, ...stage.settings } });
      const credentials = CREDENTIALS[stage.access ?? 'open'];
      const { code, output } = await tool(
        'schemathesis',
        ...['--config-file', join(TOOLS, 'schemathesis.toml'), 'run', `${served.url}openapi.json`],
        ...['--max-examples', '50', '--generation-database', 'none', '--no-color'],
        ...(credentials ? ['--header', `Authorization: ${credentials}`] : []),
        // API Gateway answers 403 to an unsigned request, where the check knows 401 alone; that it is refused is another check.
        ...(stage.access === 'iam' ? ['--exclude-checks', 'missing_required_header'] : []),
      );
      expect(output).toMatch(new RegExp(`Tested: ${operations}$`, 'm'));
      // Warnings are about what it could not reach, such as a result to share.
      expect([code, output]).toEqual([0, expect.stringMatching(/ (\d+) generated, \1 passed/)]);
    },
    300_000,
  );
});

/** In two steps, since the worker in between is the test. */
const SCRIPT = `
import sys
from client import Client
from client.api.default import create_photo, read_photo
from client.models import FailedPhoto, NewPhoto, NewPhotoType, SucceededPhoto, WaitingPhoto

api = Client(base_url=sys.argv[1])
if len(sys.argv) == 2:
    made = create_photo.sync(client=api, body=NewPhoto(name="Oma.jpg", type_=NewPhotoType("image/jpeg"), size=3))
    now = read_photo.sync(made.id, client=api)
    assert isinstance(now, WaitingPhoto) and not now.uploaded, now
    print(made.id)
else:
    now = read_photo.sync(sys.argv[2], client=api)
    assert isinstance(now, SucceededPhoto), now
    print(now.size, now.links.result)
`;

describe('a generated Python client', () => {
  it('creates a photo, reads its status and the link of its result, each with its class', async () => {
    const gateway = await serve({ settings: UNLIMITED });
    const generated = join(folder, 'client');
    const { code, output } = await tool(
      'openapi-python-client',
      ...['generate', '--url', `${served.url}openapi.json`, '--meta', 'none', '--output-path', generated],
    );
    expect([code, output]).toEqual([0, expect.not.stringMatching(/unable|missing/i)]);
    const script = join(folder, 'colour.py');
    writeFileSync(script, SCRIPT);
    const made = await runToEnd(python, [script, served.url], { abort });
    expect(made).toMatchObject({ code: 0 });
    const id = made.output.trim();
    gateway.ports.storage.write(resultKey(apiPhotoKey(id)), 'in colour', 'image/jpeg');
    const done = await runToEnd(python, [script, served.url, id], { abort });
    expect([done.code, done.output]).toEqual([0, expect.stringMatching(/^9 https:\/\/photos\.example\//)]);
  }, 120_000);
});
