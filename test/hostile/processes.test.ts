/** What the processes of the local stack see of the machine: no variable of the user's, and folders of their own. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, childEnvironment, localPath } from '../../common/environment.ts';
import { announce } from '../../common/local-run.ts';
import { Scope } from '../../common/scope.ts';
import { processLauncher } from '../../local/fleet/launcher.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { signedFetch } from '../support/signed-fetch.ts';
import { until } from '../support/wait.ts';

const SECRET = 'not for processes';
const USERS = [
  ...[
    'AWS_SESSION_TOKEN',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'aws_secret_access_key',
    'CDK_CONTEXT',
  ],
  ...[
    'GITHUB_TOKEN',
    'NPM_TOKEN',
    'npm_config__auth',
    'npm_config_userconfig',
    'CI_JOB_TOKEN',
    'DATABASE_URL',
  ],
  ...['SSH_AUTH_SOCK', 'GPG_AGENT_INFO', 'DBUS_SESSION_BUS_ADDRESS', 'DOCKER_HOST', 'KUBECONFIG', 'NETRC'],
  ...[
    'NODE_OPTIONS',
    'NODE_PATH',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'LD_PRELOAD',
    'DYLD_INSERT_LIBRARIES',
    'BASH_ENV',
  ],
  ...[
    'HTTPS_PROXY',
    'GIT_ASKPASS',
    'EDITOR',
    'HISTFILE',
    'XDG_CONFIG_HOME',
    'PATH_TO_KEY',
    'TMPDIR_KEY',
    'LC_KEY_1',
  ],
];
const scope = new Scope();
const folder = mkdtempSync(join(tmpdir(), 'processes-'));
afterAll(async () => {
  await scope.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Calls a function with the user's variables set, until it is done. */
async function withUsers<T>(body: () => Promise<T> | T): Promise<T> {
  const before = { ...process.env };
  for (const name of USERS) process.env[name] = SECRET;
  try {
    return await body();
  } finally {
    process.env = before;
  }
}

describe('a child process', () => {
  it.each(USERS)('does not get %s', async (name) => {
    const environment = await withUsers(() => childEnvironment('http://127.0.0.1:1'));
    expect(Object.values(environment)).not.toContain(SECRET);
    expect(environment[name]).not.toBe(SECRET);
  });

  it('has a home of its own, and the credentials of the run', () => {
    const environment = childEnvironment('http://127.0.0.1:1');
    expect(environment.HOME).toBe(localPath('home'));
    expect(environment.AWS_ACCESS_KEY_ID).toBe(ACCOUNT);
    // 240 random bits.
    expect(environment.AWS_SECRET_ACCESS_KEY).toMatch(/^[\w-]{40}$/);
  });
});

interface Seen {
  env: Record<string, string>;
  cwd: string;
  status: string;
}

describe('a function', () => {
  let seen: Seen;
  beforeAll(async () => {
    const endpoint = await withUsers(() => startLocalAws('processes-test', scope));
    const status =
      "require('fs').existsSync('/proc/self/status') ? require('fs').readFileSync('/proc/self/status', 'utf8') : ''";
    const code = `exports.handler = async () => ({ env: process.env, cwd: process.cwd(), status: ${status} })`;
    const definition = {
      FunctionName: 'looks',
      Runtime: 'nodejs24.x',
      Role: `arn:aws:iam::${ACCOUNT}:role/any`,
      Handler: 'index.handler',
      Code: { ZipFile: Buffer.from(zipSync({ 'index.js': strToU8(code) })).toString('base64') },
    };
    const post = (path: string, body: object) =>
      signedFetch(endpoint, { service: 'lambda', method: 'POST', path, body: JSON.stringify(body) });
    await post('/2015-03-31/functions', definition);
    const path = '/2015-03-31/functions/looks/invocations';
    const answer = await until(
      async () => (await (await post(path, {})).json()) as Partial<Seen>,
      ({ env }) => env !== undefined,
    );
    seen = answer as Seen;
  });

  it("sees no variable of the user's", () => {
    expect(Object.values(seen.env)).not.toContain(SECRET);
    expect(seen.env.HOME).toBe(localPath('home'));
  });

  it('starts in a folder of the run', () => {
    expect(seen.cwd.startsWith(localPath('tmp'))).toBe(true);
  });

  it('cannot gain rights, where the system is Linux', () => {
    if (process.platform === 'linux') expect(seen.status).toMatch(/^NoNewPrivs:\s*1$/m);
    else expect(seen.status).toBe('');
  });
});

describe('the processes of an instance', () => {
  it('start in its own folder, and ComfyUI gets no credentials', async () => {
    const write = (name: string) =>
      `require('fs').writeFileSync(${JSON.stringify(join(folder, name))}, JSON.stringify({ cwd: process.cwd(), env: process.env }));`;
    const script = (name: string, more: string) => ({
      command: process.execPath,
      args: ['-e', `${write(name)}${more} setInterval(() => {}, 1000)`],
    });
    const launcher = processLauncher({
      worker: script('worker', ''),
      comfyui: script('comfyui', "process.send({ url: 'http://127.0.0.1:1' });"),
      env: await withUsers(() => childEnvironment('http://127.0.0.1:1')),
      logDirectory: folder,
    });
    const urls = { metadataUrl: 'http://127.0.0.1:2', autoScalingUrl: 'http://127.0.0.1:3' };
    const running = await launcher.launch({ instanceId: 'i-1', ...urls });
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Seen;
    const worker = await until(
      () => attempt(() => read('worker')),
      (found) => found !== undefined,
    );
    const comfyui = read('comfyui');
    await running.stop();
    expect([worker?.cwd, comfyui.cwd]).toEqual([join(folder, 'i-1-comfyui'), join(folder, 'i-1-comfyui')]);
    expect(worker?.env).toMatchObject({ AWS_ACCESS_KEY_ID: ACCOUNT });
    expect(Object.keys(comfyui.env).filter((name) => name.startsWith('AWS_'))).toEqual([]);
  });
});

/** @returns undefined while the file is not written */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

describe('files', () => {
  it("of a run are the user's only", async () => {
    expect(statSync(localPath()).mode & 0o777).toBe(0o700);
    const file = join(folder, 'running.json');
    const where = {
      stage: 'local',
      stack: 'a',
      endpoint: 'http://127.0.0.1:1',
      autoScalingEndpoint: 'http://127.0.0.1:2',
    };
    await announce(where, scope, file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
