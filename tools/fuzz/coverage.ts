/** Which blocks of our code ran, from V8's own counters: no instrumentation, so any Node can do it. */
import { Session, type Profiler } from 'node:inspector';

export class Coverage {
  private readonly session = new Session();
  private readonly seen = new Set<string>();

  constructor(private readonly root: string) {
    this.session.connect();
    this.post('Profiler.enable');
    this.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    // What loading the modules ran is nobody's input.
    this.note(this.ran());
  }

  /** Blocks reached so far. */
  get blocks(): number {
    return this.seen.size;
  }

  /** @returns blocks that ran since the last call, and never before an input was noted */
  fresh(): string[] {
    return this.ran();
  }

  /** Their input is kept: from now on these blocks are not new. */
  note(blocks: string[]): void {
    for (const one of blocks) this.seen.add(one);
  }

  private ran(): string[] {
    const found = new Set<string>();
    const { result } = this.post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType;
    for (const { url, functions } of result) {
      if (!url.startsWith(this.root) || url.includes('/node_modules/') || url.includes('/tools/fuzz/'))
        continue;
      for (const { ranges } of functions)
        for (const { startOffset, endOffset, count } of ranges)
          if (count > 0) found.add(`${url}:${startOffset}-${endOffset}`);
    }
    return [...found].filter((one) => !this.seen.has(one));
  }

  close(): void {
    this.session.disconnect();
  }

  /** The inspector of this process answers at once. */
  private post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.session.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}
