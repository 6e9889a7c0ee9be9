/** What `watch-folder` prints: lines, or JSON. */
import { Progress } from '../../common/progress.ts';
import { printJson, printLine } from '../../common/terminal.ts';
import { failureSchema } from '../../contract/failure.ts';
import type { Log } from '../../worker/telemetry/log.ts';
import type { Entry } from './journal.ts';

/** @param json one object for each photo on standard output; other lines then go to standard error */
export function reportOf({ json = false, verbose = false }: { json?: boolean; verbose?: boolean }) {
  const progress = new Progress(process.stdout);
  const counts = { succeeded: 0, failed: 0 };
  const startMs = performance.now();
  const say = (line: string) => {
    if (json) printLine(line, process.stderr);
    else progress.print(line);
  };
  let awaited = '';
  const log: Log = (level, event, fields = {}) => {
    if (verbose) printJson({ level, event, ...fields }, process.stderr);
    if (event === 'comfyui-restarting') say('ComfyUI has failed: waiting until it colours again.');
    if (event !== 'comfyui-awaited' || fields.reason === awaited) return;
    awaited = String(fields.reason);
    say(`Waiting for ComfyUI: ${awaited}`);
  };
  const finished = (entry: Entry, body: Buffer) => {
    counts[entry.outcome]++;
    const failure = entry.outcome === 'failed' ? failureSchema.parse(JSON.parse(body.toString())) : undefined;
    const { name, outcome } = entry;
    if (json)
      printJson({ photo: name, outcome, ...(failure && { code: failure.code, message: failure.message }) });
    else
      progress.print(
        failure ? `failed    ${name}: ${failure.code}, ${failure.message}` : `coloured  ${name}`,
      );
  };
  return {
    say,
    log,
    finished,
    get failed() {
      return counts.failed;
    },
    progress: (waiting: number) => {
      if (!json && waiting > 0) progress.line(lineOf(performance.now() - startMs, counts, waiting));
    },
    close: () => say(`${counts.succeeded} coloured, ${counts.failed} failed.`),
  };
}

function lineOf(ms: number, { succeeded, failed }: { succeeded: number; failed: number }, waiting: number) {
  const seconds = Math.floor(ms / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return `${time}  ${succeeded} coloured, ${failed} failed, ${waiting} to go`;
}
