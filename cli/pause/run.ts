/** `ddcolor-elastic pause` and `resume`. */
import { EXIT } from '../../common/errors.ts';
import { operate, printJson, printLines } from '../shared/interruptible.ts';
import { output, outputsOf, deploymentOf } from '../shared/deployment.ts';
import { scalerMemoryOf } from '../shared/scaler-memory.ts';
import { parsePause } from './options.ts';
import { changedJson, changedLines } from './text.ts';

export async function run(command: 'pause' | 'resume', help: string, args: string[]): Promise<number> {
  const options = parsePause(command, args);
  if (options === 'help') {
    console.log(help);
    return EXIT.done;
  }
  const { target, json, names, seconds } = options;
  return operate(async (signal) => {
    const place = await deploymentOf(target);
    const table = output(await outputsOf(place, signal), 'TableName', place);
    const [{ change }, { documentsOf }] = await Promise.all([
      import('./change.ts'),
      import('../shared/table.ts'),
    ]);
    const documents = documentsOf(place.config);
    const ends = seconds === undefined ? null : Math.round(Date.now() / 1000 + seconds);
    const until = command === 'pause' ? ends : undefined;
    const memory = scalerMemoryOf(await change(documents, table, { names, until }, signal));
    const now = Date.now() / 1000;
    if (json) printJson(changedJson(command, place, memory, now));
    else printLines(changedLines(place, memory, now));
    return memory.controls ? EXIT.done : EXIT.failed;
  });
}
