/** What would hurt if it were wrong in the units; their syntax, programs and order are systemd's own to judge. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../worker/instance/environment.ts';
import { readUnit, SYSTEMD } from './ini.ts';

const read = (name: string) => readFileSync(join(SYSTEMD, name), 'utf8');
const NAMES = readdirSync(SYSTEMD).filter((name) => name.endsWith('.service'));
const comfyui = readUnit('comfyui.service');
const worker = readUnit('photo-worker.service');

const seconds = (text: string | undefined) => {
  expect(text).toMatch(/^\d+$/);
  return Number(text);
};

describe('units', () => {
  it.each(NAMES)('%s starts at boot, and waits for nothing that comes after the boot', (name) => {
    const unit = readUnit(name);
    expect(unit.words('Install.WantedBy')).toEqual(['multi-user.target']);
    const order = [...unit.words('Unit.After'), ...unit.words('Unit.Requires'), ...unit.words('Unit.Wants')];
    expect(order.filter((other) => /^cloud-|^multi-user/.test(other))).toEqual([]);
  });

  it.each(['comfyui.service', 'photo-worker.service'])(
    '%s is confined, bounded and not restarted for ever',
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
      // Otherwise the limit is never met.
      expect(seconds(unit.get('Service.RestartSec')) * (most ?? 0)).toBeLessThan(period ?? 0);
      expect(unit.get('Service.UMask')).toBe('0007');
    },
  );
});

describe('comfyui.service', () => {
  const start = comfyui.get('Service.ExecStart') ?? '';

  it('listens on the loopback, and reaches nothing else', () => {
    expect(start).toContain('--listen 127.0.0.1 --port 8188');
    expect(comfyui.words('Service.IPAddressDeny')).toEqual(['any']);
    expect(comfyui.words('Service.IPAddressAllow')).toEqual(['localhost']);
    for (const never of ['--enable-cors-header', '--gpu-only', '--cache-none', '--front-end-version'])
      expect(start).not.toContain(never);
  });

  it('runs our node alone, over the package of DDColor, and writes no prompt into pictures', () => {
    expect(start).toContain('--disable-all-custom-nodes --whitelist-custom-nodes ddcolor_node');
    expect(start).toContain('--disable-metadata');
    expect(comfyui.words('Service.Environment')).toContain('PYTHONPATH=/opt/ddcolor');
    expect(comfyui.words('Service.Environment')).toContain('HF_HUB_OFFLINE=1');
  });

  it('sees the GPU, and starts without one', () => {
    expect(comfyui.get('Service.PrivateDevices')).toBeUndefined();
    expect(comfyui.get('Service.DevicePolicy')).toBeUndefined();
    // -: its failure is none; +: with the privileges that the service has not.
    expect(comfyui.get('Service.ExecStartPre')).toMatch(/^-\+\/usr\/bin\/nvidia-modprobe /);
    expect(comfyui.get('Service.EnvironmentFile')).toBe('-/etc/comfyui.env');
    expect(start).toMatch(/ \$COMFYUI_ARGS$/);
    expect(read('comfyui.env')).toMatch(/^COMFYUI_ARGS=$/m);
  });

  it('works in the folders that are made for it', () => {
    const made = read('prepare-scratch.sh');
    for (const folder of ['input', 'output', 'temp', 'user']) expect(made).toContain(`"$COMFY/${folder}"`);
    // ComfyUI adds /temp itself.
    expect(start).toContain('--temp-directory /var/lib/comfy ');
    expect(comfyui.words('Unit.Requires')).toEqual(['scratch.service']);
    expect(comfyui.words('Unit.After')).toContain('scratch.service');
  });
});

describe('photo-worker.service', () => {
  it('lives through a restart of ComfyUI', () => {
    expect(worker.words('Unit.Wants')).toContain('comfyui.service');
    expect(worker.words('Unit.After')).toContain('comfyui.service');
    for (const binding of ['Requires', 'BindsTo', 'PartOf', 'Requisite'])
      expect(worker.words(`Unit.${binding}`)).not.toContain('comfyui.service');
  });

  it('is told to drain alone, and has gone before Spot takes its machine', () => {
    expect(worker.get('Service.KillMode')).toBe('mixed');
    expect(seconds(worker.get('Service.TimeoutStopSec'))).toBeLessThan(120);
    // A drained one ends with 0 and must not come back.
    expect(worker.get('Service.Restart')).toBe('on-failure');
  });

  it('says that it is ready and alive, through a process of its own', () => {
    expect(worker.get('Service.Type')).toBe('notify');
    expect(worker.get('Service.NotifyAccess')).toBe('all');
    expect(seconds(worker.get('Service.WatchdogSec'))).toBeGreaterThan(0);
    expect(worker.words('Service.RestrictAddressFamilies')).toEqual(
      expect.arrayContaining(['AF_UNIX', 'AF_INET', 'AF_INET6']),
    );
    expect(worker.get('Service.IPAddressDeny')).toBeUndefined();
  });

  it('gives way to ComfyUI, whose files it may remove', () => {
    expect(Number(worker.get('Service.Nice'))).toBeGreaterThan(0);
    expect(worker.words('Service.SupplementaryGroups')).toEqual(['comfy']);
  });

  it('has an environment that the worker knows and takes', () => {
    const text = read('photo-worker.env');
    const set = [...text.matchAll(/^([A-Z_]+)=(?:'(.*)'|(.*))$/gm)];
    const environment = Object.fromEntries(set.map(([, name = '', quoted, bare]) => [name, quoted ?? bare]));
    // What the schema does not know, it drops.
    const machine = readEnvironment(environment);
    expect(Object.keys(machine).sort()).toEqual(Object.keys(environment).sort());
    expect(machine).toMatchObject({
      COMFYUI_URL: 'http://127.0.0.1:8188',
      COMFYUI_DIRECTORY: '/var/lib/comfy',
      COMFYUI_RESTART: ['systemctl', 'restart', 'comfyui.service'],
      CANARY_FILE: '/opt/worker/canary.json',
    });
    expect(worker.get('Service.EnvironmentFile')).toBe('/etc/photo-worker.env');
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
  ])('says nothing of %s, %s, by %s', (unit, verb, user, id) => {
    expect(asked(unit, verb, user, id)).toBe('not handled');
  });
});

describe('ComfyUI is started alike', () => {
  const flags = (text: string) => new Set(text.match(/(?<=[\s'"`])--[a-z][a-z-]+(?=[\s'"`])/g));
  // Of each text, what starts ComfyUI; folders are named by a template in the last one.
  const wanted = [...flags(readFileSync('ami/systemd/comfyui.service', 'utf8'))].filter(
    (flag) => !/-directory$|^--log-stdout$/.test(flag),
  );

  it.each(['ami/provision/90-gate.sh', 'cli/comfyui/service.ts'])('on an instance and by %s', (file) => {
    const found = flags(readFileSync(file, 'utf8'));
    expect(wanted.length).toBeGreaterThan(7);
    for (const flag of wanted) expect(found).toContain(flag);
  });
});
