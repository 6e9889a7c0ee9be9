/** `npm run comfyui -- setup | start | stop | status`: a real ComfyUI with DDColor on this machine. */
import { parseArgs } from 'node:util';
import { command } from '../../common/command.ts';
import { wholeNumber } from '../../common/options.ts';
import { UserError } from '../../common/errors.ts';
import { COMFYUI_PORT, running, startComfyui, stopComfyui } from './service.ts';
import { prefix, setup } from './setup.ts';

export const HELP = `npm run comfyui -- setup | start | stop | status
  setup   makes a ComfyUI with DDColor in .local/comfyui, by the steps that make an image; can be repeated
    --comfyui DIR         a checkout of ComfyUI on this machine, in place of the net
    --ddcolor DIR         a checkout of piddnad/DDColor on this machine, in place of the net
    --weights FILE        DDColor's weights on this machine, in place of the net
    --random-weights N    weights from a seed, whose colours mean nothing, in place of DDColor's
  start   starts it, on the GPU where there is one
    --port P              default ${COMFYUI_PORT}
    --cpu                 on the CPU in any case
  stop    stops it
  status  says whether it runs
'npm start -- --comfyui local' colours with it.`;

export async function main(args: string[]): Promise<number> {
  return command('npm run comfyui', async ({ abort, progress }) => {
    const { what, values } = parse(args);
    const say = (line: string) => progress.print(line);
    if (what === undefined || values.help) {
      say(HELP);
      return what === undefined && !values.help ? 1 : 0;
    }
    if (what === 'setup') {
      if (values.weights !== undefined && values['random-weights'] !== undefined)
        throw new UserError('--weights and --random-weights exclude each other.');
      const seed = values['random-weights'];
      if (seed !== undefined) wholeNumber('--random-weights', seed, 0, 2 ** 31);
      const { comfyui, ddcolor, weights } = values;
      await setup({ comfyui, ddcolor, weights, randomWeights: seed }, abort, say);
      say(`ComfyUI is set up in ${prefix()}; 'npm run comfyui -- start' starts it.`);
    } else if (what === 'start') {
      const port = wholeNumber('--port', values.port ?? String(COMFYUI_PORT), 1, 65_535);
      const { url, device, pid } = await startComfyui({ port, cpu: values.cpu ?? false }, abort);
      say(`ComfyUI runs at ${url}, on ${device}, as process ${pid}.`);
    } else if (what === 'stop') {
      say((await stopComfyui()) ? 'ComfyUI has stopped.' : 'No ComfyUI runs.');
    } else if (what === 'status') {
      const found = running();
      say(found ? `ComfyUI runs at ${found.url}, on ${found.device}.` : 'No ComfyUI runs.');
      return found ? 0 : 1;
    } else {
      throw new UserError(`unknown command '${what}': setup, start, stop or status.`);
    }
    return 0;
  });
}

function parse(args: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        comfyui: { type: 'string' },
        ddcolor: { type: 'string' },
        weights: { type: 'string' },
        'random-weights': { type: 'string' },
        port: { type: 'string' },
        cpu: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (positionals.length > 1) throw new Error(`Unexpected argument '${positionals[1]}'`);
    return { what: positionals[0], values };
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new UserError(`${reason} (npm run comfyui -- --help lists the options).`, { cause: error });
  }
}
