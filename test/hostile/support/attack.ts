/** Pages of other origins in a real browser that send every kind of request to a port of this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { strToU8, zipSync } from 'fflate';
import { chromium, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
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
  const options = browserOptions(found);
  const args = [
    ...options.args,
    `--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`,
    // Newer versions ask the user first; others do not.
    '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
  ];
  const browser = await chromium.launch({ ...options, args });
  const server = createServer((_, response) => response.writeHead(200, HTML).end('<!doctype html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  try {
    const attempts: Attempt[] = [];
    for (const port of ports) {
      const local = `http://127.0.0.1:${port}`;
      const places: [from: string, page: string, target: string][] = [
        ['another site', `http://${FOREIGN}:${own}/`, local],
        ['another port', `http://127.0.0.1:${own}/`, local],
        ['a rebound name', `http://${FOREIGN}:${port}/`, `http://${FOREIGN}:${port}`],
      ];
      for (const [from, page, target] of places) {
        const context = await browser.newContext();
        const answers = await attackFrom(context, page, target, marker);
        attempts.push(...answers.map(({ what, status }) => ({ what: `${from}: ${what}`, port, status })));
        await context.close();
      }
    }
    return attempts;
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

type Answer = Pick<Attempt, 'what' | 'status'>;

async function attackFrom(context: BrowserContext, url: string, target: string, marker: string) {
  const answers: Answer[] = [];
  const page = await context.newPage();
  await open(page, url);
  await record(await context.newCDPSession(page), (answer) => {
    // The icon is asked for by the target's own answer to a form or a link.
    if (answer.what.includes(`:${new URL(target).port}/`) && !answer.what.endsWith('/favicon.ico'))
      answers.push(answer);
  });
  await page.evaluate(send, { target, code: zipped(marker) });
  for (const how of ['form', 'link'] as const) {
    await open(page, url);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().endsWith(`?${how}`)),
      page.evaluate(leave, { target, how }).catch(() => undefined),
    ]);
    answers.push({ what: how, status: answer.status() });
  }
  return answers;
}

/** Opens the attacker's page. After rebinding its name leads to the target, so its own text comes from here. */
async function open(page: Page, url: string): Promise<void> {
  await page.route(url, (route) => route.fulfill({ body: '<!doctype html>', headers: HTML }));
  await page.goto(url);
  await page.unroute(url);
}

/** Reports each status as the network gave it, also of what the browser hides from the page. */
async function record(session: CDPSession, report: (answer: Answer) => void): Promise<void> {
  const sent = new Map<string, string>();
  const statuses = new Map<string, number>();
  // The two come from different processes of the browser, in any order.
  const pair = (id: string) => {
    const [what, status] = [sent.get(id), statuses.get(id)];
    if (what !== undefined && status !== undefined) report({ what, status });
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
    report({ what: sent.get(requestId) ?? '', status: response.status }),
  );
  session.on('Network.webSocketFrameError', ({ requestId, errorMessage }) =>
    report({
      what: `${sent.get(requestId)} ${errorMessage}`,
      status: Number(/response code: (\d+)/.exec(errorMessage)?.[1] ?? 0),
    }),
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

/** Runs in the page: everything that a page can send without leaving. */
async function send({ target, code }: { target: string; code: string }): Promise<void> {
  const simple = async (path: string, body: string) => {
    const headers = { 'content-type': 'text/plain' };
    await fetch(target + path, { method: 'POST', mode: 'no-cors', headers, body }).catch(() => undefined);
  };
  const definition = {
    FunctionName: 'evil',
    Runtime: 'nodejs20.x',
    Role: 'arn:aws:iam::000000000000:role/any',
    Handler: 'index.handler',
    Code: { ZipFile: code },
  };
  await simple('/2015-03-31/functions', JSON.stringify(definition));
  await simple('/2015-03-31/functions/evil/invocations', '{}');
  await simple('/prompt', '{}');
  const preflighted = { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } };
  await fetch(`${target}/latest/api/token`, preflighted).catch(() => undefined);
  await fetch(`${target}/state.json`).catch(() => undefined);
  await fetch(`${target}/?Action=ListQueues`, { mode: 'no-cors' }).catch(() => undefined);
  navigator.sendBeacon(`${target}/?beacon`, 'x');
  await new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = resolve;
    image.src = `${target}/photos/before/a.jpg`;
  });
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
}

/** Runs in the page: leaves it by a form or a link. */
function leave({ target, how }: { target: string; how: 'form' | 'link' }): void {
  if (how === 'link') {
    location.href = `${target}/?link`;
    return;
  }
  const form = document.createElement('form');
  form.method = 'POST';
  form.enctype = 'text/plain';
  form.action = `${target}/?form`;
  document.body.append(form);
  form.submit();
}
