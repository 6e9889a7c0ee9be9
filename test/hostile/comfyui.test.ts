/** ComfyUI of `npm run comfyui` behind the rule of the other listeners: a stub of its web server shows what is called first. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runToEnd } from '../../common/processes.ts';
import { findPython } from '../../local/aws/venv.ts';

const folder = mkdtempSync(join(tmpdir(), 'guarded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WEB = `
def middleware(function):
    return function

class Response:
    def __init__(self, status, text):
        self.status, self.text = status, text

class Application:
    def __init__(self, client_max_size, middlewares):
        self.middlewares = middlewares
`;
const MAIN = `
import asyncio, json, sys
from aiohttp import web

app = web.Application(client_max_size=1, middlewares=['own'])

class Request:
    def __init__(self, raw_path, headers):
        self.raw_path = raw_path
        self.raw_headers = [(name.encode(), value.encode()) for name, value in headers]

async def served(request):
    return web.Response(200, 'served')

def ask(path, headers):
    response = asyncio.run(app.middlewares[0](Request(path, headers), served))
    return [response.status, response.text.strip()]

own = ['Host', '127.0.0.1:8188']
print(json.dumps([sys.argv[1:], app.middlewares[1:], ask('/', [own]), ask('/', [['Host', 'evil.example:8188']]),
  ask('/upload/image', [own, ['Origin', 'null']]), ask('http://127.0.0.1:8188/', [own])]))
`;

it('is asked last', async () => {
  mkdirSync(join(folder, 'aiohttp'));
  writeFileSync(join(folder, 'aiohttp', '__init__.py'), '');
  writeFileSync(join(folder, 'aiohttp', 'web.py'), WEB);
  writeFileSync(join(folder, 'main.py'), MAIN);
  const python = await findPython(new AbortController().signal);
  const args = [join('cli', 'comfyui', 'guarded.py'), join(folder, 'main.py'), '--port', '8188'];
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const { output } = await runToEnd(python, args, { env });
  expect(JSON.parse(output)).toEqual([
    ['--port', '8188'],
    ['own'],
    [200, 'served'],
    [403, 'Refused: the Host must be 127.0.0.1, localhost or [::1].'],
    [403, 'Refused: a page of another origin may not send requests here.'],
    [403, 'Refused: the request target must be a path.'],
  ]);
});
