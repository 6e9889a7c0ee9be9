/**
 * Executes prompts one after another, as ComfyUI's prompt thread does.
 *
 * As in ComfyUI:
 * - A node without inputs that no output needs passes validation and then ends the thread: HTTP stays healthy and no
 *   prompt runs any more.
 * - Interrupts take effect between nodes.
 * - Outputs are cached for the next prompt: unchanged nodes do not run again, and their old file names are reported.
 */
import { randomUUID } from 'node:crypto';
import { RUN, type NodeState, type NodeOutput, type NodeContext } from './classes.ts';
import { PromptVanished } from './chroma-nodes.ts';
import { isLink, PythonError, type Graph } from './graph.ts';
import type { HistoryEntry, Message, PromptQueue, QueueItem } from './queue.ts';
import { order, signatures } from './signature.ts';

/** Addresses an event to every client. */
export const ALL = Symbol('all');
/** Sends an event to one client, to all, or to none when `to` is undefined. */
export type Send = (
  event: string,
  data: Record<string, unknown>,
  to: string | typeof ALL | undefined,
) => void;

class Interrupted extends Error {}

export class Executor {
  /** Interrupts the running prompt; has no effect between prompts. */
  interrupted = false;
  private readonly outputs = new Map<string, NodeOutput>();
  private readonly objects = new Map<string, NodeState>();
  private reset = false;

  constructor(
    private readonly queue: PromptQueue,
    private readonly world: NodeContext,
    private readonly send: Send,
    private readonly now: () => number = Date.now,
  ) {}

  /** Never returns; rejects when the thread dies. */
  async run(): Promise<never> {
    for (;;) {
      const item = await this.queue.take();
      this.world.meter?.promptStarted();
      const entry = await this.execute(item).catch((error: unknown) => {
        if (error instanceof PromptVanished) return undefined;
        throw error;
      });
      await this.world.meter?.promptFinished();
      this.queue.done(item, entry);
      const client = clientOf(item);
      if (client !== undefined) this.send('executing', { node: null, prompt_id: item[1] }, client);
      if (this.reset) this.drop();
    }
  }

  /** Drops cached outputs and node state, after the running prompt. */
  free(): void {
    this.reset = true;
    if (this.queue.running.length === 0) this.drop();
  }

  private drop(): void {
    this.reset = false;
    this.outputs.clear();
    this.objects.clear();
  }

  private async execute(item: QueueItem): Promise<HistoryEntry> {
    const [, promptId, prompt, , targets] = item;
    const client = clientOf(item);
    const messages: Message[] = [];
    const report = (
      kind: string,
      fields: Record<string, unknown>,
      to: string | typeof ALL | undefined = client,
    ) => {
      const message = { prompt_id: promptId, ...fields, timestamp: this.now() };
      messages.push([kind, message]);
      this.send(kind, message, to);
    };
    this.interrupted = false;
    report('execution_start', {});
    // Not caught, as in ComfyUI: an error here ends the thread.
    const signs = signatures(prompt, (id) => this.changed(prompt, id));
    this.prune(prompt, signs);
    const cachedBefore = new Set(Object.keys(prompt).filter((id) => this.outputs.has(signs.get(id) ?? '')));
    report('execution_cached', { nodes: [...cachedBefore] });

    const executed: string[] = [];
    const progress: Record<string, object> = {};
    const show = (node: string, state: 'running' | 'finished') => {
      progress[node] = {
        value: state === 'finished' ? 1 : 0,
        max: 1,
        state,
        node_id: node,
        prompt_id: promptId,
        display_node_id: node,
        parent_node_id: null,
        real_node_id: node,
      };
      this.send('progress_state', { prompt_id: promptId, nodes: { ...progress } }, client);
    };
    const reportExecuted = (node: string, output: NodeOutput) => {
      if (!output.ui && !cachedBefore.has(node)) return;
      const data = { node, display_node: node, output: output.ui ?? null, prompt_id: promptId };
      this.send('executed', data, client);
    };

    let ok = true;
    for (const node of needed(prompt, targets, cachedBefore)) {
      const known = this.outputs.get(signs.get(node) ?? '');
      if (known) {
        reportExecuted(node, known);
        show(node, 'finished');
        continue;
      }
      show(node, 'running');
      this.send('executing', { node, display_node: node, prompt_id: promptId }, client);
      const inputs = this.inputsOf(prompt, node, signs);
      try {
        if (this.interrupted) throw new Interrupted();
        const output = await this.runNode(prompt, node, inputs);
        this.outputs.set(signs.get(node) ?? '', output);
        executed.unshift(node);
        reportExecuted(node, output);
        show(node, 'finished');
      } catch (error) {
        if (error instanceof PromptVanished) throw error;
        ok = false;
        const where = { node_id: node, node_type: prompt[node]?.class_type, executed };
        if (error instanceof Interrupted) report('execution_interrupted', where, ALL);
        else {
          const outputs = Object.keys(prompt);
          report('execution_error', { ...where, ...describe(error, inputs), current_outputs: outputs });
        }
        break;
      }
    }
    if (ok) report('execution_success', {});
    return { prompt: item, ...this.historyOutputs(prompt, signs), status: statusOf(ok, messages) };
  }

  private changed(prompt: Graph, id: string): string {
    const node = prompt[id];
    const image = node?.inputs?.image;
    if (!['LoadImage', 'LoadGrey'].includes(node?.class_type ?? '') || typeof image !== 'string') return '';
    try {
      return this.world.files.digest(image);
    } catch {
      return `unreadable ${randomUUID()}`;
    }
  }

  /** Drops cached outputs and state of nodes that this prompt does not have, as ComfyUI does at each start. */
  private prune(prompt: Graph, signs: Map<string, string>): void {
    const keep = new Set(signs.values());
    for (const sign of [...this.outputs.keys()]) if (!keep.has(sign)) this.outputs.delete(sign);
    const objects = new Set(Object.entries(prompt).map(([id, node]) => `${id} ${node.class_type}`));
    for (const key of [...this.objects.keys()]) if (!objects.has(key)) this.objects.delete(key);
  }

  private inputsOf(prompt: Graph, node: string, signs: Map<string, string>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(prompt[node]?.inputs ?? {}).map(([name, value]) => [
        name,
        isLink(value) ? this.linkedOutput(signs.get(value[0]) ?? '', value[1]) : value,
      ]),
    );
  }

  /** Resolves a link to an output of another node. */
  private linkedOutput(sign: string, output: number): NodeOutput | undefined {
    const made = this.outputs.get(sign);
    return output === 1 && made?.second ? { picture: made.second } : made;
  }

  private async runNode(prompt: Graph, id: string, inputs: Record<string, unknown>): Promise<NodeOutput> {
    const name = prompt[id]?.class_type ?? '';
    const key = `${id} ${name}`;
    const object = this.objects.get(key) ?? {};
    this.objects.set(key, object);
    const runClass = RUN[name];
    if (!runClass) throw new PythonError('KeyError', `'${name}'`);
    return runClass(inputs, object, this.world);
  }

  private historyOutputs(prompt: Graph, signs: Map<string, string>): Pick<HistoryEntry, 'outputs' | 'meta'> {
    const entry: Pick<HistoryEntry, 'outputs' | 'meta'> = { outputs: {}, meta: {} };
    for (const id of Object.keys(prompt)) {
      const ui = this.outputs.get(signs.get(id) ?? '')?.ui;
      if (!ui) continue;
      entry.outputs[id] = ui;
      entry.meta[id] = { node_id: id, display_node: id, parent_node: null, real_node_id: id };
    }
    return entry;
  }
}

/** @returns the output nodes, and the nodes they need that have no cached output */
const needed = (prompt: Graph, targets: string[], cached: Set<string>): string[] => {
  const open = Object.fromEntries(
    Object.entries(prompt).map(([id, node]) => [id, cached.has(id) ? { ...node, inputs: {} } : node]),
  );
  return order(open, targets).filter((id) => targets.includes(id) || !cached.has(id));
};

function clientOf([, , , extra]: QueueItem): string | undefined {
  return typeof extra.client_id === 'string' ? extra.client_id : undefined;
}

function describe(error: unknown, inputs: Record<string, unknown>): Record<string, unknown> {
  const type = error instanceof PythonError ? error.type : 'RuntimeError';
  const text = (value: unknown) =>
    typeof value === 'object' ? 'tensor([...])' : `${value as string | number}`;
  return {
    exception_message: error instanceof Error ? error.message : String(error),
    exception_type: type,
    traceback: ['  File "execution.py", in execute\n'],
    current_inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, [text(value)]])),
  };
}

const statusOf = (ok: boolean, messages: Message[]): HistoryEntry['status'] => ({
  status_str: ok ? 'success' : 'error',
  completed: ok,
  messages,
});
