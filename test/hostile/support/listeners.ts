/** The TCP ports that this process and all its descendants listen on, as the operating system reports them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Listener {
  address: string;
  port: number;
}

const LISTEN = '0A';

export function listenersBelow(pid: number): Listener[] {
  const pids = tree(pid);
  const found = existsSync('/proc/net/tcp') ? fromProc(pids) : fromLsof(pids);
  return [...new Map(found.map((one) => [`${one.address} ${one.port}`, one])).values()];
}

function tree(root: number): Set<number> {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const parents = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number]);
  const pids = new Set([root]);
  // A parent may come after its child in the list.
  for (let size = 0; size !== pids.size;) {
    size = pids.size;
    for (const [pid, parent] of parents) if (pids.has(parent)) pids.add(pid);
  }
  return pids;
}

function fromProc(pids: Set<number>): Listener[] {
  const inodes = new Set<string>();
  for (const pid of pids) {
    for (const fd of entries(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode) inodes.add(inode);
    }
  }
  return ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).flatMap((file) =>
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && inodes.has(inode ?? ''))
      .map(([, local = '']) => {
        const [hex = '', port = ''] = local.split(':');
        return { address: addressOf(hex), port: parseInt(port, 16) };
      }),
  );
}

/** IPv4 in the kernel's byte order; anything else as it is. */
const addressOf = (hex: string) =>
  hex.length === 8
    ? (hex.match(/../g) ?? [])
        .map((byte) => parseInt(byte, 16))
        .reverse()
        .join('.')
    : hex;

function fromLsof(pids: Set<number>): Listener[] {
  const args = ['-nP', '-a', '-iTCP', '-sTCP:LISTEN', '-p', [...pids].join(), '-Fn'];
  const lines = execFileSync('lsof', args, { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, address, port] = /^n(.+):(\d+)$/.exec(line) ?? [];
    return address ? [{ address, port: Number(port) }] : [];
  });
}

/** A process may end meanwhile. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
