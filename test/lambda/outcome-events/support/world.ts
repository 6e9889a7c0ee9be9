/** Virtual time: webhooks, their queue and receivers of any kind. Functions run one after another, and may die between two calls. */
import { sendDue, type DeliveryPorts } from '../../../../lambda/outcome-events/webhooks/send-due.ts';
import { sweep, type WaitingFigures } from '../../../../lambda/outcome-events/webhooks/sweep.ts';
import type { Attempt, Delivery } from '../../../../lambda/outcome-events/webhooks/ports.ts';
import type { StoredWebhook, Wake } from '../../../../contract/webhook.ts';
import { MemoryDeadLetters, MemoryDeliveries, MemoryWakes, MemoryWebhooks, webhookOf } from './memory.ts';

/** What a receiver does with a request at a time: how long it takes, and its answer. */
export type Receiver = (at: number, event: string) => { seconds?: number; attempt: Attempt };

export const OK: Attempt = { ok: true, status: 204 };
export const fail = (reason = 'status 500', more: Partial<Attempt & { ok: false }> = {}): Attempt => ({
  ...{ ok: false, reason },
  ...more,
});

/** The receiver answers, and refuses. */
export const refuse = (reason = 'status 500') => fail(reason, { isRefusal: true });

/** Died where a test had it die. */
export class Death extends Error {}

const VISIBILITY = 60;
const SWEEP_EVERY = 300;
const MOST_PAUSE = 240;
/** More than none: a run that reads the same again and again comes to the end of its time. */
const SECONDS_OF_A_READ = 0.005;

export class World {
  at = 0;
  readonly received: { event: string; id: string; at: number; ok: boolean }[] = [];
  /** Calls from now until a function dies; Infinity: never. */
  stepsToDeath = Infinity;
  deaths = 0;
  runs = 0;
  /** Ids of photos. */
  readonly deleted = new Set<string>();
  readonly published: WaitingFigures[] = [];
  readonly sent = { delivered: 0, failedAttempts: 0 };
  private readonly step = () => {
    if (this.stepsToDeath-- > 0) return;
    this.stepsToDeath = Infinity;
    this.deaths += 1;
    throw new Death();
  };
  readonly webhooks: MemoryWebhooks;
  readonly deliveries = new MemoryDeliveries(this.step);
  readonly wakes = new MemoryWakes(() => this.at, this.step);
  readonly deadLetters = new MemoryDeadLetters(this.step);
  private nextSweep = SWEEP_EVERY;

  constructor(
    webhooks: readonly StoredWebhook[],
    private readonly receivers: Record<string, Receiver>,
    private readonly random: () => number = () => 0.5,
  ) {
    this.webhooks = new MemoryWebhooks(webhooks, this.step);
  }

  private ports(): DeliveryPorts {
    return {
      webhooks: this.webhooks,
      deliveries: this.deliveries,
      wakes: this.wakes,
      deadLetters: this.deadLetters,
      sender: { send: (_url, _secrets, delivery) => Promise.resolve(this.answer(delivery)) },
      isThere: async (id) => {
        this.at += SECONDS_OF_A_READ;
        return !this.deleted.has(id);
      },
      now: () => this.at,
      random: this.random,
      log: () => undefined,
      mostPauseSeconds: MOST_PAUSE,
    };
  }

  private answer({ target, event }: Delivery): Attempt {
    const id = target.replace('target-', '');
    const { seconds = 0.05, attempt } = this.receivers[id]!(this.at, event);
    // Those of a round run at once: each adds its share to the time of the round.
    this.at += seconds / 8;
    this.received.push({ event, id, at: this.at, ok: attempt.ok });
    return attempt;
  }

  /** Stores a delivery and wakes its webhook, as the function of events does. */
  async add(id: string, event: string, photo?: string): Promise<void> {
    const { at } = this;
    const body = JSON.stringify({ data: { photo: { id: photo ?? null } } });
    const delivery = { target: `target-${id}`, event, body, attempts: 0, createdAt: at, dueAt: at };
    await this.deliveries.add(delivery);
    await this.wakes.send({ owner: 'ann', id }, 0);
  }

  /** Runs what is due until a time: messages of the queue in order, and the sweep on its schedule. */
  async runUntil(end: number): Promise<void> {
    for (;;) {
      const { messages } = this.wakes;
      const next = Math.min(...messages.map(({ at }) => at), this.nextSweep);
      if (next > end) {
        this.at = Math.max(this.at, end);
        return;
      }
      this.at = Math.max(this.at, next);
      if (next === this.nextSweep) {
        this.nextSweep += SWEEP_EVERY;
        await this.sweep();
        continue;
      }
      const message = messages.find(({ at }) => at === next)!;
      messages.splice(messages.indexOf(message), 1);
      await this.run(message.wake);
    }
  }

  private async run(wake: Wake): Promise<void> {
    this.runs += 1;
    try {
      const { delivered, failedAttempts } = await sendDue(wake, this.ports());
      this.sent.delivered += delivered;
      this.sent.failedAttempts += failedAttempts;
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      // SQS delivers it again.
      this.wakes.messages.push({ wake, at: this.at + VISIBILITY });
    }
  }

  private async sweep(): Promise<void> {
    const publish = async (figures: WaitingFigures) => void this.published.push(figures);
    await sweep({ ...this.ports(), all: () => this.webhooks.all(), publish }).catch((error: unknown) => {
      if (!(error instanceof Death)) throw error;
    });
  }

  /** Events that a receiver has accepted, each once. */
  accepted(id: string): Set<string> {
    return new Set(this.received.filter((one) => one.id === id && one.ok).map(({ event }) => event));
  }
}

export const works: Receiver = () => ({ attempt: OK });
export const down =
  (from: number, to: number, attempt = fail(), seconds?: number): Receiver =>
  (at) =>
    at >= from && at < to ? { attempt, ...(seconds !== undefined && { seconds }) } : { attempt: OK };
export const events = (count: number) => Array.from({ length: count }, (_, k) => `evt-${k}`);
export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** Webhook `a` with some deliveries, and others. */
export async function worldWith(
  receiver: Receiver,
  count: number,
  more: Record<string, Receiver> = {},
): Promise<World> {
  const receivers = { a: receiver, ...more };
  const world = new World(
    Object.keys(receivers).map((id) => webhookOf(id)),
    receivers,
  );
  for (const event of events(count)) await world.add('a', event);
  return world;
}
