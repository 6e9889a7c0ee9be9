/** The local stack with the stage `local`, whose gateway a benchmark measures. */
import { ensureVenv } from '../../local/aws/venv.ts';
import { startStack, type LocalStack, type StackOptions } from '../../local/run/stack.ts';

type Options = Pick<StackOptions, 'abort' | 'scope' | 'say'> &
  Partial<Pick<StackOptions, 'onWorkerLine' | 'onProcess'>>;

/**
 * Starts it with stand-ins for ComfyUI.
 *
 * @param standInSeconds per inference
 */
export async function startLocalStage(
  standInSeconds: number,
  options: Options,
): Promise<LocalStack & { apiUrl: string }> {
  const stack = await startStack({
    stage: 'local',
    comfyui: undefined,
    python: await ensureVenv(options.abort, options.say),
    standInSeconds,
    onWorkerLine: () => undefined,
    ...options,
  });
  const { apiUrl } = stack;
  if (apiUrl === undefined) throw new Error('the stage has no gateway');
  return { ...stack, apiUrl };
}
