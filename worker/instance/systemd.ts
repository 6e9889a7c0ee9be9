/**
 * What systemd is told: ready, alive, stopping. Through `systemd-notify`, since Node has no datagram sockets of the kind that
 * systemd listens on; without a service (`NOTIFY_SOCKET`) nothing is told. sd_notify(3), sd_watchdog_enabled(3).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

export type NotifySystemd = (state: 'READY=1' | 'WATCHDOG=1' | 'STOPPING=1') => Promise<void>;

/** @param environment with `NOTIFY_SOCKET`, `WATCHDOG_USEC`, as systemd sets them */
export class SystemdNotifier {
  private readonly watchdogMs: number;

  constructor(
    environment: NodeJS.ProcessEnv,
    private readonly log: Log,
    private readonly tellSystemd: NotifySystemd = systemdNotify,
  ) {
    this.present = Boolean(environment.NOTIFY_SOCKET);
    this.watchdogMs = Number(environment.WATCHDOG_USEC ?? 0) / 1000;
  }

  private readonly present: boolean;

  /** Never rejects: a machine that colours is worth more than a supervisor that knows. */
  async tell(state: Parameters<NotifySystemd>[0]): Promise<void> {
    if (!this.present) return;
    await this.tellSystemd(state).catch((error: unknown) =>
      this.log('warn', 'systemd-not-notified', { state, error: describeError(error) }),
    );
  }

  /**
   * Says that this process is alive, three times in each period of the watchdog, from its own loop: a stuck one is silent. Until
   * the process ends, since draining is life too, or `stop` is aborted.
   */
  async keepAlive(stop?: AbortSignal): Promise<void> {
    while (this.present && this.watchdogMs > 0 && !stop?.aborted) {
      await this.tell('WATCHDOG=1');
      await pause(this.watchdogMs / 3, stop);
    }
  }
}

const systemdNotify: NotifySystemd = async (state) => {
  await promisify(execFile)('systemd-notify', [state], { timeout: 5000 });
};
