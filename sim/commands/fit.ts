/** `simulate fit FILE...`: a world and a trace from the metrics of a running system. */
import { readExports } from '../traffic/cloudwatch.ts';
import { fitMetrics, traceOf, type Fit } from '../traffic/fit.ts';
import type { Options } from '../options.ts';
import { aligned, write, writeJson } from '../output.ts';
import { printText } from '../../common/terminal.ts';

const DEFAULT_OUT = 'trace.csv';
const NEEDS = {
  jobs: 'NumberOfMessagesSent (sum)',
  service: 'ApproximateNumberOfMessagesNotVisible (average) and NumberOfMessagesDeleted (sum)',
  boot: 'GroupPendingInstances and GroupInServiceInstances (average), with some launches',
};

function lines(fit: Fit, out: string | undefined): string {
  const hours = `${(fit.length / 3600).toFixed(1)} h from ${new Date(fit.from * 1000).toISOString()}`;
  const missing = (name: keyof typeof NEEDS) => `unknown: needs ${NEEDS[name]}`;
  const rows = [
    ['time', hours],
    ['jobs', fit.jobs === null ? missing('jobs') : `${fit.jobs} in periods of ${fit.period} s`],
    ['service', fit.service === null ? missing('service') : `${fit.service} s: in flight over deleted`],
    [
      'boot',
      fit.boot === null ? missing('boot') : `${fit.boot} s: pending over about ${fit.launches} launches`,
    ],
  ];
  if (fit.fleet) rows.push(['fleet', `${fit.fleet.least} to ${fit.fleet.most} in service`]);
  if (fit.silent) rows.push(['silent', `${fit.silent} periods without a value, counted as 0 sent`]);
  if (out) {
    const known = [fit.service && `service=${fit.service}`, fit.boot && `boot=${fit.boot}`].filter(Boolean);
    const world = known.length > 0 ? ` --with ${known.join(',')}` : '';
    rows.push(['trace', out], ['next', `npx ddcolor-elastic simulate tune --trace ${out}${world}`]);
  }
  return aligned(rows, [0, 1]);
}

export async function fit(options: Options): Promise<void> {
  const metrics = await readExports(options.files);
  const result = fitMetrics(metrics);
  const out = metrics.sent ? (options.out ?? DEFAULT_OUT) : undefined;
  if (metrics.sent && out) await write(out, traceOf(metrics.sent, result.from));
  if (!(await writeJson(options, result))) printText(lines(result, out));
}
