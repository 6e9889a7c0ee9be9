/** A measured ComfyUI: the stand-in, which reports its usage, or a real one, which is polled. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { fillWorkflow } from '../../worker/comfyui/workflow.ts';
import type { Workflow } from '../../contract/workflow.ts';
import type { ComfyuiLoad } from './comfyui-load.ts';

/** Usage since the start, in seconds. */
export interface Usage {
  busySeconds: number;
  /** Undefined for a real ComfyUI. */
  cpuSeconds: number | undefined;
}

export interface MeasuredComfyui {
  readonly url: string;
  readonly device: 'cuda' | 'cpu';
  usage(): Promise<Usage>;
  close(): void;
}

export class StandInComfyui implements MeasuredComfyui {
  readonly device = 'cpu';
  private asked: Promise<Usage> | undefined;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @param file its bundle */
  static async start(file: string, load: ComfyuiLoad): Promise<StandInComfyui> {
    const child = fork(file, [JSON.stringify(load)]);
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new StandInComfyui(child, url);
  }

  /** Two at once get the same reply: Node would keep a second one for the next question. */
  usage(): Promise<Usage> {
    return (this.asked ??= this.ask().finally(() => (this.asked = undefined)));
  }

  private async ask(): Promise<Usage> {
    this.child.send('usage');
    const [usage] = (await once(this.child, 'message')) as [Usage];
    return usage;
  }

  close(): void {
    this.child.kill();
  }
}

/** Minimum time between two polls of a real ComfyUI's queue; it counts as busy while a prompt is in the queue. */
const POLL_MS = 20;

export class RealComfyui implements MeasuredComfyui {
  private busySeconds = 0;
  private closed = false;

  private constructor(
    readonly url: string,
    readonly device: 'cuda' | 'cpu',
  ) {
    void this.watch();
  }

  static async at(url: string): Promise<RealComfyui> {
    const device = await new ComfyuiClient(url).device();
    return new RealComfyui(url, device === 'cuda' ? 'cuda' : 'cpu');
  }

  private async watch(): Promise<void> {
    let before = performance.now();
    while (!this.closed) {
      const answer = await fetch(new URL('/prompt', this.url)).catch(() => undefined);
      const { exec_info } = ((await answer?.json()) ?? {}) as { exec_info?: { queue_remaining: number } };
      const now = performance.now();
      if ((exec_info?.queue_remaining ?? 0) > 0) this.busySeconds += (now - before) / 1000;
      before = now;
      await sleep(POLL_MS);
    }
  }

  async usage(): Promise<Usage> {
    return { busySeconds: this.busySeconds, cpuSeconds: undefined };
  }

  close(): void {
    this.closed = true;
  }
}

/** ComfyUI without a worker: all prompts are in its queue, on images that are already uploaded. */
export class BackToBack {
  private readonly client: ComfyuiClient;

  constructor(
    url: string,
    private readonly workflow: Workflow,
  ) {
    this.client = new ComfyuiClient(url);
  }

  /** @returns prompts/s, from the end of the first prompt to the end of the last, by ComfyUI's timestamps */
  async rate(pictures: Buffer[], count: number): Promise<number> {
    const names = await Promise.all(pictures.map((picture) => this.client.upload(picture, randomUUID())));
    const ids: string[] = [];
    // One more: the first prompt loads the model.
    for (let k = 0; k <= count; k++) {
      const id = randomUUID();
      ids.push(id);
      await this.client.submit(fillWorkflow(this.workflow, names[k % names.length]!, `${id}/out`), id);
    }
    const endTimes: number[] = [];
    for (const id of ids) {
      let entry = await this.client.history(id);
      for (; !entry; entry = await this.client.history(id)) await sleep(50);
      const [kind, { timestamp }] = entry.status.messages.at(-1)!;
      if (kind !== 'execution_success') throw new Error(`a prompt ended with ${kind}`);
      endTimes.push(timestamp as number);
      await this.client.forget(id);
    }
    return (1000 * count) / (endTimes.at(-1)! - endTimes[0]!);
  }
}
