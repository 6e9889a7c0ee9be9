import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { pause } from '../../../common/time.ts';
import { StandInComfyui } from '../../../tools/bench/measured-comfyui.ts';

const folder = mkdtempSync(join(tmpdir(), 'measured-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('the usage of a stand-in is that of now, also after two questions at once', async () => {
  const file = join(folder, 'stand-in.mjs');
  // Its usage is the time at which it replied.
  writeFileSync(
    file,
    `process.on('message', () => process.send({ busySeconds: Date.now(), cpuSeconds: 0 }));
    process.send({ url: 'http://127.0.0.1:1' });`,
  );
  const load = { gpuSeconds: 0, perPrompt: 0, perPhoto: 0, perMegapixel: 0, size: 512 };
  const standIn = await StandInComfyui.start(file, load);
  try {
    await Promise.all([standIn.usage(), standIn.usage()]);
    await pause(50);
    const asked = Date.now();
    expect((await standIn.usage()).busySeconds).toBeGreaterThanOrEqual(asked);
  } finally {
    standIn.close();
  }
});
