/** Starts the local AWS: MiniStack on a free port of the loopback interface. */
import { createServer } from 'node:net';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment, compiledPython, localPath } from '../../common/environment.ts';
import { LOOPBACK_VARIABLE } from '../../contract/webhook.ts';
import { start } from '../../common/processes.ts';
import type { Scope } from '../../common/scope.ts';

const READY_WITHIN_MS = 30_000;

/** Finds a free port of the loopback interface; it may be taken before the caller binds it. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export interface MiniStackOptions {
  /** Path of a Python with MiniStack installed. */
  python: string;
  port: number;
  /** Set on MiniStack's process; the Lambda functions that it runs inherit them. */
  lambdaEnvironment: Record<string, string>;
  abort: AbortSignal;
  scope: Scope;
  logFile?: string;
}

/**
 * Starts MiniStack and waits until its health check passes.
 *
 * @returns the endpoint URL
 * @throws when the process exits, or is not healthy within 30 s
 */
export async function startMiniStack(options: MiniStackOptions): Promise<string> {
  const { python, port, lambdaEnvironment, abort, scope } = options;
  const endpoint = `http://127.0.0.1:${port}`;
  const temporary = localPath('tmp', String(port));
  mkdirSync(temporary, { recursive: true });
  // MiniStack's Node workers are CommonJS; without this file the repository's package.json makes them ES modules.
  writeFileSync(join(temporary, 'package.json'), '{}');
  const logFile = options.logFile ?? localPath('logs', 'local-aws.log');
  const child = start(python, ['-u', join(import.meta.dirname, 'launch.py')], {
    // Its functions inherit it as their working folder.
    cwd: temporary,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...childEnvironment(endpoint),
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      // Both would listen on every interface.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      ...compiledPython(),
      LOG_LEVEL: 'WARNING',
      TMPDIR: temporary,
      // No local function is in AWS's network: a receiver of webhooks is a program of this machine.
      [LOOPBACK_VARIABLE]: 'loopback',
      ...lambdaEnvironment,
    },
  });
  const log = createWriteStream(logFile);
  child.process.stdout?.pipe(log);
  child.process.stderr?.pipe(log);
  await scope.defer(async () => {
    // No grace period: a graceful shutdown takes seconds, and MiniStack's state is not kept.
    await child.stop(0);
    rmSync(temporary, { recursive: true, force: true });
  });

  let ended: number | string | undefined;
  void child.ended.then((code) => (ended = code));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    abort.throwIfAborted();
    if (ended !== undefined) throw new Error(`the local AWS exited with ${ended}; its log is ${logFile}`);
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return endpoint;
    await sleep(100);
  }
  throw new Error(`the local AWS was not healthy within ${READY_WITHIN_MS / 1000} s; its log is ${logFile}`);
}
