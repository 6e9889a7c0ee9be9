/**
 * Requests that a page in a browser can send to this machine, byte for byte, to each kind of listener of the local stack.
 *
 * What a real browser sends is in `test/local/run.test.ts`, to every port that a run listens on.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listenOnLoopback, refusal } from '../../common/loopback.ts';
import { Scope } from '../../common/scope.ts';
import { startStandIn } from '../../local/comfyui/server.ts';
import { startFleetAgent } from '../../local/fleet/agent.ts';
import { startMetadata } from '../../local/fleet/metadata.ts';
import { startPage } from '../../local/page/server.ts';
import { Recorder } from '../../local/run/recorder.ts';
import { startRecordedAws } from '../../tools/bench/recorded-aws.ts';
import { startProxy } from '../../tools/chaos/proxy.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { raw } from './support/raw.ts';

const scope = new Scope();
const ports = new Map<string, number>();
const OWN = '127.0.0.1:PORT';
/** Of the local AWS, only the gateway answers unsigned requests. */
const GATEWAY = '/_aws/execute-api/abc/$default/';

beforeAll(async () => {
  const start = async (name: string, starting: Promise<{ url: string; close: () => unknown }>) => {
    const { url, close } = await starting;
    await scope.defer(async () => void (await close()));
    ports.set(name, Number(new URL(url).port));
  };
  const aws = await startLocalAws('origins-test', scope);
  ports.set('local AWS', Number(new URL(aws).port));
  const launch = () => Promise.resolve({ stop: () => Promise.resolve() });
  await start(
    'fleet agent',
    startFleetAgent({ upstream: aws, launcher: { launch }, bootSeconds: 1, resumeSeconds: 1, seed: 1 }),
  );
  const instance = { id: 'i-1', type: 'local', zone: 'us-east-1a', lifecycleState: 'InService' };
  await start('metadata', startMetadata(instance as Parameters<typeof startMetadata>[0], {}));
  const state = new Recorder({ standIn: true, comfyui: 'stand-in', stage: 'local' });
  await start('live page', startPage({ port: 0, state, image: () => Promise.resolve(undefined) }));
  await start('stand-in', startStandIn({ port: 0, device: 'cpu', inferenceEnd: () => Promise.resolve() }));
  await start('chaos proxy', startProxy(aws, 1));
  await start('recorded AWS', startRecordedAws());
});
afterAll(() => scope.close());

const NAMES = [
  'local AWS',
  'fleet agent',
  'metadata',
  'live page',
  'stand-in',
  'chaos proxy',
  'recorded AWS',
];
const host = (value: string) => [`Host: ${value}`];
const own = (...headers: string[]) => [`Host: ${OWN}`, ...headers];
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const fetchMetadata = (site: string, mode: string, dest: string) => [
  `Sec-Fetch-Site: ${site}`,
  `Sec-Fetch-Mode: ${mode}`,
  `Sec-Fetch-Dest: ${dest}`,
];

/** `PATH` is one that the listener serves. */
const REFUSED: [name: string, line: string, headers: string[]][] = [
  ...[
    ...['evil.example', 'evil.example:PORT', '127.0.0.1.evil.example', 'localhost.evil.example:PORT'],
    ...['localhost.:PORT', '127.0.0.1.:PORT', '0.0.0.0:PORT', '[::]:PORT', '127.0.0.2:PORT', '127.1:PORT'],
    ...['2130706433:PORT', '0x7f000001:PORT', '[::ffff:127.0.0.1]:PORT', 'evil.example@127.0.0.1:PORT'],
    ...['127.0.0.1:PORT, evil.example', '127.0.0.1 evil.example', '127.0.0.1:', '127.0.0.1:PORT/', ''],
  ].map((name): [string, string, string[]] => [`the Host '${name}'`, 'GET PATH HTTP/1.1', host(name)]),
  ['no Host', 'GET PATH HTTP/1.1', []],
  ['two Hosts', 'GET PATH HTTP/1.1', [...host(OWN), ...host('evil.example')]],
  ['the same Host twice', 'GET PATH HTTP/1.1', [...host(OWN), ...host(OWN)]],
  ['an absolute URL', 'GET http://evil.example/ HTTP/1.1', own()],
  ['an absolute URL of its own', `GET http://${OWN}PATH HTTP/1.1`, own()],
  ['the target *', 'OPTIONS * HTTP/1.1', own()],
  ['CONNECT', 'CONNECT evil.example:443 HTTP/1.1', own()],
  ...[
    ...['http://evil.example', 'https://evil.example', 'null', '', 'http://127.0.0.1', 'http://127.0.0.1:1'],
    ...[`https://${OWN}`, `http://${OWN}/`, 'http://localhost:PORT', `http://${OWN} http://evil.example`],
    ...['chrome-extension://abcdefgh', `http://evil.example, http://${OWN}`],
  ].map((origin): [string, string, string[]] => [
    `the Origin '${origin}'`,
    'POST PATH HTTP/1.1',
    own(`Origin: ${origin}`, 'Content-Length: 0'),
  ]),
  [
    'two Origins',
    'POST PATH HTTP/1.1',
    own(`Origin: http://${OWN}`, 'Origin: http://evil.example', 'Content-Length: 0'),
  ],
  [
    'a simple POST',
    'POST PATH HTTP/1.1',
    own('Origin: http://evil.example', 'Content-Type: text/plain', 'Content-Length: 0'),
  ],
  [
    'a preflight',
    'OPTIONS PATH HTTP/1.1',
    own(
      'Origin: http://evil.example',
      'Access-Control-Request-Method: PUT',
      'Access-Control-Request-Headers: x',
    ),
  ],
  [
    'a preflight for a private network',
    'OPTIONS PATH HTTP/1.1',
    own('Origin: null', 'Access-Control-Request-Method: GET', 'Access-Control-Request-Private-Network: true'),
  ],
  ['an image', 'GET PATH HTTP/1.1', own(...fetchMetadata('cross-site', 'no-cors', 'image'))],
  ['a script', 'GET PATH HTTP/1.1', own(...fetchMetadata('cross-site', 'no-cors', 'script'))],
  [
    'a form',
    'POST PATH HTTP/1.1',
    own(...fetchMetadata('cross-site', 'navigate', 'document'), 'Content-Length: 0'),
  ],
  ['a frame', 'GET PATH HTTP/1.1', own(...fetchMetadata('cross-site', 'navigate', 'iframe'))],
  ['a frame without initiator', 'GET PATH HTTP/1.1', own(...fetchMetadata('none', 'navigate', 'iframe'))],
  ['another port', 'GET PATH HTTP/1.1', own(...fetchMetadata('same-site', 'cors', 'empty'))],
  ['no initiator, no navigation', 'GET PATH HTTP/1.1', own(...fetchMetadata('none', 'cors', 'empty'))],
  ['no initiator alone', 'GET PATH HTTP/1.1', own('Sec-Fetch-Site: none')],
  ['an unknown relation', 'GET PATH HTTP/1.1', own('Sec-Fetch-Site: same-planet')],
  ['two relations', 'GET PATH HTTP/1.1', own('Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site')],
  ['a list of relations', 'GET PATH HTTP/1.1', own('Sec-Fetch-Site: same-origin, cross-site')],
  ['a WebSocket', 'GET PATH HTTP/1.1', own(...upgrade, 'Origin: http://evil.example')],
  ['a WebSocket at ComfyUI', 'GET /ws?clientId=a HTTP/1.1', own(...upgrade, 'Origin: null')],
  ['a WebSocket by rebinding', 'GET /ws HTTP/1.1', [...host('evil.example'), ...upgrade]],
];

const SERVED: [name: string, headers: string[]][] = [
  ['curl', own()],
  ['curl by name', host('localhost:PORT')],
  ['a name in capitals', host('LOCALHOST:PORT')],
  ['an IPv6 address', host('[::1]:PORT')],
  ['a name without a port', host('localhost')],
  ["Node's fetch", own('Sec-Fetch-Mode: cors')],
  ['its own page', own(`Origin: http://${OWN}`, ...fetchMetadata('same-origin', 'cors', 'empty'))],
  ['an address that the user typed', own(...fetchMetadata('none', 'navigate', 'document'))],
];

const filled = (text: string, port: number, path: string) =>
  text.replaceAll('PORT', String(port)).replaceAll('PATH', path);
const send = (name: string, line: string, headers: string[]) => {
  const port = ports.get(name) ?? 0;
  const path = ['local AWS', 'chaos proxy'].includes(name) ? GATEWAY : '/';
  return raw(
    port,
    filled(line, port, path),
    headers.map((header) => filled(header, port, path)),
  );
};

describe.each(NAMES)('the %s', (listener) => {
  it.each(REFUSED)('refuses %s', async (_, line, headers) => {
    const { status, text } = await send(listener, line, headers);
    // A request that HTTP itself forbids never reaches the rule: 400, 404 from CONNECT's parser, or no answer.
    const malformed =
      /^(CONNECT|OPTIONS \*)/.test(line) || headers.filter((one) => one.startsWith('Host')).length !== 1;
    if (!malformed) expect(status).toBe(403);
    else expect([0, 400, 403, 405]).toContain(status);
    if (status === 403) expect(text).toMatch(/Refused: .*\./);
    expect(text.toLowerCase()).not.toContain('access-control-allow');
  });

  it.each(SERVED)('serves %s', async (_, headers) => {
    const { status } = await send(listener, 'GET PATH HTTP/1.1', headers);
    expect(status).toBeGreaterThan(0);
    expect(status).not.toBe(403);
  });
});

describe('listeners', () => {
  it('are started in one place', () => {
    const rooms = [
      'bin',
      'cli',
      'client',
      'colour',
      'common',
      'contract',
      'lambda',
      'lib',
      'local',
      'sim',
      'tools',
      'worker',
    ];
    const files = rooms.flatMap((room) =>
      readdirSync(room, { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|mjs|js)$/.test(file))
        .map((file) => join(room, file)),
    );
    const listening = files.filter((file) =>
      /createServer|createSecureServer|new (WebSocket)?Server\((?!\{ noServer)|\.listen\(/.test(
        readFileSync(file, 'utf8'),
      ),
    );
    // The second asks for a free port and closes it at once.
    expect(listening.sort()).toEqual(['common/loopback.ts', 'local/aws/ministack.ts']);
  });

  it('are on 127.0.0.1, and say why they refuse', async () => {
    const { url, server, close } = await listenOnLoopback((_, response) => response.end('served'));
    expect(server.address()).toMatchObject({ address: '127.0.0.1' });
    const response = await fetch(url, { headers: { origin: 'http://evil.example' } });
    expect(response.status).toBe(403);
    expect(await response.text()).toBe('Refused: a page of another origin may not send requests here.\n');
    await close();
  });
});

it('the rule never serves a foreign Host, whatever else is in the request', () => {
  const headers = {
    host: ['evil.example'],
    origin: ['http://evil.example'],
    'sec-fetch-site': ['same-origin'],
  };
  expect(refusal({ target: '/', headers })).toBe('the Host must be 127.0.0.1, localhost or [::1].');
});
