/** `npm run bench -- [NAME]`: measures one part; without a name the simulator, the scaler and the worker. */

type Bench = (args: string[]) => Promise<number>;

const BENCHES: Record<string, () => Promise<{ main: Bench }>> = {
  sim: () => import('./simulator.ts'),
  scaler: () => import('./scaler.ts'),
  worker: () => import('./worker.ts'),
  paths: () => import('./paths.ts'),
  gateway: () => import('./gateway.ts'),
  edge: () => import('./edge.ts'),
};
const DEFAULT = ['sim', 'scaler', 'worker'];

export async function main([name, ...args]: string[]): Promise<number> {
  for (const one of name === undefined ? DEFAULT : [name]) {
    const load = BENCHES[one];
    if (!load) {
      console.error(`'${one}' is not one of ${Object.keys(BENCHES).join(', ')}.`);
      return 2;
    }
    const code = await (await load()).main(args);
    if (code !== 0) return code;
  }
  return 0;
}
