/** Pages of other origins in a real browser that send every kind of request to a port of this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { strToU8, zipSync } from 'fflate';
import { chromium, type CDPSession, type Page } from 'playwright-core';
import { browserOptions, ensureBrowser } from '../../../tools/browser/ensure.ts';

/** A name that the browser resolves to this machine, as a resolver of the attacker does. */
const FOREIGN = 'rebound.example';
const HTML = { 'content-type': 'text/html' };

/** A response that a request of a page got. */
export interface Attempt {
  /** Where the page is from, and what it sent. */
  what: string;
  port: number;
  status: number;
}

/**
 * Attacks each port from a page of another site, from one of another port, and from one whose name was rebound to it.
 *
 * @param marker path of a file that a function writes if the attacker can make the local AWS run one
 */
export async function attack(ports: number[], marker: string): Promise<Attempt[]> {
  const found = await ensureBrowser(new AbortController().signal, console.log);
  // Newer versions ask the user first; others do not.
  const options = browserOptions(found, ['LocalNetworkAccessChecks', 'BlockInsecurePrivateNetworkRequests']);
  const args = [...options.args, `--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`];
  const browser = await chromium.launch({ ...options, args });
  const server = createServer((_, response) => response.writeHead(200, HTML).end('<!doctype html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  const local = ports.map((port) => `http://127.0.0.1:${port}`);
  const places: [from: string, page: string, targets: string[]][] = [
    ['another site', `http://${FOREIGN}:${own}/`, local],
    ['another port', `http://127.0.0.1:${own}/`, local],
    ...ports.map((port): [string, string, string[]] => {
      const rebound = `http://${FOREIGN}:${port}`;
      return ['a rebound name', `${rebound}/`, [rebound]];
    }),
  ];
  try {
    const attempts: Attempt[] = [];
    for (const [from, url, targets] of places) {
      const page = await browser.newPage();
      const record = (what: string, status: number) => {
        const target = targets.find((one) => what.includes(one.replace(/^http/, '')));
        if (target) attempts.push({ what: `${from}: ${what}`, port: Number(new URL(target).port), status });
      };
      await open(page, url);
      await listen(await page.context().newCDPSession(page), record);
      await page.evaluate(send, { targets, code: zipped(marker) });
      await page.close();
    }
    return attempts;
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Opens the attacker's page. After rebinding its name leads to the target, so its own text comes from here. */
async function open(page: Page, url: string): Promise<void> {
  await page.route(url, (route) => route.fulfill({ body: '<!doctype html>', headers: HTML }));
  await page.goto(url);
  await page.unroute(url);
}

/** Reports each status as the network gave it, also of what the browser hides from the page. */
async function listen(session: CDPSession, report: (what: string, status: number) => void): Promise<void> {
  const sent = new Map<string, string>();
  const statuses = new Map<string, number>();
  // The two come from different processes of the browser, in any order.
  const pair = (id: string) => {
    const [what, status] = [sent.get(id), statuses.get(id)];
    if (what !== undefined && status !== undefined) report(what, status);
  };
  session.on('Network.requestWillBeSent', ({ requestId, request }) => {
    sent.set(requestId, `${request.method} ${request.url}`);
    pair(requestId);
  });
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    statuses.set(requestId, statusCode);
    pair(requestId);
  });
  session.on('Network.webSocketCreated', ({ requestId, url }) => sent.set(requestId, `WebSocket ${url}`));
  session.on('Network.webSocketHandshakeResponseReceived', ({ requestId, response }) =>
    report(sent.get(requestId) ?? '', response.status),
  );
  session.on('Network.webSocketFrameError', ({ requestId, errorMessage }) =>
    report(sent.get(requestId) ?? '', Number(/response code: (\d+)/.exec(errorMessage)?.[1] ?? 0)),
  );
  await session.send('Network.enable');
}

const zipped = (marker: string) =>
  Buffer.from(
    zipSync({
      'index.js': strToU8(
        `exports.handler = async () => require('fs').writeFileSync(${JSON.stringify(marker)}, '')`,
      ),
    }),
  ).toString('base64');

/** Runs in the page: every kind of request that a page can send. */
async function send({ targets, code }: { targets: string[]; code: string }): Promise<void> {
  const loaded = (element: HTMLElement) =>
    new Promise((resolve) => (element.onload = element.onerror = resolve));
  const definition = {
    FunctionName: 'evil',
    Runtime: 'nodejs20.x',
    Role: 'arn:aws:iam::000000000000:role/any',
    Handler: 'index.handler',
    Code: { ZipFile: code },
  };
  const attack = async (target: string) => {
    const simple = async (path: string, body: string) => {
      const headers = { 'content-type': 'text/plain' };
      await fetch(target + path, { method: 'POST', mode: 'no-cors', headers, body }).catch(() => undefined);
    };
    await simple('/2015-03-31/functions', JSON.stringify(definition));
    await simple('/2015-03-31/functions/evil/invocations', '{}');
    await simple('/prompt', '{}');
    const preflighted = { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } };
    await fetch(`${target}/latest/api/token`, preflighted).catch(() => undefined);
    await fetch(`${target}/state.json`).catch(() => undefined);
    await fetch(`${target}/?Action=ListQueues`, { mode: 'no-cors' }).catch(() => undefined);
    navigator.sendBeacon(`${target}/?beacon`, 'x');
    const image = new Image();
    image.src = `${target}/photos/before/a.jpg`;
    await loaded(image);
    await new Promise<void>((resolve) => {
      const events = new EventSource(`${target}/events`);
      events.onopen = events.onerror = () => {
        events.close();
        resolve();
      };
    });
    await new Promise((resolve) => {
      const socket = new WebSocket(`${target.replace(/^http/, 'ws')}/ws`);
      socket.onopen = () => socket.close();
      socket.onclose = resolve;
    });
    // A frame of its own for each: once it shows another site, the debugger of this page sees it no more.
    const [linked, filled] = [document.createElement('iframe'), document.createElement('iframe')];
    linked.src = `${target}/?link`;
    filled.name = target;
    document.body.append(linked, filled);
    await loaded(linked);
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', enctype: 'text/plain', action: `${target}/?form`, target });
    document.body.append(form);
    form.submit();
    await loaded(filled);
  };
  await Promise.all(targets.map(attack));
}
