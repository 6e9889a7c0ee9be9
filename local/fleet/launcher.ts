/** Runs the processes of an instance on this machine: ComfyUI or its stand-in, and the worker. */
import { once } from 'node:events';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { start, type Child } from '../../common/processes.ts';
import type { Launcher } from './agent.ts';

export interface Command {
  command: string;
  args: string[];
}

export interface ProcessLauncherOptions {
  worker: Command;
  /** URL of a ComfyUI for all instances, or the command of one per instance, which sends `{url}` to its parent. */
  comfyui: string | Command;
  env: NodeJS.ProcessEnv;
  /** Folder of the log files, one per instance. */
  logDirectory: string;
  onLine?: (instanceId: string, line: string) => void;
  /** @default none - lines go to the log file only */
  journal?: (instanceId: string) => InstanceJournal;
  /** Called with each process that is started or restarted. */
  onProcess?: (started: StartedProcess) => void;
  /** Modules that the worker imports before its own code. */
  workerModules?: string[];
  /** Milliseconds until an exited process is restarted. @default 2000 - `RestartSec` of the worker's service */
  restartMs?: number;
}

/** The journal of an instance. */
export interface InstanceJournal {
  /** The process that delivers it; stopped after the others. */
  agent: Command;
  write(line: string, what: 'worker' | 'comfyui'): void;
  close(): void;
}

export interface StartedProcess {
  instanceId: string;
  what: 'worker' | 'comfyui' | 'log-agent';
  child: Child;
  /** Folder with ComfyUI's input, output and temp folders. */
  directory: string;
  /** URL of ComfyUI; undefined until it listens. */
  url: string | undefined;
}

const RESTART_MS = 2000;
const COMFYUI_UP_WITHIN_MS = 20_000;
const STOP_GRACE_MS = 2000;
const LAST_LINES_MS = 300;
/** Exits a child process when the channel to its parent closes, even after SIGKILL of the parent. */
const EXIT_WITH_PARENT = join(import.meta.dirname, 'exit-with-parent.mjs');

/** Option for NODE_OPTIONS; a URL, since Node splits NODE_OPTIONS at spaces and a path may have some. */
export const importing = (file: string): string => `--import ${pathToFileURL(file).href}`;

export function processLauncher(options: ProcessLauncherOptions): Launcher {
  return {
    async launch({ instanceId, metadataUrl, autoScalingUrl }) {
      const log = createWriteStream(join(options.logDirectory, `${instanceId}.log`), { flags: 'a' });
      const env = {
        ...options.env,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataUrl,
        AWS_ENDPOINT_URL_AUTO_SCALING: autoScalingUrl,
        NODE_OPTIONS: importing(EXIT_WITH_PARENT),
      };
      const directory = join(options.logDirectory, `${instanceId}-comfyui`);
      mkdirSync(directory, { recursive: true });
      const journal = options.journal?.(instanceId);
      const children = new Set<Child>();
      const agents = new Set<Child>();
      const streams = new Set<Promise<unknown>>();
      let stopping = false;
      const spawn = (
        what: StartedProcess['what'],
        { command, args }: Command,
        more: NodeJS.ProcessEnv = {},
      ) => {
        const child = start(command, args, {
          cwd: directory,
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          env: { ...env, ...more },
        });
        for (const stream of [child.process.stdout, child.process.stderr]) {
          if (!stream) continue;
          const lines = createInterface({ input: stream }).on('line', (line) => {
            log.write(`${line}\n`);
            if (what === 'log-agent') return;
            journal?.write(line, what);
            options.onLine?.(instanceId, line);
          });
          const closed = once(lines, 'close').finally(() => streams.delete(closed));
          streams.add(closed);
        }
        const group = what === 'log-agent' ? agents : children;
        group.add(child);
        void child.ended.then(() => group.delete(child));
        return child;
      };

      // As systemd does on an instance. The processes of a drained instance are stopped before their restart.
      const keepRunning = async (first: Child, again: () => Child) => {
        for (let child = first; ; child = again()) {
          await child.ended;
          await sleep(options.restartMs ?? RESTART_MS);
          if (stopping) return;
        }
      };
      const comfyui = async ({ command, args }: Command): Promise<NodeJS.ProcessEnv> => {
        const pidFile = join(directory, 'comfyui.pid');
        const spawnComfyui = (more: string[]) => {
          // ComfyUI has no use for AWS.
          const withoutAws = Object.fromEntries(
            Object.keys(env)
              .filter((name) => name.startsWith('AWS_'))
              .map((name) => [name, undefined]),
          );
          const own = { ...withoutAws, COMFYUI_DIRECTORY: directory };
          const child = spawn('comfyui', { command, args: [...args, ...more] }, own);
          writeFileSync(pidFile, String(child.process.pid));
          return child;
        };
        const first = spawnComfyui([]);
        const url = await urlOf(first);
        const report = (child: Child) => {
          options.onProcess?.({ instanceId, what: 'comfyui', child, directory, url });
          return child;
        };
        void keepRunning(report(first), () => report(spawnComfyui(['--port', new URL(url).port])));
        return {
          COMFYUI_URL: url,
          COMFYUI_DIRECTORY: directory,
          // Like systemd, it restarts one that has just ended too: that is started again anyway.
          COMFYUI_RESTART: JSON.stringify(['sh', '-c', `kill -9 "$(cat '${pidFile}')" || true`]),
        };
      };
      const where =
        typeof options.comfyui === 'string'
          ? { COMFYUI_URL: options.comfyui }
          : await comfyui(options.comfyui);
      const modules = [EXIT_WITH_PARENT, ...(options.workerModules ?? [])].map(importing).join(' ');
      const worker = () => {
        // Several workers share this machine.
        const environment = { ...where, NODE_OPTIONS: modules, IMAGE_PROCESSES: '2' };
        const child = spawn('worker', options.worker, environment);
        const url = 'COMFYUI_URL' in where ? where.COMFYUI_URL : undefined;
        options.onProcess?.({ instanceId, what: 'worker', child, directory, url });
        return child;
      };
      if (journal) {
        const agent = () => {
          const child = spawn('log-agent', journal.agent);
          options.onProcess?.({ instanceId, what: 'log-agent', child, directory, url: undefined });
          return child;
        };
        void keepRunning(agent(), agent);
      }
      void keepRunning(worker(), worker);
      return {
        async stop() {
          stopping = true;
          await Promise.all([...children].map((child) => child.stop(STOP_GRACE_MS)));
          if (journal) {
            // The last lines of the others are still on their way.
            await Promise.race([Promise.all(streams), sleep(LAST_LINES_MS)]);
            await Promise.all([...agents].map((child) => child.stop(STOP_GRACE_MS)));
            journal.close();
          }
          rmSync(directory, { recursive: true, force: true });
          log.end();
        },
      };
    },
  };
}

/** Waits for the URL that ComfyUI sends once it listens. @throws when it exits or takes over 20 s */
async function urlOf(child: Child): Promise<string> {
  const timeout = new AbortController();
  const message = new Promise<string>((resolve) => {
    child.process.once('message', (sent: { url: string }) => resolve(sent.url));
  });
  const late = Promise.race([
    child.ended.then((code) => `exited with ${code}`),
    sleep(COMFYUI_UP_WITHIN_MS, 'timeout', { signal: timeout.signal }),
  ]);
  const failed = late.then((why) => Promise.reject(new Error(`ComfyUI did not start: ${why}`)));
  try {
    return await Promise.race([message, failed]);
  } finally {
    failed.catch(() => undefined);
    timeout.abort();
  }
}
