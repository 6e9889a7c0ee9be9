/**
 * The examples of callers in other languages, and a Python client that is generated from the API's document: each colours a photo on the whole
 * local stack.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientConfig } from '../../../common/environment.ts';
import { runToEnd } from '../../../common/processes.ts';
import { Scope } from '../../../common/scope.ts';
import { ensurePackages, ensureVenv } from '../../../local/aws/venv.ts';
import { startStack, type LocalStack } from '../../../local/run/stack.ts';
import { expectColoured, makeAlbum } from './support/album.ts';
import type { UploadFile } from './support/browser.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const CURL = join(ROOT, 'examples', 'curl', 'colour.sh');
const PYTHON = join(ROOT, 'examples', 'python');
const abort = new AbortController().signal;
const scope = new Scope();
const folder = mkdtempSync(join(tmpdir(), 'callers-'));
const PATIENCE_MS = 240_000;

let python = '';
let stack: LocalStack;
let album: UploadFile[];
let api = '';
/** Its first bytes are those of a JPEG. */
const damaged: UploadFile = {
  ...{ name: 'damaged.jpg', mimeType: 'image/jpeg' },
  buffer: Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex'),
};
const pathOf = ({ name }: UploadFile) => join(folder, name);

beforeAll(async () => {
  const requirements = join(ROOT, 'tools', 'openapi', 'requirements.txt');
  python = await ensurePackages(
    { requirements, folder: 'openapi', name: 'OpenAPI tools' },
    abort,
    () => undefined,
  );
  stack = await startStack({
    ...{ stage: 'local', comfyui: undefined, python: await ensureVenv(abort, () => undefined), abort, scope },
    ...{ say: () => undefined, onWorkerLine: () => undefined, standInSeconds: 0.2 },
  });
  api = stack.apiUrl ?? '';
  album = await makeAlbum(3, 0.6);
  for (const photo of [...album, damaged]) writeFileSync(pathOf(photo), photo.buffer);
}, 480_000);
afterAll(async () => {
  await scope.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The SDK's variables are those that the documentation of AWS names. */
function environment(): NodeJS.ProcessEnv {
  const { region, credentials } = clientConfig(stack.endpoint);
  return {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: stack.endpoint,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
}

type Run = (photo: string, result: string) => ReturnType<typeof runToEnd>;
const run = (command: string, args: string[], env = environment()) =>
  runToEnd(command, args, { abort, env, cwd: folder });

const EXAMPLES: [name: string, run: Run][] = [
  ['curl', (photo, result) => run('sh', [CURL, api, photo, result])],
  ['requests', (photo, result) => run(python, [join(PYTHON, 'colour_http.py'), api, photo, result])],
  [
    'boto3',
    (photo, result) =>
      run(python, [
        ...[join(PYTHON, 'colour_bucket.py'), stack.outputs.BucketName ?? '', photo, result],
        'strength=80',
      ]),
  ],
];

describe.each(EXAMPLES)('the example with %s', (name, example) => {
  it(
    'colours photos',
    async () => {
      for (const photo of album) {
        const result = join(folder, `${name} ${photo.name}`);
        expect(await example(pathOf(photo), result)).toMatchObject({ code: 0 });
        await expectColoured(photo, readFileSync(result));
      }
    },
    PATIENCE_MS,
  );

  it(
    'fails with the reason of a photo that cannot be coloured',
    async () => {
      const { code, output } = await example(pathOf(damaged), join(folder, 'none'));
      expect([code, output]).toEqual([1, expect.stringContaining('unreadable-image: ')]);
    },
    PATIENCE_MS,
  );
});

/** With the client of the document alone, and requests for the two links. */
const SCRIPT = `
import sys, time
import requests
from client import Client
from client.api.default import create_photo, read_photo
from client.models import FailedPhoto, NewPhoto, NewPhotoType, SucceededPhoto

url, photo, result = sys.argv[1:]
body = open(photo, "rb").read()
api = Client(base_url=url)
made = create_photo.sync(client=api, body=NewPhoto(name="Oma.jpg", type_=NewPhotoType("image/jpeg"), size=len(body)))
requests.put(made.upload.url, data=body, headers=made.upload.headers.to_dict()).raise_for_status()
while True:
    answer = read_photo.sync_detailed(made.id, client=api)
    if isinstance(answer.parsed, SucceededPhoto):
        break
    assert not isinstance(answer.parsed, FailedPhoto), answer.parsed
    time.sleep(int(answer.headers["retry-after"]))
open(result, "wb").write(requests.get(answer.parsed.links.result).content)
`;

describe('a generated Python client', () => {
  it(
    'colours a photo',
    async () => {
      const bin = dirname(python);
      const generated = join(folder, 'client');
      const made = await run(
        join(bin, 'openapi-python-client'),
        ['generate', '--url', `${api}openapi.json`, '--meta', 'none', '--output-path', generated],
        { ...environment(), PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
      );
      expect([made.code, made.output]).toEqual([0, expect.not.stringMatching(/unable|missing/i)]);
      const script = join(folder, 'generated.py');
      writeFileSync(script, SCRIPT);
      const [photo] = album;
      const result = join(folder, 'generated.jpg');
      expect(await run(python, [script, api, pathOf(photo!), result])).toMatchObject({ code: 0 });
      await expectColoured(photo!, readFileSync(result));
    },
    PATIENCE_MS,
  );
});
