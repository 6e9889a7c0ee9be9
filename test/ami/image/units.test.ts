/** Settings of the units that the service depends on; systemd-analyze checks syntax, programs and order. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ALLOCATOR } from '../../../worker/imaging/image-connection.ts';
import { readEnvironment } from '../../../worker/instance/environment.ts';
import { readUnit, SYSTEMD } from './ini.ts';

const read = (name: string) => readFileSync(join(SYSTEMD, name), 'utf8');
const NAMES = readdirSync(SYSTEMD).filter((name) => /[^@]\.service$/.test(name));
const comfyui = readUnit('comfyui.service');
const worker = readUnit('photo-worker.service');

const seconds = (text: string | undefined) => {
  expect(text).toMatch(/^\d+$/);
  return Number(text);
};

describe('units', () => {
  it.each(NAMES)('%s starts at boot, and is not ordered after units that run later', (name) => {
    const unit = readUnit(name);
    expect(unit.words('Install.WantedBy')).toEqual(['multi-user.target']);
    const order = [...unit.words('Unit.After'), ...unit.words('Unit.Requires'), ...unit.words('Unit.Wants')];
    expect(order.filter((other) => /^cloud-|^multi-user/.test(other))).toEqual([]);
  });

  it.each(['comfyui.service', 'photo-worker.service'])(
    '%s is sandboxed, limited in memory and in restarts',
    (name) => {
      const unit = readUnit(name);
      expect(unit.get('Service.User')).not.toBe('root');
      expect(unit.get('Service.NoNewPrivileges')).toBe('yes');
      expect(unit.get('Service.ProtectSystem')).toBe('strict');
      expect(unit.words('Service.ReadWritePaths')).toEqual(['/var/lib/comfy']);
      expect(unit.get('Service.MemoryMax')).toMatch(/^[1-8]\d%$/);
      const [period, most] = ['Unit.StartLimitIntervalSec', 'Unit.StartLimitBurst'].map((key) =>
        seconds(unit.get(key)),
      );
      // Otherwise the limit is never reached.
      expect(seconds(unit.get('Service.RestartSec')) * (most ?? 0)).toBeLessThan(period ?? 0);
      expect(unit.get('Service.UMask')).toBe('0007');
    },
  );
});

describe('comfyui.service', () => {
  const start = comfyui.get('Service.ExecStart') ?? '';

  it('listens on loopback, and has no network access', () => {
    expect(start).toContain('--listen 127.0.0.1 --port 8188');
    expect(comfyui.words('Service.IPAddressDeny')).toEqual(['any']);
    expect(comfyui.words('Service.IPAddressAllow')).toEqual(['localhost']);
    for (const never of ['--enable-cors-header', '--gpu-only', '--cache-none', '--front-end-version'])
      expect(start).not.toContain(never);
  });

  it('loads our node only, with the package of DDColor, and writes no prompt into images', () => {
    expect(start).toContain('--disable-all-custom-nodes --whitelist-custom-nodes ddcolor_node');
    expect(start).toContain('--disable-metadata');
    expect(comfyui.words('Service.Environment')).toContain('PYTHONPATH=/opt/ddcolor');
    expect(comfyui.words('Service.Environment')).toContain('HF_HUB_OFFLINE=1');
  });

  it('has access to the GPU, and starts without one', () => {
    expect(comfyui.get('Service.PrivateDevices')).toBeUndefined();
    expect(comfyui.get('Service.DevicePolicy')).toBeUndefined();
    // -: a failure is ignored; +: runs with full privileges.
    expect(comfyui.get('Service.ExecStartPre')).toMatch(/^-\+\/usr\/bin\/nvidia-modprobe /);
    expect(comfyui.get('Service.EnvironmentFile')).toBe('-/etc/comfyui.env');
    expect(start).toMatch(/ \$COMFYUI_ARGS$/);
    expect(read('comfyui.env')).toMatch(/^COMFYUI_ARGS=$/m);
  });

  it('uses the folders that scratch.service creates', () => {
    const made = read('prepare-scratch.sh');
    for (const folder of ['input', 'output', 'temp', 'user']) expect(made).toContain(`"$COMFY/${folder}"`);
    // ComfyUI adds /temp itself.
    expect(start).toContain('--temp-directory /var/lib/comfy ');
    expect(comfyui.words('Unit.Requires')).toEqual(['scratch.service']);
    expect(comfyui.words('Unit.After')).toContain('scratch.service');
  });
});

describe('photo-worker.service', () => {
  it('keeps running when ComfyUI restarts', () => {
    expect(worker.words('Unit.Wants')).toContain('comfyui.service');
    expect(worker.words('Unit.After')).toContain('comfyui.service');
    for (const binding of ['Requires', 'BindsTo', 'PartOf', 'Requisite'])
      expect(worker.words(`Unit.${binding}`)).not.toContain('comfyui.service');
  });

  it('gets the drain signal alone, and stops before a Spot interruption', () => {
    expect(worker.get('Service.KillMode')).toBe('mixed');
    expect(seconds(worker.get('Service.TimeoutStopSec'))).toBeLessThan(120);
    // A drained worker exits with 0 and must not be restarted.
    expect(worker.get('Service.Restart')).toBe('on-failure');
  });

  it('notifies systemd of readiness and liveness by a child process', () => {
    expect(worker.get('Service.Type')).toBe('notify');
    expect(worker.get('Service.NotifyAccess')).toBe('all');
    expect(seconds(worker.get('Service.WatchdogSec'))).toBeGreaterThan(0);
    expect(worker.words('Service.RestrictAddressFamilies')).toEqual(
      expect.arrayContaining(['AF_UNIX', 'AF_INET', 'AF_INET6']),
    );
    expect(worker.get('Service.IPAddressDeny')).toBeUndefined();
  });

  it('has a lower priority than ComfyUI, and may remove its files', () => {
    expect(Number(worker.get('Service.Nice'))).toBeGreaterThan(0);
    expect(worker.words('Service.SupplementaryGroups')).toEqual(['comfy']);
  });

  it('has an environment that the schema of the worker accepts', () => {
    const text = read('photo-worker.env');
    const set = [...text.matchAll(/^([A-Z_]+)=(?:'(.*)'|(.*))$/gm)];
    const environment = Object.fromEntries(set.map(([, name = '', quoted, bare]) => [name, quoted ?? bare]));
    // The schema drops unknown variables.
    const parsed = readEnvironment(environment);
    expect(Object.keys(parsed).sort()).toEqual(Object.keys(environment).sort());
    expect(parsed).toMatchObject({
      COMFYUI_URL: 'http://127.0.0.1:8188',
      COMFYUI_DIRECTORY: '/var/lib/comfy',
      COMFYUI_RESTART: ['systemctl', 'restart', 'comfyui.service'],
      CANARY_FILE: '/opt/worker/canary.json',
      IMAGE_SOCKET: '/run/image-process.sock',
    });
    expect(worker.get('Service.EnvironmentFile')).toBe('/etc/photo-worker.env');
  });
});

describe('image-process@.service', () => {
  const unit = readUnit('image-process@.service');
  const socket = readUnit('image-process.socket');

  it('keeps the memory of pictures as the worker’s child processes do', () => {
    const set = Object.entries(ALLOCATOR).map(([name, value]) => `${name}=${value}`);
    expect(unit.words('Service.Environment')).toEqual(set);
  });

  it('is started for each connection of the worker, on the socket of its environment', () => {
    const path = socket.get('Socket.ListenStream');
    expect(read('photo-worker.env')).toContain(`IMAGE_SOCKET=${path}\n`);
    expect(socket.get('Socket.Accept')).toBe('yes');
    expect(socket.get('Socket.SocketUser')).toBe(worker.get('Service.User'));
    expect(socket.get('Socket.SocketMode')).toBe('0600');
    expect(socket.words('Install.WantedBy')).toEqual(['sockets.target']);
    for (const key of ['Unit.After', 'Unit.Wants'])
      expect(worker.words(key)).toContain('image-process.socket');
    // Stream 3 is the connection only where no standard stream is.
    expect(unit.get('Service.StandardInput')).toBe('null');
  });

  it('has neither network nor credentials, and limits of its own', () => {
    expect(unit.get('Service.PrivateNetwork')).toBe('yes');
    expect(unit.words('Service.RestrictAddressFamilies')).toEqual(['none']);
    expect(unit.get('Service.DynamicUser')).toBe('yes');
    for (const key of ['EnvironmentFile', 'SupplementaryGroups', 'ReadWritePaths'])
      expect(unit.get(`Service.${key}`)).toBeUndefined();
    expect(unit.get('Service.ProtectSystem')).toBe('strict');
    expect(unit.get('Service.MemoryMax')).toMatch(/^[1-5]\d%$/);
    for (const key of ['TasksMax', 'LimitNOFILE', 'LimitCPU'])
      expect(seconds(unit.get(`Service.${key}`))).toBeLessThan(10_000);
    expect(Number(unit.get('Service.Nice'))).toBe(Number(worker.get('Service.Nice')));
  });

  it('does not outlive the worker’s trust by more than two hours, nor fill the journal', () => {
    expect(unit.get('Service.RuntimeMaxSec')).toBe('2h');
    expect(unit.get('Service.LogRateLimitIntervalSec')).toBe('60');
    expect(Number(unit.get('Service.LogRateLimitBurst'))).toBeLessThanOrEqual(100);
  });

  it('is no more exposed than systemd calls OK', () => {
    const { status, stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=yes', '--no-pager', '--threshold=20', join(SYSTEMD, 'image-process@.service')],
      { encoding: 'utf8' },
    );
    // Not installed, or before version 250.
    if (!stdout?.includes('Overall exposure level')) return;
    expect(status, stdout.split('\n').slice(-3).join('\n')).toBe(0);
  });
});

describe('the rule for polkit', () => {
  type Rule = (action: { id: string; lookup: (key: string) => string }, subject: { user: string }) => string;
  let rule: Rule = () => 'no rule';
  const polkit = {
    addRule: (given: Rule) => (rule = given),
    Result: { YES: 'yes', NOT_HANDLED: 'not handled' },
  };
  runInNewContext(read('comfyui-restart.rules'), { polkit });
  const asked = (unit: string, verb: string, user: string, id = 'org.freedesktop.systemd1.manage-units') =>
    rule({ id, lookup: (key) => (key === 'unit' ? unit : verb) }, { user });

  it('lets the worker restart ComfyUI', () => {
    expect(asked('comfyui.service', 'restart', 'worker')).toBe('yes');
  });

  it.each([
    ['comfyui.service', 'stop', 'worker', undefined],
    ['ssh.service', 'restart', 'worker', undefined],
    ['comfyui.service', 'restart', 'comfy', undefined],
    ['comfyui.service', 'restart', 'worker', 'org.freedesktop.systemd1.manage-unit-files'],
  ])('does not handle %s, %s, by %s', (unit, verb, user, id) => {
    expect(asked(unit, verb, user, id)).toBe('not handled');
  });
});

describe('ComfyUI is started with the same options', () => {
  const flags = (text: string) => new Set(text.match(/(?<=[\s'"`])--[a-z][a-z-]+(?=[\s'"`])/g));
  // Options of ComfyUI's command line in each text, without folders.
  const wanted = [...flags(readFileSync('ami/systemd/comfyui.service', 'utf8'))].filter(
    (flag) => !/-directory$|^--log-stdout$/.test(flag),
  );

  it.each(['ami/provision/90-gate.sh', 'cli/comfyui/launch.ts'])('on an instance and by %s', (file) => {
    const found = flags(readFileSync(file, 'utf8'));
    expect(wanted.length).toBeGreaterThan(7);
    for (const flag of wanted) expect(found).toContain(flag);
  });
});
