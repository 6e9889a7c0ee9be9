/** What happens to instances and to what runs on them. Each method says whether there was somebody to hit. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Child } from '../../common/processes.ts';
import type { FleetAgent } from '../../local/fleet/agent.ts';
import type { StartedProcess } from '../../local/fleet/launcher.ts';

interface ChaosInstance {
  id: string;
  directory: string;
  url: string | undefined;
  worker?: Child;
  comfyui?: Child;
}

/** A notice gives two minutes; here less, so that more of them fit into a run. */
const NOTICE_MS = 15_000;
/** Attempts name their folders so. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HOUR_MS = 3_600_000;
const CLOCKS_MS = [-HOUR_MS, HOUR_MS, 24 * HOUR_MS, 0];

export class Instances {
  private readonly instances = new Map<string, ChaosInstance>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly agent: () => FleetAgent,
    private readonly groupName: () => string,
  ) {}

  /** To be told of each process. */
  started({ instanceId, what, child, directory, url }: StartedProcess): void {
    const machine = this.instances.get(instanceId) ?? { id: instanceId, directory, url };
    this.instances.set(instanceId, { ...machine, url, [what]: child });
  }

  /** Those in service, in an order that does not change. */
  live(): ChaosInstance[] {
    const { instances } = this.agent().snapshot(this.groupName());
    return instances
      .filter(({ lifecycleState }) => lifecycleState === 'InService')
      .flatMap(({ id }) => this.instances.get(id) ?? [])
      .sort((a, b) => a.id.localeCompare(b.id));
  }

  /** Paths of what attempts have left on the disks of those in service. */
  leftOnDisk(): string[] {
    return this.live().flatMap(({ directory }) =>
      ['input', 'output', 'temp'].flatMap((folder) => {
        const path = join(directory, folder);
        const names = existsSync(path) ? readdirSync(path) : [];
        return names.filter((name) => UUID.test(name)).map((name) => join(path, name));
      }),
    );
  }

  /** @param whom from 0 to 1 */
  pick(whom: number): ChaosInstance | undefined {
    const live = this.live();
    return live[Math.floor(whom * live.length)];
  }

  signal(machine: ChaosInstance, what: 'worker' | 'comfyui', signal: NodeJS.Signals): boolean {
    return machine[what]?.process.kill(signal) ?? false;
  }

  /** Stops a process where it stands, and lets it go on later. */
  freeze(machine: ChaosInstance, what: 'worker' | 'comfyui', forMs: number): boolean {
    const frozen = machine[what];
    if (!frozen?.process.kill('SIGSTOP')) return false;
    this.later(forMs, () => void frozen.process.kill('SIGCONT'));
    return true;
  }

  fillDisk(machine: ChaosInstance, forMs: number): boolean {
    const { comfyui } = machine;
    if (!comfyui?.process.connected) return false;
    comfyui.process.send({ diskFull: true });
    this.later(forMs, () => comfyui.process.connected && comfyui.process.send({ diskFull: false }));
    return true;
  }

  /** @param much from 0 to 1 */
  setClock({ worker }: ChaosInstance, much: number): boolean {
    if (!worker?.process.connected) return false;
    return worker.process.send({ clockMs: CLOCKS_MS[Math.floor(much * CLOCKS_MS.length)] });
  }

  /** A node without inputs ends the thread that runs prompts; everything else goes on answering. */
  async stopExecutor({ url }: ChaosInstance): Promise<boolean> {
    if (url === undefined) return false;
    const form = new FormData();
    form.set('image', new Blob([PIXEL], { type: 'image/png' }), 'chaos.png');
    const prompt = {
      '1': { class_type: 'LoadImage', inputs: { image: 'chaos.png' } },
      '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'chaos' } },
      '9': { class_type: 'LoadImage' },
    };
    const post = (path: string, body: BodyInit) =>
      fetch(url + path, { method: 'POST', body, signal: AbortSignal.timeout(2000) });
    try {
      await post('/upload/image', form);
      return (await post('/prompt', JSON.stringify({ prompt }))).ok;
    } catch {
      return false;
    }
  }

  interruptSpot(machine: ChaosInstance): boolean {
    this.agent().noticeSpot(machine.id, new Date(Date.now() + NOTICE_MS));
    this.later(NOTICE_MS, () => void this.terminate(machine));
    return true;
  }

  async terminate(machine: ChaosInstance): Promise<boolean> {
    for (const what of ['worker', 'comfyui'] as const) this.signal(machine, what, 'SIGKILL');
    await this.agent().kill(this.groupName(), machine.id);
    return true;
  }

  /** Ends everything that was to end later at once: nobody stays frozen, no disk full, no clock wrong. */
  stopFaults(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    for (const { worker, comfyui } of this.instances.values()) {
      for (const child of [worker, comfyui]) child?.process.kill('SIGCONT');
      if (comfyui?.process.connected) comfyui.process.send({ diskFull: false });
      if (worker?.process.connected) worker.process.send({ clockMs: 0 });
    }
  }

  private later(ms: number, what: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      what();
    }, ms);
    this.timers.add(timer);
  }
}

/** A PNG of one grey pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
