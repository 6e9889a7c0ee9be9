/** One instance of `lanes.ts`: its photos, by the step that they are at, and its busy seconds as `worker/telemetry/busy-time.ts` counts them. */
import type { Lane } from '../../contract/lanes.ts';
import { QueueShare } from '../../worker/photo/queue-share.ts';
import type { WorkerModel } from '../worker-model.ts';

export class LaneWorker {
  /** Number of the latest receive of all instances; -1 before the first. */
  lastReceive = -1;
  /** Whether it receives messages: until it drains or stops. */
  receives = true;
  /** Of `room.ts`: place in its heap, -1 outside, and messages in flight when it was put there. */
  place = -1;
  rank = 0;
  /** Messages in flight. */
  inFlight = 0;
  /** Of these, of the bulk lane. */
  bulkInFlight = 0;
  private readonly processShare = new QueueShare();
  private readonly gpuShare = new QueueShare();
  private received: number[] = [];
  private preparing: number[] = [];
  private ready: number[] = [];
  private prompt: number[] = [];
  private toFinish: number[] = [];
  private readonly finishing: number[] = [];
  private freeProcesses: number;
  private at = 0;
  private gpuSeconds = 0;
  /** Of all image processes, over their number. */
  private processSeconds = 0;
  private taken = 0;

  /** @param order of readiness among all instances */
  constructor(
    readonly id: number,
    private readonly model: WorkerModel,
    readonly order: number,
    private readonly isBulk: (message: number) => boolean = () => false,
  ) {
    this.freeProcesses = model.processes;
  }

  /** For an interactive message: those of bulk take no place of its. */
  get hasRoom(): boolean {
    const { model, inFlight, bulkInFlight } = this;
    return this.prefetched('interactive') < model.prefetched && inFlight - bulkInFlight < model.inFlight;
  }

  /** As `worker/photo/queue-intake.ts`: one prefetched beside interactive photos. */
  get hasBulkRoom(): boolean {
    const { model, inFlight, bulkInFlight } = this;
    const most = inFlight > bulkInFlight ? 1 : model.prefetched;
    const isFull = bulkInFlight > 0 && inFlight >= model.inFlight;
    return this.receives && !isFull && this.prefetched('bulk') < most;
  }

  /** Messages of a lane that have not been on the GPU. */
  private prefetched(lane: Lane): number {
    const { received, preparing, ready } = this;
    const all = received.length + preparing.length + ready.length;
    if (this.bulkInFlight === 0) return lane === 'bulk' ? 0 : all;
    const ofBulk = [received, preparing, ready].reduce(
      (sum, some) => sum + some.filter(this.isBulk).length,
      0,
    );
    return lane === 'bulk' ? ofBulk : all - ofBulk;
  }

  /** Takes some of a list: interactive ones first, and a tenth of bulk while it has both. @param most of one lane */
  private take(from: number[], most: number, share: QueueShare): number[] {
    if (this.bulkInFlight === 0) return from.splice(0, most);
    const ofBulk = from.filter(this.isBulk);
    const others = from.filter((message) => !this.isBulk(message));
    const lane =
      others.length === 0 || (ofBulk.length > 0 && share.isTurnOf('bulk')) ? 'bulk' : 'interactive';
    // Interactive photos that wait should not wait for a whole batch.
    const taken =
      lane === 'interactive' ? others.slice(0, most) : ofBulk.slice(0, others.length > 0 ? 1 : most);
    for (const message of taken) from.splice(from.indexOf(message), 1);
    share.started(lane, taken.length, (queue) => queue === 'bulk' && ofBulk.length > 0);
    return taken;
  }

  /** Counts the seconds until now; to be called before anything changes. */
  advance(at: number): void {
    const seconds = at - this.at;
    this.at = at;
    if (this.prompt.length > 0) this.gpuSeconds += seconds;
    this.processSeconds += seconds * (1 - this.freeProcesses / this.model.processes);
  }

  /** Busy seconds since the last call: of the lane that has been busy longer. */
  takeBusy(): number {
    const before = this.taken;
    this.taken = Math.max(this.gpuSeconds, this.processSeconds);
    return this.taken - before;
  }

  receive(message: number, receive: number): void {
    this.lastReceive = receive;
    this.inFlight++;
    if (this.isBulk(message)) this.bulkInFlight++;
    this.received.push(message);
  }

  /** @returns how many photos the GPU takes: what is ready, up to a batch; 0 while it is busy */
  takePrompt(): number {
    if (this.prompt.length > 0 || this.ready.length === 0) return 0;
    this.prompt = this.take(this.ready, this.model.batch, this.gpuShare);
    return this.prompt.length;
  }

  /** The photo that a free image process takes. */
  takePhoto(): { message: number; step: 'prepare' | 'finish' } | undefined {
    if (this.freeProcesses === 0) return undefined;
    const step = this.toFinish.length > 0 ? 'finish' : 'prepare';
    const [message] =
      step === 'finish' ? this.toFinish.splice(0, 1) : this.take(this.received, 1, this.processShare);
    if (message === undefined) return undefined;
    this.freeProcesses--;
    (step === 'finish' ? this.finishing : this.preparing).push(message);
    return { message, step };
  }

  prepared(message: number): void {
    this.freeProcesses++;
    // Of an instance that drains it is in the queue again.
    if (removed(this.preparing, message)) this.ready.push(message);
  }

  /** The photos of a prompt have their colours. */
  coloured(): void {
    this.toFinish.push(...this.prompt);
    this.prompt = [];
  }

  finished(message: number): void {
    this.freeProcesses++;
    this.inFlight--;
    if (this.isBulk(message)) this.bulkInFlight--;
    removed(this.finishing, message);
  }

  /** @returns the messages that are returned to the queue: none of them has been on the GPU */
  drain(): number[] {
    const returned = [...this.ready, ...this.preparing, ...this.received];
    [this.ready, this.preparing, this.received] = [[], [], []];
    this.inFlight -= returned.length;
    this.bulkInFlight -= returned.filter(this.isBulk).length;
    return returned;
  }

  held(): number[] {
    const { received, preparing, ready, prompt, toFinish, finishing } = this;
    return [...finishing, ...toFinish, ...prompt, ...ready, ...preparing, ...received];
  }
}

function removed(messages: number[], message: number): boolean {
  const at = messages.indexOf(message);
  if (at >= 0) messages.splice(at, 1);
  return at >= 0;
}
