/** The text of `--help`: every command, trace, rule with its knobs, and setting of the world. */
import { POLICIES } from './policies/index.ts';
import { SETTINGS, VICTIMS } from './world.ts';
import { SYNTHETIC } from './traffic/synthetic.ts';

const USAGE = `npm run simulate -- [run | compare | tune | estimates | fit] [options]

  run       one rule on one trace (what happens when no command is named)
  compare   every rule, at its defaults and with its knobs tuned on the trace: cost against wait
  tune      settings of a rule for your own traffic, for each wait that you may want
  estimates how long photos are told to wait, against how long they do: on the synthetic traces and
            each CSV of a folder, estimates [FOLDER], or on --trace
  fit       service time, boot time and a trace from CloudWatch exports: fit FILE... [--out TRACE.csv]

  --trace T       a CSV file (header t, or t,arrivals), or one of ${SYNTHETIC.join(', ')} (default viral);
                  viral has at most 24 instances and quiet may have none, unless --with says otherwise
  --policy P      the rule (default slo); see below
  --set k=v,...   its knobs
  --world W       clean (default) or real
  --with k=v,...  settings of the world
  --seed N        of all luck (default 1)
  --seeds K       as many runs, with seeds from N on, and their means
  --json FILE     the figures; - for the standard output
  --report FILE   a page with plots, in one HTML file that needs no network
  --dashboard FILE  of run: the panels of the deployed dashboard as this run would have filled them,
                  in one HTML file; the report has them for every rule
  --no-bound      leave out the least that was possible, which takes longer than a run`;

function value(number: number): string {
  return number >= 1e6 ? number.toExponential() : String(number);
}

export function help(): string {
  const lines = [USAGE, '', 'Rules and their knobs (default; what tuning tries):'];
  for (const { name, description, source, parameters } of POLICIES) {
    lines.push('', `  ${name}: ${description}`, `    from: ${source}`);
    for (const [key, one] of Object.entries(parameters)) {
      const usual = typeof one.default === 'function' ? 'follows the world' : one.default;
      const tries = one.candidates?.length ? `; ${one.candidates.join(' ')}` : '';
      lines.push(
        `    ${key.padEnd(24)} ${one.description}${one.unit ? `, ${one.unit}` : ''} (${usual}${tries})`,
      );
    }
  }
  lines.push(
    '',
    'The world: --with takes these; defaults of clean and real, what is allowed, and the source.',
    '',
  );
  for (const [key, one] of Object.entries(SETTINGS)) {
    const range = `${value(one.min)} to ${value(one.max)}`;
    const what = `${one.description}${one.unit ? `, ${one.unit}` : ''}`;
    lines.push(
      `  ${key.padEnd(18)} ${`${one.clean} | ${one.real}`.padEnd(18)} ${what} (${range}; ${one.source})`,
    );
  }
  lines.push(
    `  ${'victims'.padEnd(18)} ${'idle | idle'.padEnd(18)} who goes when the fleet shrinks (${VICTIMS.join(', ')})`,
    `  ${'horizon'.padEnd(18)} ${"trace's end".padEnd(18)} what still runs is billed at least until then, s`,
    `  ${'bucket'.padEnd(18)} ${'smallest gap'.padEnd(18)} length of a row of a t,arrivals trace, s`,
  );
  return lines.join('\n');
}
