/** Faults of instances and their processes. Each method returns whether the fault had a target. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { clientConfig } from '../../common/environment.ts';
import type { BatchFault } from '../../local/comfyui/chroma-nodes.ts';
import type { Child } from '../../common/processes.ts';
import type { StartedProcess } from '../../local/fleet/launcher.ts';
import { fleetOf } from '../../local/run/fleet.ts';
import type { LocalStack } from '../../local/run/stack.ts';

interface ChaosInstance {
  id: string;
  directory: string;
  url: string | undefined;
  worker?: Child;
  comfyui?: Child;
  'log-agent'?: Child;
}

/** What an instance is launched from: an image without our nodes, or one whose worker says nothing. */
export type BadImage = 'without nodes' | 'silent';
type ProcessName = 'worker' | 'comfyui' | 'log-agent';

/** Time from a Spot notice to the termination. AWS gives two minutes; less fits more interruptions into a run. */
const NOTICE_MS = 15_000;
/** Names of the folders that an attempt creates. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HOUR_MS = 3_600_000;
const CLOCK_SHIFTS_MS = [-HOUR_MS, HOUR_MS, 24 * HOUR_MS, 0];

export class Instances {
  private readonly instances = new Map<string, ChaosInstance>();
  /** Process ids; those whose worker has died meanwhile end when they are resumed. */
  private readonly hung = new Set<number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Ids of instances by their image; others have a good one. */
  private readonly badImages = new Map<string, BadImage>();
  private image: BadImage | undefined;

  constructor(private readonly stack: () => Pick<LocalStack, 'agent' | 'groupNames'>) {}

  /** Registers a started process. */
  started({ instanceId, what, child, directory, url }: StartedProcess): void {
    const known = this.instances.get(instanceId);
    if (!known && this.image) this.badImages.set(instanceId, this.image);
    const instance = known ?? { id: instanceId, directory, url };
    this.instances.set(instanceId, { ...instance, url: url ?? instance.url, [what]: child });
    const image = this.badImages.get(instanceId);
    if (image === 'without nodes' && what === 'comfyui') child.process.send({ nodesMissing: true });
    if (image === 'silent' && what === 'worker') child.process.kill('SIGSTOP');
  }

  /** Instances that are launched from now on have this image. @param image undefined for the good one */
  setImage(image: BadImage | undefined): void {
    this.image = image;
  }

  /** Instances in service, sorted by id. */
  live(): ChaosInstance[] {
    return fleetOf(this.stack())
      .instances.filter(({ lifecycleState }) => lifecycleState === 'InService')
      .flatMap(({ id }) => this.instances.get(id) ?? [])
      .sort((a, b) => a.id.localeCompare(b.id));
  }

  /** Paths of folders that attempts have left on the disks of instances in service. */
  leftOnDisk(): string[] {
    return this.live().flatMap(({ directory }) =>
      ['input', 'output', 'temp'].flatMap((folder) => {
        const path = join(directory, folder);
        const names = existsSync(path) ? readdirSync(path) : [];
        return names.filter((name) => UUID.test(name)).map((name) => join(path, name));
      }),
    );
  }

  /** @param target 0 to 1, the position in the list of instances in service */
  pick(target: number): ChaosInstance | undefined {
    const live = this.live();
    return live[Math.floor(target * live.length)];
  }

  signal(instance: ChaosInstance, what: ProcessName, signal: NodeJS.Signals): boolean {
    return instance[what]?.process.kill(signal) ?? false;
  }

  /** Suspends a process, and resumes it later. */
  freeze(instance: ChaosInstance, what: ProcessName, forMs: number): boolean {
    const frozen = instance[what];
    if (!frozen?.process.kill('SIGSTOP')) return false;
    this.later(forMs, () => void frozen.process.kill('SIGCONT'));
    return true;
  }

  /** @param magnitude 0 to 1, selects one */
  killImageProcess(instance: ChaosInstance, magnitude: number): boolean {
    return this.signalImageProcess(instance, magnitude, 'SIGKILL');
  }

  /** Suspends a process until the faults stop, longer than any photo may take. @param magnitude 0 to 1, selects one */
  hangImageProcess(instance: ChaosInstance, magnitude: number): boolean {
    return this.signalImageProcess(instance, magnitude, 'SIGSTOP');
  }

  /** Linux only: elsewhere it finds none. */
  private signalImageProcess({ worker }: ChaosInstance, magnitude: number, signal: NodeJS.Signals): boolean {
    const children = childrenOf(worker?.process.pid);
    const pid = children[Math.floor(magnitude * children.length)];
    if (pid === undefined) return false;
    try {
      if (signal === 'SIGSTOP') this.hung.add(pid);
      return process.kill(pid, signal);
    } catch {
      return false; // It has ended meanwhile.
    }
  }

  failBatches({ comfyui }: ChaosInstance, batch: BatchFault, forMs: number): boolean {
    if (!comfyui?.process.connected) return false;
    comfyui.process.send({ batch });
    this.later(forMs, () => comfyui.process.connected && comfyui.process.send({ batch: 'none' }));
    return true;
  }

  fillDisk(instance: ChaosInstance, forMs: number): boolean {
    const { comfyui } = instance;
    if (!comfyui?.process.connected) return false;
    comfyui.process.send({ diskFull: true });
    this.later(forMs, () => comfyui.process.connected && comfyui.process.send({ diskFull: false }));
    return true;
  }

  /** @param magnitude 0 to 1, selects the clock shift */
  setClock({ worker }: ChaosInstance, magnitude: number): boolean {
    if (!worker?.process.connected) return false;
    return worker.process.send({ clockMs: CLOCK_SHIFTS_MS[Math.floor(magnitude * CLOCK_SHIFTS_MS.length)] });
  }

  /** Stops ComfyUI's prompt thread by a node without inputs, while HTTP stays healthy. */
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

  interruptSpot(instance: ChaosInstance): boolean {
    const isSpot = this.stack().agent.noticeSpot(instance.id, new Date(Date.now() + NOTICE_MS));
    if (isSpot) this.later(NOTICE_MS, () => void this.terminate(instance));
    return isSpot;
  }

  /** Has the group terminate an instance whose worker stands still for so long. */
  async drainSlowly(instance: ChaosInstance, forMs: number): Promise<boolean> {
    return this.freeze(instance, 'worker', forMs) && this.drain(instance);
  }

  /** Has the group terminate some instances at once. @param magnitude 0 to 1, the share of those in service */
  async drainSome(magnitude: number): Promise<boolean> {
    const live = this.live();
    const drained = live.slice(0, Math.ceil(magnitude * live.length));
    await Promise.all(drained.map((instance) => this.drain(instance)));
    return drained.length > 0;
  }

  /** The group replaces it, unless it shrinks meanwhile. */
  private async drain({ id }: ChaosInstance): Promise<boolean> {
    const autoScaling = new AutoScalingClient(clientConfig(this.stack().agent.url));
    const terminate = { InstanceId: id, ShouldDecrementDesiredCapacity: false };
    try {
      await autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(terminate));
      return true;
    } catch {
      return false; // It has ended meanwhile.
    } finally {
      autoScaling.destroy();
    }
  }

  async terminate(instance: ChaosInstance): Promise<boolean> {
    for (const what of ['worker', 'comfyui', 'log-agent'] as const) this.signal(instance, what, 'SIGKILL');
    await this.stack().agent.kill(instance.id);
    return true;
  }

  /** Undoes all lasting faults: suspended processes, full disks, shifted clocks. */
  stopFaults(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    for (const pid of this.hung) resume(pid);
    for (const [id, { worker, comfyui, 'log-agent': agent }] of this.instances) {
      const isSilent = this.badImages.get(id) === 'silent';
      for (const child of [isSilent ? undefined : worker, comfyui, agent]) child?.process.kill('SIGCONT');
      if (comfyui?.process.connected) comfyui.process.send({ diskFull: false, batch: 'none' });
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

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}

/** Process ids of the image processes of a worker, which starts no others that last. */
function childrenOf(pid: number | undefined): number[] {
  if (pid === undefined || !existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        // proc_pid_stat(5): the parent is the second field after the name.
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** A PNG of one grey pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==',
  'base64',
);
