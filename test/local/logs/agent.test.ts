/** Delivery of the lines of a local instance: nothing is left out, whenever the agent ends. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogAgent } from '../../../local/logs/agent.ts';
import { deliveredBytes } from '../../../worker/journal/delivery.ts';

const NOW = Date.parse('2026-01-02T03:04:05Z');
let folder: string;
let path: string;
let statePath: string;
let taken: InputLogEvent[];
let refuses: boolean;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-agent-'));
  [path, statePath] = [join(folder, 'journal.log'), join(folder, 'state')];
  [taken, refuses] = [[], false];
  writeFileSync(path, '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const agent = () =>
  new LogAgent({
    path,
    statePath,
    now: () => NOW,
    put: async (events) => {
      if (refuses) throw new Error('HTTP 503');
      taken.push(...events);
    },
  });
const messages = () => taken.map(({ message }) => message);

it('delivers whole lines, and goes on after a restart where it was', async () => {
  appendFileSync(path, 'one\ntwo\nthr');
  await agent().deliver();
  expect(messages()).toEqual(['one', 'two']);
  appendFileSync(path, 'ee\nfour ü\n');
  await agent().deliver();
  expect(messages()).toEqual(['one', 'two', 'three', 'four ü']);
  expect(deliveredBytes(readFileSync(statePath, 'utf8'))).toBe(readFileSync(path).length);
});

it('keeps what is refused, and counts it as not delivered', async () => {
  appendFileSync(path, 'one\n');
  const first = agent();
  await first.deliver();
  appendFileSync(path, 'two\n');
  refuses = true;
  await expect(first.deliver()).rejects.toThrow('HTTP 503');
  expect(deliveredBytes(readFileSync(statePath, 'utf8'))).toBe(4);
  refuses = false;
  await agent().deliver();
  expect(messages()).toEqual(['one', 'two']);
});

it('delivers more than one request takes', async () => {
  const lines = Array.from({ length: 2500 }, (_, k) => `${k} ${'x'.repeat(400)}`);
  appendFileSync(path, `${lines.join('\n')}\n`);
  await agent().deliver();
  expect(messages()).toEqual(lines);
});

it('has the time of the line, never one to come', async () => {
  const line = (time: string) => `${JSON.stringify({ time })}\n`;
  appendFileSync(path, line('2026-01-02T03:04:01.5Z') + line('2026-01-03T00:00:00Z') + 'no JSON\n');
  await agent().deliver();
  expect(taken.map(({ timestamp }) => timestamp)).toEqual([NOW - 3500, NOW, NOW]);
});

it('starts again in a file that has become shorter', async () => {
  appendFileSync(path, 'one\ntwo\n');
  const same = agent();
  await same.deliver();
  writeFileSync(path, 'new\n');
  await same.deliver();
  expect(messages()).toEqual(['one', 'two', 'new']);
});
