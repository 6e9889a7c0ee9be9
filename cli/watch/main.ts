/** `ddcolor-elastic watch`: a status again and again. */
import { systemClock } from '../../client/time.ts';
import { Interrupted } from '../colour/outcome.ts';
import { EXIT } from '../../common/errors.ts';
import { operate } from '../shared/interruptible.ts';
import { COMMON_HELP, parseCommand, wholeNumber } from '../shared/target.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { readParts } from '../status/parts.ts';
import { portsOf } from '../status/main.ts';
import { statusJson } from '../status/json.ts';
import { statusLines } from '../status/text.ts';
import { plainLine } from './line.ts';

const EVERY = { default: 5, least: 1, most: 3600 };

export const HELP = `ddcolor-elastic watch [options]
  The status of a stage again and again: redrawn on a terminal, elsewhere a line for each change, until Ctrl-C.

  --every SECONDS  between two looks, ${EVERY.least} to ${EVERY.most} (default ${EVERY.default})
${COMMON_HELP.replace('one JSON object, and nothing else', 'one JSON object for each look, on a line of its own')}

Ends with 0 at Ctrl-C, 1 when there is no such stage, 2 when the command line is wrong, 130 when it is told to end
otherwise.
IAM: as status.`;

/** Home, and clear what is below. */
const REDRAW = '\x1b[H\x1b[J';

export async function main(args: string[]): Promise<number> {
  const parsed = parseCommand({ command: 'watch', options: { every: { type: 'string' } } }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json, values } = parsed;
  const { every = String(EVERY.default) } = values;
  const seconds = wholeNumber('watch', '--every', every, EVERY.least, EVERY.most);
  let byHand = false;
  process.once('SIGINT', () => (byHand = true));
  return operate(async (signal) => {
    const place = await deploymentOf(target);
    const ports = await portsOf(place, signal);
    let last = '';
    try {
      for (;;) {
        const parts = await readParts(ports);
        const now = systemClock.now() / 1000;
        if (json) {
          console.log(JSON.stringify(statusJson(parts, place, now)));
        } else if (process.stdout.isTTY) {
          const lines = statusLines(parts, place, now);
          const footer = `Every ${seconds} s; Ctrl-C ends it.`;
          process.stdout.write(
            `${last === '' ? '\x1b[2J' : ''}${REDRAW}${[...lines, '', footer].join('\n')}\n`,
          );
          last = footer;
        } else {
          const { time, text } = plainLine(parts, now);
          if (text !== last) console.log(`${time}  ${text}`);
          last = text;
        }
        await systemClock.sleep(seconds * 1000, signal);
      }
    } catch (error) {
      // The only way for it to end well.
      if (error instanceof Interrupted && byHand) return EXIT.done;
      throw error;
    }
  });
}
