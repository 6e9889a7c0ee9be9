/** A service of `colour` in memory. */
import type { Service, PhotoStatus } from '../../../cli/colour/service/service.ts';
import { withRetries } from '../../../client/retry.ts';

export const done = (body: string): PhotoStatus => ({ status: 'done', fetch: async () => Buffer.from(body) });

/** A service whose responses a test sets. */
export class FakeService implements Service {
  readonly name = 'fake';
  readonly submitted: string[] = [];
  /** Options of the workflow, of each submitted photo. */
  readonly chosen: unknown[] = [];
  /** Largest number of photos that were uploaded and polled at a time. */
  most = { sending: 0, asking: 0 };
  private now = { sending: 0, asking: 0 };
  looks: (id: string, count: number) => PhotoStatus = () => done('result');
  submits: (name: string, count: number) => void = () => undefined;
  private readonly counts = new Map<string, number>();

  check = () => Promise.resolve();

  submit: Service['submit'] = async ({ name, options: chosen }, options) => {
    this.chosen.push(chosen);
    const id = `${name}#${this.submitted.filter((one) => one === name).length + 1}`;
    options.announced(id);
    return this.counted('sending', () =>
      withRetries(async () => {
        this.submits(name, this.count(`submit ${id}`));
        this.submitted.push(name);
        return id;
      }, options),
    );
  };

  look: Service['look'] = (id) => this.counted('asking', async () => this.looks(id, this.count(id)));

  private count(id: string): number {
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    return this.counts.get(id) ?? 0;
  }

  private async counted<T>(what: 'sending' | 'asking', task: () => Promise<T>): Promise<T> {
    this.most[what] = Math.max(this.most[what], ++this.now[what]);
    // Lets the other tasks start.
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    try {
      return await task();
    } finally {
      this.now[what]--;
    }
  }
}
