/** Child processes and scopes: no process outlives a run. */
import { describe, expect, it } from 'vitest';
import { runToEnd, start } from '../../common/processes.ts';
import { Scope } from '../../common/scope.ts';
import { isAlive, until } from '../support/wait.ts';

const gone = (pid: number) =>
  until(
    () => isAlive(pid),
    (alive) => !alive,
  );

describe('a child process', () => {
  it('is stopped with its own children, also when it ignores SIGTERM', async () => {
    const script = "trap '' TERM; sleep 60 & echo $!; wait; sleep 60";
    const child = start('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = await new Promise<string>((resolve) =>
      child.process.stdout?.once('data', (text: Buffer) => resolve(text.toString())),
    );
    await child.stop(50);
    await gone(Number(line));
    await gone(child.process.pid ?? 0);
  });

  it('returns its exit code, and all its output', async () => {
    const lines: string[] = [];
    const finished = await runToEnd('sh', ['-c', 'echo one; echo two >&2; exit 3'], {
      onLine: (line) => lines.push(line),
    });
    expect(finished.code).toBe(3);
    expect(lines.sort()).toEqual(['one', 'two']);
  });

  it('has the exit code 127 when the command does not exist, as in a shell', async () => {
    expect((await runToEnd('no-such-command', [], {})).code).toBe(127);
  });

  it('is stopped by an abort', async () => {
    const controller = new AbortController();
    const running = runToEnd('sleep', ['60'], { abort: controller.signal });
    controller.abort();
    await expect(running).rejects.toThrow('aborted');
  });
});

describe('Scope', () => {
  it('cleans up in reverse order, each step once, whatever fails', async () => {
    const scope = new Scope();
    const undone: number[] = [];
    for (const i of [1, 2, 3]) {
      await scope.defer(() => {
        undone.push(i);
        if (i === 2) throw new Error('no');
      });
    }
    await expect(scope.close()).rejects.toThrow('clean-up failed');
    await expect(scope.close()).rejects.toThrow('clean-up failed');
    expect(undone).toEqual([3, 2, 1]);
  });

  it('cleans up at once when it is already closed', async () => {
    const scope = new Scope();
    await scope.close();
    let undone = false;
    await scope.defer(() => void (undone = true));
    expect(undone).toBe(true);
  });
});
