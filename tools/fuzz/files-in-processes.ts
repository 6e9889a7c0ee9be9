/** Runs the fuzzer of files in real image processes, two at a time. */
import { settings } from '../corpus/worker-path.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { fuzzFiles, type FilesResult } from './files.ts';

const PROCESSES = 2;

/** @param inputs how many of the seed */
export async function fuzzFilesInProcesses(
  seed: number,
  inputs: number,
  onDone: () => void,
): Promise<FilesResult> {
  const parts = Array.from({ length: PROCESSES }, (_, k) => {
    const [from, to] = [k, k + 1].map((at) => Math.floor((at * inputs) / PROCESSES)) as [number, number];
    return fuzzInOne(seed, from, to, onDone);
  });
  const results = await Promise.all(parts);
  const outcomes = new Map<string, number>();
  for (const part of results)
    for (const [outcome, count] of part.outcomes) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
  return {
    outcomes,
    findings: results.flatMap(({ findings }) => findings),
    slowestSeconds: Math.max(...results.map(({ slowestSeconds }) => slowestSeconds)),
  };
}

/** One process at a time, so that the neighbour is in the process that reads the input. */
async function fuzzInOne(seed: number, from: number, to: number, onDone: () => void): Promise<FilesResult> {
  const died: string[] = [];
  const images = new ImageProcesses(settings, 1, (_level, event, fields = {}) => {
    // A process that is replaced after its share of requests is not logged.
    if (event === 'image-process-died')
      died.push(
        [fields.exceeded, fields.signal, fields.error].find((why) => typeof why === 'string') ?? 'ended',
      );
  });
  try {
    return await fuzzFiles({ images, deaths: () => died.splice(0) }, seed, from, to, onDone);
  } finally {
    images.close();
  }
}
