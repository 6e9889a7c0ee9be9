/** What a run of `npm start` suggests at its end. */
import type { StartOptions } from '../options.ts';

/** @returns what the run has not shown yet, as lines with a command each; none while everything keeps running */
export function nextText({ photos, comfyui, keep }: StartOptions): string[] {
  if (keep) return [];
  const steps = [
    ...(photos === undefined ? [['your own photos', 'npm start -- --photos FOLDER --keep']] : []),
    ...(comfyui === undefined
      ? [["DDColor's own colours", 'npm run comfyui -- setup, then npm start -- --comfyui local']]
      : []),
    ['what a fleet would cost', 'npx ddcolor-elastic cost'],
    ['waits and USD of your traffic', 'npm run simulate -- --trace viral'],
    ['in your account', 'docs/first-deploy.md'],
  ] as [string, string][];
  const width = Math.max(...steps.map(([what]) => what.length));
  return ['Next:', ...steps.map(([what, how]) => `  ${what.padEnd(width)}  ${how}`)];
}
