/** The processes that execute the functions are killed between a request and its answer: nothing is lost, and what comes twice has one id and body. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Scope } from '../../../../common/scope.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { deployed } from '../../gateway/support/deployed.ts';
import { EventRule } from '../../gateway/support/event-rule.ts';
import { announced, photosOf, receiversOf, storeResults } from '../support/callers.ts';

const COUNT = 100;
const KILLS = 3;

/** Kills the processes of this local AWS whose function has a variable. @returns how many */
function kill(variable: string): number {
  const { port } = new URL(deployed.endpoint);
  let killed = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let environment: string[];
    try {
      environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    } catch {
      // It has ended, or is another user's.
      continue;
    }
    const isOurs = environment.includes(`GATEWAY_PORT=${port}`);
    if (!isOurs || !environment.some((one) => one.startsWith(`${variable}=`))) continue;
    process.kill(Number(pid), 'SIGKILL');
    killed += 1;
  }
  return killed;
}

export function killedTests(scope: Scope): void {
  it('each of a hundred outcomes reaches rule and receiver, under one id and body', async () => {
    const rule = await EventRule.on(deployed.endpoint, deployed.jwt.eventBus, 'killed');
    const [receiver] = await receiversOf(scope, 'killed', 1);
    const ids = await announced(COUNT, 'killed');
    const kills = { webhooks: 0, events: 0 };
    let requests = 0;
    receiver!.onRequest = () => {
      requests += 1;
      // The function has sent it, and does not learn of the answer.
      if (requests % 20 === 5 && kills.webhooks < KILLS) kills.webhooks += kill('MOST_PAUSE_SECONDS');
      // Some of its events are on the bus, and their messages not deleted.
      if (requests === 10) kills.events += kill('SENT_TABLE_NAME');
    };
    const startMs = Date.now();
    await storeResults(ids);
    const ofRule: OutcomeEvent[] = [];
    while (photosOf(ofRule).size < COUNT || photosOf(receiver!.accepted).size < COUNT) {
      ofRule.push(...(await rule.drain()));
      expect(Date.now() - startMs).toBeLessThan(500_000);
    }
    ofRule.push(...(await rule.drain()));
    const duplicates = { rule: ofRule.length - COUNT, receiver: receiver!.accepted.length - COUNT };
    console.log('killed', { ...kills, ...duplicates, seconds: (Date.now() - startMs) / 1000 });
    expect(Math.min(kills.webhooks, kills.events)).toBeGreaterThan(0);
    expect([photosOf(ofRule), photosOf(receiver!.accepted)]).toEqual([new Set(ids), new Set(ids)]);
    expect(new Set(ofRule.map((event) => JSON.stringify(event))).size).toBe(COUNT);
    expect([receiver!.bodies.size, [...receiver!.bodies.values()].filter(({ size }) => size !== 1)]).toEqual([
      ...[COUNT, []],
    ]);
    // A round of eight is on its way when a function dies.
    expect(duplicates.receiver).toBeLessThanOrEqual(8 * kills.webhooks);
  }, 600_000);
}
