/** `npm run test:full [-- JOB...]`: tests that take too long for `npm test`. */
import { printError, printLine } from '../common/terminal.ts';

interface Job {
  adds: string;
  /** Runs only when it is named. */
  onRequest?: boolean;
  run(args: string[]): Promise<number>;
}

const JOBS: Record<string, Job> = {
  long: {
    adds: 'all tests in their long form: every size and photograph, a million sequences of ticks, many clients at once',
    async run(args) {
      process.env.FULL = '1';
      process.env.SEQUENCES ??= '1000000';
      return (await import('./test.ts')).main(args);
    },
  },
  chaos: {
    adds: '300 photos on the local stack while workers, ComfyUI and the network fail; each gets exactly one outcome',
    run: async (args) =>
      (await import('./chaos/main.ts')).main(args.length > 0 ? args : ['--photos', '300', '--seed', '1']),
  },
  mutation: {
    adds: 'planted faults: at least 85 % must fail a test (-- mutation SHARD for one of them)',
    run: async (args) => (await import('./mutation/main.ts')).main(args),
  },
  fuzz: {
    adds: 'random inputs for every parser of bytes of other parties, guided by coverage (-- fuzz TARGET --seconds N)',
    run: async (args) => (await import('./fuzz/main.ts')).main(args),
  },
  packer: {
    adds: "the image's template before the real Packer, which is built from its Go modules; it must reject spoilt copies",
    run: async () => (await import('./packer/main.ts')).main(),
  },
  'packer-build': {
    adds: 'the build of an image by the real Packer on a machine reached over SSH, down to its gate, twice',
    onRequest: true,
    run: async (args) => (await import('./packer/build.ts')).main(args),
  },
  comfyui: {
    adds: 'the tests of the ComfyUI node in a real ComfyUI on the CPU; downloads PyTorch',
    onRequest: true,
    run: async (args) => (await import('./comfyui-node-tests.ts')).main(args),
  },
};

/** Runs the named job, or all but those on request. */
export async function main([name, ...args]: string[]): Promise<number> {
  printLine('npm run test:full -- [JOB] adds to npm test:');
  for (const [job, { adds, onRequest }] of Object.entries(JOBS)) {
    printLine(`  ${job.padEnd(12)} ${adds}${onRequest ? ' (only when named)' : ''}`);
  }
  const known = Object.keys(JOBS);
  if (name !== undefined && !known.includes(name)) {
    printError(`'${name}' is no job: ${known.join(', ')}.`);
    return 2;
  }
  const wanted = name === undefined ? known.filter((job) => !JOBS[job]?.onRequest) : [name];
  const failed: string[] = [];
  for (const job of wanted) {
    printLine(`== ${job}`);
    if ((await JOBS[job]?.run(args)) !== 0) failed.push(job);
  }
  printLine(failed.length === 0 ? `${wanted.join(', ')}: ok` : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}
