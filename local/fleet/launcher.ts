/** What runs on an instance, as processes of this machine: ComfyUI (or its stand-in) and the worker. */
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { start, type Child } from '../../common/processes.ts';
import type { Launcher } from './agent.ts';

interface Command {
  command: string;
  args: string[];
}

export interface ProcessLauncherOptions {
  worker: Command;
  /** A ComfyUI for all instances by its URL, or the command of one for each: it sends `{url}` to its parent. */
  comfyui: string | Command;
  env: NodeJS.ProcessEnv;
  /** One log file for each instance goes here. */
  logDirectory: string;
  onLine?: (instanceId: string, line: string) => void;
  /** Told of each process that is started, the first time and after it has ended. */
  onProcess?: (started: StartedProcess) => void;
  /** Modules that are loaded into the worker before itself. */
  workerModules?: string[];
}

export interface StartedProcess {
  instanceId: string;
  what: 'worker' | 'comfyui';
  child: Child;
  /** Holds ComfyUI's folders. */
  directory: string;
  /** Of ComfyUI; undefined until it has said so the first time. */
  url: string | undefined;
}

/** As `RestartSec` of the worker's service. */
const RESTART_MS = 2000;
const COMFYUI_UP_WITHIN_MS = 20_000;
const STOP_GRACE_MS = 2000;
/** Ends a child when the channel to its parent closes, however the parent ended. */
const DIE_WITH_PARENT = join(import.meta.dirname, 'exit-with-parent.mjs');

/** As NODE_OPTIONS wants it: a URL, since Node splits its options at spaces, and a checkout's folder may have some. */
export const importing = (file: string): string => `--import ${pathToFileURL(file).href}`;

export function processLauncher(options: ProcessLauncherOptions): Launcher {
  return {
    async launch({ instanceId, metadataUrl, autoScalingUrl }) {
      const log = createWriteStream(join(options.logDirectory, `${instanceId}.log`), { flags: 'a' });
      const env = {
        ...options.env,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadataUrl,
        AWS_ENDPOINT_URL_AUTO_SCALING: autoScalingUrl,
        NODE_OPTIONS: importing(DIE_WITH_PARENT),
      };
      const children = new Set<Child>();
      let stopping = false;
      const spawn = ({ command, args }: Command, more: NodeJS.ProcessEnv = {}) => {
        const child = start(command, args, {
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
          env: { ...env, ...more },
        });
        for (const stream of [child.process.stdout, child.process.stderr]) {
          if (!stream) continue;
          createInterface({ input: stream }).on('line', (line) => {
            log.write(`${line}\n`);
            options.onLine?.(instanceId, line);
          });
        }
        children.add(child);
        void child.ended.then(() => children.delete(child));
        return child;
      };

      // As their services do on an instance; what has drained is stopped before this comes.
      const keepRunning = async (first: Child, again: () => Child) => {
        for (let child = first; ; child = again()) {
          await child.ended;
          await sleep(RESTART_MS);
          if (stopping) return;
        }
      };
      const directory = join(options.logDirectory, `${instanceId}-comfyui`);
      mkdirSync(directory, { recursive: true });
      const comfyui = async ({ command, args }: Command): Promise<NodeJS.ProcessEnv> => {
        const pidFile = join(directory, 'comfyui.pid');
        const spawnComfyui = (more: string[]) => {
          const child = spawn({ command, args: [...args, ...more] }, { COMFYUI_DIRECTORY: directory });
          writeFileSync(pidFile, String(child.process.pid));
          return child;
        };
        const first = spawnComfyui([]);
        const url = await urlOf(first);
        const told = (child: Child) => {
          options.onProcess?.({ instanceId, what: 'comfyui', child, directory, url });
          return child;
        };
        void keepRunning(told(first), () => told(spawnComfyui(['--port', new URL(url).port])));
        return {
          COMFYUI_URL: url,
          COMFYUI_DIRECTORY: directory,
          COMFYUI_RESTART: JSON.stringify(['sh', '-c', `kill -9 "$(cat '${pidFile}')"`]),
        };
      };
      const where =
        typeof options.comfyui === 'string'
          ? { COMFYUI_URL: options.comfyui }
          : await comfyui(options.comfyui);
      const modules = [DIE_WITH_PARENT, ...(options.workerModules ?? [])].map(importing).join(' ');
      const worker = () => {
        const child = spawn(options.worker, { ...where, NODE_OPTIONS: modules });
        const url = 'COMFYUI_URL' in where ? where.COMFYUI_URL : undefined;
        options.onProcess?.({ instanceId, what: 'worker', child, directory, url });
        return child;
      };
      void keepRunning(worker(), worker);
      return {
        async stop() {
          stopping = true;
          await Promise.all([...children].map((child) => child.stop(STOP_GRACE_MS)));
          rmSync(directory, { recursive: true, force: true });
          log.end();
        },
      };
    },
  };
}

/** The address that a ComfyUI sends once it listens. */
async function urlOf(child: Child): Promise<string> {
  const timeout = new AbortController();
  const message = new Promise<string>((resolve) => {
    child.process.once('message', (sent: { url: string }) => resolve(sent.url));
  });
  const late = Promise.race([child.ended, sleep(COMFYUI_UP_WITHIN_MS, 'late', { signal: timeout.signal })]);
  const failed = late.then((why) => Promise.reject(new Error(`ComfyUI did not come up: ${why}`)));
  try {
    return await Promise.race([message, failed]);
  } finally {
    failed.catch(() => undefined);
    timeout.abort();
  }
}
