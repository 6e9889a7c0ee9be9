/** The text of `simulate policies`: every policy and every setting of the world. */
import { POLICIES } from './policies/index.ts';
import { DEFAULT_MIX, DEFAULT_TYPE } from './worker-model.ts';
import { SETTINGS, VICTIMS } from './world.ts';

function value(number: number): string {
  return number >= 1e6 ? number.toExponential() : String(number);
}

export function policiesAndWorld(): string {
  const lines = ['Policies and their settings (default; what tuning tries):'];
  for (const { name, description, source, parameters } of POLICIES) {
    lines.push('', `  ${name}: ${description}`, `    from: ${source}`);
    for (const [key, one] of Object.entries(parameters)) {
      const defaultText = typeof one.default === 'function' ? 'from the world' : one.default;
      const tries = one.candidates?.length ? `; ${one.candidates.join(' ')}` : '';
      lines.push(
        `    ${key.padEnd(24)} ${one.description}${one.unit ? `, ${one.unit}` : ''} (${defaultText}${tries})`,
      );
    }
  }
  lines.push('', 'Settings of the world, for --with (values in clean | real; range; source):', '');
  for (const [key, one] of Object.entries(SETTINGS)) {
    const range = `${value(one.min)} to ${value(one.max)}`;
    const what = `${one.description}${one.unit ? `, ${one.unit}` : ''}`;
    lines.push(
      `  ${key.padEnd(18)} ${`${one.clean} | ${one.real}`.padEnd(18)} ${what} (${range}; ${one.source})`,
    );
  }
  lines.push(
    `  ${'victims'.padEnd(18)} ${'idle | idle'.padEnd(18)} which instances a scale-in removes (${VICTIMS.join(', ')})`,
    `  ${'type'.padEnd(18)} ${DEFAULT_TYPE.padEnd(18)} instance type of the worker's lanes`,
    `  ${'megapixels'.padEnd(18)} ${DEFAULT_MIX} sizes of photos, each with its share (no published figure: vary it)`,
    `  ${'badImage'.padEnd(18)} ${'none | none'.padEnd(18)} FROM:TO, s: boots that begin then fail, as badImageShare says`,
    `  ${'spotShortage'.padEnd(18)} ${'none | none'.padEnd(18)} FROM:TO, s: every Spot launch is refused then; the fleet has two pools`,
    `  ${'horizon'.padEnd(18)} ${"trace's end".padEnd(18)} billing covers at least the time until then, s`,
    `  ${'bucket'.padEnd(18)} ${'smallest gap'.padEnd(18)} length of a bucket of a t,arrivals trace, s`,
  );
  return lines.join('\n');
}
