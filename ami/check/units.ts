/**
 * Verifies our systemd units: installs them by their script into an empty root with stubs of the image's programs and units.
 * The stubs must be exactly those of the image: a missing one fails a correct path, an extra one hides a wrong path.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { failed, resultOf, NO_PROGRAM, notInstalled, ok, runProgram, type CheckResult } from './result.ts';

const PROGRAMS = ['/opt/comfyui/.venv/bin/python', '/opt/tools/bin/node', '/bin/true'];

const BARE = '[Unit]\nDefaultDependencies=no\n';
const SERVICE = '[Service]\nType=oneshot\nExecStart=/bin/true\n';
const IMAGE: Record<string, string> = {
  'sysinit.target': BARE,
  'basic.target': BARE,
  'sockets.target': BARE,
  'slices.target': BARE,
  'local-fs.target': BARE,
  'network-online.target': BARE,
  'shutdown.target': BARE,
  'systemd-journald.socket': `${BARE}[Socket]\nListenDatagram=/run/journal\n`,
  'nvidia-persistenced.service': SERVICE,
  'dlami-nvme.service': SERVICE,
  // As on AWS's image, where it runs after everything: a unit ordered after it is part of an ordering cycle.
  'cloud-final.service': `[Unit]\nAfter=multi-user.target\n${SERVICE}`,
  'multi-user.target': '[Unit]\nWants=cloud-final.service\n',
};

export async function unitChecks(root: string): Promise<CheckResult> {
  const units = readdirSync(join(root, 'ami', 'systemd')).filter((name) =>
    /\.(service|socket|slice)$/.test(name),
  );
  const name = `systemd-analyze verify (${units.length} units)`;
  if ((await runProgram('systemd-analyze', ['--version'])).code === NO_PROGRAM)
    return notInstalled(name, 'Linux only; on Debian and Ubuntu apt-get install systemd');

  const image = mkdtempSync(join(tmpdir(), 'image-'));
  try {
    for (const path of PROGRAMS) write(join(image, path), '#!/bin/sh\n', 0o755);
    for (const [unit, text] of Object.entries(IMAGE))
      write(join(image, 'usr/lib/systemd/system', unit), text);
    const installed = await runProgram('bash', [join(root, 'ami/systemd/install.sh')], { PREFIX: image });
    if (installed.code !== 0) return resultOf(name, installed);
    const forgotten = units.filter((unit) => !existsSync(join(image, 'etc/systemd/system', unit)));
    if (forgotten.length > 0) return failed(name, `install.sh does not install ${forgotten.join(', ')}`);
    const atBoot = units.filter((unit) =>
      /^\[Install\]$/m.test(readFileSync(join(root, 'ami', 'systemd', unit), 'utf8')),
    );
    const enabled = await runProgram('systemctl', [`--root=${image}`, 'enable', '--quiet', ...atBoot]);
    if (enabled.code !== 0) return resultOf(name, enabled);
    // With multi-user.target, since ordering cycles show when it is started.
    const instances = units.map((unit) => unit.replace('@.', '@1.'));
    const args = ['verify', '--man=no', `--root=${image}`, ...instances, 'multi-user.target'];
    const found = await runProgram('systemd-analyze', args);
    // Ordering cycles and unknown settings are warnings with exit code 0.
    const output = found.output.replaceAll(image, '');
    return found.code === 0 && output === '' ? ok(name) : failed(name, output);
  } finally {
    rmSync(image, { recursive: true, force: true });
  }
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}
