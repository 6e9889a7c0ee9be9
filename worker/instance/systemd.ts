/**
 * Notifies systemd: ready, alive, stopping. It runs `systemd-notify`, since Node has no Unix datagram sockets. Outside of a
 * service (no `NOTIFY_SOCKET`) it does nothing. sd_notify(3), sd_watchdog_enabled(3).
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

export type NotifySystemd = (state: 'READY=1' | 'WATCHDOG=1' | 'STOPPING=1') => Promise<void>;

/** @param environment with `NOTIFY_SOCKET`, `WATCHDOG_USEC`, as systemd sets them */
export class SystemdNotifier {
  private readonly isService: boolean;
  private readonly watchdogMs: number;

  constructor(
    environment: NodeJS.ProcessEnv,
    private readonly log: Log,
    private readonly notifySystemd: NotifySystemd = systemdNotify,
  ) {
    this.isService = Boolean(environment.NOTIFY_SOCKET);
    this.watchdogMs = Number(environment.WATCHDOG_USEC ?? 0) / 1000;
  }

  /** Never rejects: a failed notification must not stop a worker that colours. */
  async notify(state: Parameters<NotifySystemd>[0]): Promise<void> {
    if (!this.isService) return;
    await this.notifySystemd(state).catch((error: unknown) =>
      this.log('warn', 'systemd-not-notified', { state, error: describeError(error) }),
    );
  }

  /**
   * Notifies the watchdog three times per period, from the event loop, so that a blocked one is noticed. It runs until `stop`
   * is aborted, by default until the process ends: a draining worker is alive.
   */
  async keepAlive(stop?: AbortSignal): Promise<void> {
    while (this.isService && this.watchdogMs > 0 && !stop?.aborted) {
      await this.notify('WATCHDOG=1');
      await pause(this.watchdogMs / 3, stop);
    }
  }
}

const systemdNotify: NotifySystemd = async (state) => {
  await promisify(execFile)('systemd-notify', [state], { timeout: 5000 });
};
