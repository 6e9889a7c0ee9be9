/** Instance faults: the canary that notices them, restarts of ComfyUI, work folders, systemd and the environment. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compareColours, readCanary, CanaryMismatch, type Canary } from '../../worker/comfyui/canary.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { readEnvironment } from '../../worker/instance/environment.ts';
import { checkReady } from '../../worker/comfyui/readiness.ts';
import { checkCanary, recordCanary } from '../../worker/instance/canary-commands.ts';
import { dropModels, recover, type RecoveryPorts } from '../../worker/comfyui/recovery.ts';
import { SystemdNotifier } from '../../worker/instance/systemd.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { WorkFolders } from '../../worker/comfyui/work-folders.ts';
import { until } from '../support/wait.ts';
import { Comfy, timing, workflow } from './support/stand-in-comfyui.ts';
import { memoryLog } from './support/memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'recovery-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the canary', () => {
  let comfy: Comfy;
  beforeEach(async () => {
    comfy = await Comfy.start();
  });
  afterEach(() => comfy.close());
  const file = join(folder, 'canary.json');
  const check = async (canary: Canary) => {
    const client = new ComfyuiClient(comfy.url, 30_000);
    const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'chroma', workflow });
    const log = memoryLog();
    return checkReady({
      client,
      settings: { device: 'cpu', workflow },
      images,
      infer: (png) => infer({ client, workflow, path: 'chroma', log, timing }, png, 5000),
      canary,
    });
  };

  it('is recorded with the most exact precision, and found again by every workflow and path', async () => {
    comfy.standIn.faults.imprecise = true;
    const log = memoryLog();
    await recordCanary(comfy.url, file, 'ami/workflow/ddcolor.json', log);
    expect(log.of('precision-changed')).toEqual([]);
    await check(await readCanary(file));
    await checkCanary(comfy.url, file, 'ami/workflow/ddcolor.json', log);
    expect(log.of('precision-changed')).toMatchObject([
      { from: 'auto', to: 'float32', reason: expect.stringContaining('not finite') as string },
    ]);
  });

  it('of another model fails the command of the bake', async () => {
    const cells = Array.from({ length: 64 }, () => [40, -40]);
    writeFileSync(file, JSON.stringify({ cells }));
    await expect(
      checkCanary(comfy.url, file, 'ami/workflow/ddcolor.json', memoryLog()),
    ).rejects.toBeInstanceOf(CanaryMismatch);
  });

  it('is not found by a network without its weights, although ComfyUI reports success', async () => {
    await recordCanary(comfy.url, file, 'ami/workflow/ddcolor-public-node.json', memoryLog());
    const canary = await readCanary(file);
    await new ComfyuiClient(comfy.url).free();
    comfy.standIn.faults.checkpointUnreadable = true;
    await expect(check(canary)).rejects.toThrow(/a node of the workflow failed/);
    // The public node now regards the network as loaded.
    await expect(check(canary)).rejects.toThrow(
      /does not colour as it did when the image was baked.*differs by [\d.]+/,
    );
    comfy.standIn.faults.checkpointUnreadable = false;
    await new ComfyuiClient(comfy.url).free();
    await check(canary);
  });

  it('allows differences of floating-point arithmetic, and no more', () => {
    const cells = Array.from({ length: 64 }, (_, k): [number, number] => [k / 4, -k / 8]);
    const off = (by: number, count = 64) => ({
      cells: cells.map(([a, b], k): [number, number] => (k < count ? [a + by, b] : [a, b])),
    });
    compareColours(off(1), { cells });
    compareColours(off(7, 4), { cells });
    expect(() => compareColours(off(3), { cells })).toThrow(/differs by 3.0 \(mean\)/);
    expect(() => compareColours(off(9, 1), { cells })).toThrow(/9.0 \(max\)/);
    expect(() => compareColours({ cells: cells.map(([a, b]) => [b, a]) }, { cells })).toThrow();
  });

  it('that cannot be read stops the worker with the reason', async () => {
    await expect(readCanary(join(folder, 'none.json'))).rejects.toThrow(/cannot be read: record it/);
    writeFileSync(file, '{"cells":[]}');
    await expect(readCanary(file)).rejects.toThrow(/is not a canary/);
  });
});

describe('an instance fault', () => {
  function faultyInstance(fails: number, more: Partial<RecoveryPorts> = {}) {
    const done: string[] = [];
    const controller = new AbortController();
    const log = memoryLog();
    let checks = 0;
    const recovered = recover({
      restart: async () => void done.push('restarted'),
      check: () => (checks++ < fails ? Promise.reject(new Error('grey')) : Promise.resolve()),
      markUnhealthy: async () => void done.push('marked unhealthy'),
      stop: controller.signal,
      log,
      retryPolicy: { retryMs: 1, limitMs: 0, now: () => 0 },
      ...more,
    });
    return { done, controller, log, recovered };
  }

  it.each([
    [0, 1],
    [1, 2],
    [2, 3],
  ])('after %i failed restarts is over with the next', async (fails, restarts) => {
    const { done, recovered } = faultyInstance(fails);
    await recovered;
    expect(done).toEqual(Array.from({ length: restarts }, () => 'restarted'));
  });

  it('that persists after three restarts marks the instance unhealthy, and waits to be stopped', async () => {
    const { done, controller, recovered } = faultyInstance(3);
    let over = false;
    void recovered.then(() => (over = true));
    await vi.waitFor(() => expect(done).toEqual(['restarted', 'restarted', 'restarted', 'marked unhealthy']));
    expect(over).toBe(false);
    controller.abort();
    await recovered;
  });

  it('that no restart helps against marks the instance unhealthy at once', async () => {
    const { done, controller, recovered } = faultyInstance(0, { mayHelp: false });
    await vi.waitFor(() => expect(done).toEqual(['marked unhealthy']));
    controller.abort();
    await recovered;
  });

  it('restarts at once after a canary mismatch, and waits while ComfyUI starts', async () => {
    const tries: string[] = [];
    const check = () => {
      tries.push('check');
      return Promise.reject(tries.length === 1 ? new Error('not up yet') : new CanaryMismatch('green'));
    };
    const { controller, done, recovered } = faultyInstance(0, { check, retryPolicy: undefined });
    await until(
      () => done,
      (all) => all.includes('marked unhealthy'),
    );
    controller.abort();
    await recovered;
    expect(tries).toHaveLength(4);
  });

  it('that stopped ComfyUI is over after its restart, although its models could not be unloaded', async () => {
    const comfy = await Comfy.start();
    const client = new ComfyuiClient(comfy.url, 30_000);
    await comfy.close();
    let checks = 0;
    const { recovered, log } = faultyInstance(0, {
      restart: () => dropModels(client, new AbortController().signal),
      check: () => (checks++ < 5 ? client.device() : Promise.resolve()),
      retryPolicy: { retryMs: 1, limitMs: 10, now: () => 0 },
    });
    await recovered;
    expect(log.of('comfyui-recovered')).toHaveLength(1);
    expect(log.of('comfyui-restarting')).toHaveLength(1);
  });

  it('counts a restart that fails', async () => {
    const { log, controller, recovered } = faultyInstance(0, {
      restart: () => Promise.reject(new Error('denied')),
    });
    await vi.waitFor(() => expect(log.of('instance-marked-unhealthy')).toHaveLength(1));
    controller.abort();
    await recovered;
    expect(log.of('comfyui-not-recovered').map(({ error }) => error)).toEqual(['denied', 'denied', 'denied']);
  });
});

describe('work folders', () => {
  let now = 0;
  const make = (name: string) => {
    for (const parent of ['input', 'output', 'temp']) {
      const path = join(folder, 'comfyui', parent, name);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'in.png'), 'x');
    }
  };
  const left = () =>
    ['input', 'output', 'temp'].flatMap((parent) => readdirSync(join(folder, 'comfyui', parent)));
  const folders = new WorkFolders(join(folder, 'comfyui'), memoryLog(), () => now);

  it('of an attempt are removed, and no other path', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    make(mine);
    make(other);
    await folders.remove(mine);
    await folders.remove(mine);
    expect(new Set(left())).toEqual(new Set([other]));
    await expect(folders.remove('..')).rejects.toThrow(/is not the id of an attempt/);
    await folders.remove(other);
  });

  it('that were abandoned are swept, and no others', async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    make(old);
    make('of-another-client');
    expect(await folders.sweep()).toBe(0);
    now = 300_000;
    make(young);
    expect(await folders.sweep()).toBe(0);
    now = 600_000;
    expect(await folders.sweep()).toBe(3);
    expect(new Set(left())).toEqual(new Set([young, 'of-another-client']));
    expect(await new WorkFolders(join(folder, 'nowhere'), memoryLog()).sweep()).toBe(0);
    await folders.remove(young);
  });

  it('of a worker that died are removed when the next one starts', async () => {
    make(randomUUID());
    make('of-another-client');
    expect(await folders.clear()).toBe(3);
    expect(new Set(left())).toEqual(new Set(['of-another-client']));
  });
});

describe('systemd', () => {
  it('is notified three times per watchdog period, and not at all outside of a service', async () => {
    vi.useFakeTimers();
    const states: string[] = [];
    const notify = async (state: string) => void states.push(state);
    const stop = new AbortController();
    const environment = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '60000000' };
    const alive = new SystemdNotifier(environment, memoryLog(), notify).keepAlive(stop.signal);
    await vi.advanceTimersByTimeAsync(119_999);
    expect(states).toEqual(Array.from({ length: 6 }, () => 'WATCHDOG=1'));
    stop.abort();
    await alive;
    vi.useRealTimers();
    const outside = new SystemdNotifier({}, memoryLog(), notify);
    await outside.notify('READY=1');
    await outside.keepAlive();
    expect(states).toHaveLength(6);
  });

  it('may be unreachable without stopping the worker', async () => {
    const log = memoryLog();
    const service = new SystemdNotifier({ NOTIFY_SOCKET: '/x' }, log, () =>
      Promise.reject(new Error('no such file')),
    );
    await service.notify('READY=1');
    expect(log.of('systemd-not-notified')).toEqual([{ state: 'READY=1', error: 'no such file' }]);
  });
});

describe('the environment', () => {
  it('has a restart command as JSON', () => {
    expect(
      readEnvironment({ COMFYUI_RESTART: '["systemctl","restart","comfyui"]', COMFYUI_URL: '' }),
    ).toEqual({
      COMFYUI_URL: 'http://127.0.0.1:8188',
      COMFYUI_RESTART: ['systemctl', 'restart', 'comfyui'],
    });
  });

  it.each([
    ['systemctl restart comfyui', /COMFYUI_RESTART/],
    ['[]', /COMFYUI_RESTART/],
  ])('is refused with %s', (restart, message) => {
    expect(() => readEnvironment({ COMFYUI_RESTART: restart })).toThrow(message);
  });
});
