/** What `simulate --help` adds: every rule with its knobs, and every setting of the world. */
import { POLICIES } from './policies/index.ts';
import { SETTINGS, VICTIMS } from './world.ts';

function value(number: number): string {
  return number >= 1e6 ? number.toExponential() : String(number);
}

export function rulesAndWorld(): string {
  const lines = ['Rules and their knobs (default; what tuning tries):'];
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
