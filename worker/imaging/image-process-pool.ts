/**
 * The image processes of a worker: which gets which request, how long it may take, and when a process is replaced. They are
 * started when they are needed, and each executes one request at a time. A small one is sent while a small one is executed, so that no
 * process waits for this thread between the two.
 *
 * Finishing a photo frees its memory and its message, so `finish` goes first; a head is read before any pixels.
 */
import { deserializeFault, InstanceFault } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { ConnectImageProcess, Ended } from './image-connection.ts';
import type { ImageSettings } from './image-processor.ts';
import { parseReply, replyLimits, type Exceeded, type RequestOf } from './image-protocol.ts';
import type { Frame } from './frames.ts';
import {
  PooledProcess,
  type Answer,
  type ImageProcess,
  type Job,
  type Needs,
  type Task,
} from './pooled-process.ts';

/** The image process that executed a request died before it replied. */
export class ProcessDied extends Error {
  override readonly name = 'ProcessDied';

  /**
   * @param during what it died: of `another` request, of this one (`request`), before it had started (`start`), or killed from
   * outside (`kill`), by the operator or for memory that others used
   * @param exceeded the limit for which it ended itself
   */
  constructor(
    readonly during: 'another' | 'request' | 'start' | 'kill',
    readonly exceeded?: Exceeded,
    options?: ErrorOptions,
  ) {
    super(exceeded ? `it exceeded its limit of ${exceeded}` : `an image process died (${during})`, options);
  }
}

const ORDER: Record<Task, number> = { finish: 0, advance: 0, discard: 0, inspect: 1, colours: 2, prepare: 2 };

/** So that what a photo may have changed in a process does not last, fragmented memory included. */
const MAX_EXECUTED = 2000;
const MAX_MEGABYTES = 1000;
/** On an instance systemd ends it after some hours, for the worker cannot: it closes the connection. */
const MAX_AGE_SECONDS = 1800;
/** Characters of an error that quotes a reply. */
const MAX_REASON = 300;
/** Beyond a process's own limit of time, for its start on a busy machine. */
const GRACE_SECONDS = 60;

export class ImageProcessPool {
  private readonly processes = new Set<PooledProcess>();
  private queue: Job[] = [];
  private closed = false;

  constructor(
    private readonly settings: ImageSettings,
    private readonly count: number,
    private readonly connect: ConnectImageProcess,
    private readonly log: Log,
    /** Called with a process whose photos are lost. */
    private readonly died: (process: ImageProcess) => void,
  ) {}

  /**
   * @returns the reply, whose values are within their bounds
   * @throws ProcessDied; the fault that the process reports; the reason of the signal
   */
  run<A extends Task>(
    request: RequestOf<A>,
    body: Buffer | undefined,
    where: Needs = {},
  ): Promise<Answer<A>> {
    const { signal } = where;
    let onAbort: () => void = () => undefined;
    return new Promise<Answer<Task>>((resolve, reject) => {
      const job: Job = { request: request, body, where, resolve, reject };
      if (signal?.aborted) return this.abandon(job, signal.reason as Error);
      onAbort = () => this.abandon(job, signal?.reason as Error);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (where.process && !this.processes.has(where.process as PooledProcess))
        return reject(new ProcessDied('another'));
      const later = this.queue.findIndex((other) => ORDER[other.request.do] > ORDER[job.request.do]);
      this.queue.splice(later < 0 ? this.queue.length : later, 0, job);
      this.dispatch();
    }).finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** Ends the process that has a request for which its photo has no time left; one that has not got it yet frees the photo. */
  private abandon(job: Job, reason: Error): void {
    this.queue = this.queue.filter((one) => one !== job);
    const process = [...this.processes].find(({ sent }) => sent.includes(job));
    job.reject(reason);
    if (process) return this.kill(process, reason.message);
    const { request, where } = job;
    if (where.process && 'id' in request)
      void this.run({ do: 'discard', id: request.id }, undefined, { process: where.process }).catch(
        () => undefined,
      );
  }

  /** Ends a process whose answers are not true; its photos are lost. */
  distrust(process: ImageProcess, reason: string): void {
    this.kill(process as PooledProcess, reason);
  }

  close(): void {
    this.closed = true;
    for (const process of this.processes) this.kill(process, 'the worker stops');
  }

  /** Gives each request to a process that is free for it, and starts those that are missing. */
  private dispatch(): void {
    if (this.closed) return;
    for (const job of [...this.queue]) {
      const process = this.processFor(job);
      if (!process) continue;
      this.queue.splice(this.queue.indexOf(job), 1);
      this.send(process, job);
    }
    for (const process of this.processes) {
      const isDone = process.isRetiring && process.photos.size === 0 && process.isIdle;
      if (isDone) this.kill(process, 'it is replaced');
    }
  }

  private processFor(job: Job): PooledProcess | undefined {
    const { process, fresh } = job.where;
    if (process) {
      const holder = process as PooledProcess;
      return holder.isIdle || holder.takesNext(job) ? holder : undefined;
    }
    const active = [...this.processes].filter(({ isRetiring }) => !isRetiring);
    const idle = active.find(({ isIdle, executed }) => isIdle && (!fresh || executed === 0));
    if (idle) return idle;
    // A fresh one may be one more for a moment: the others may all hold photos that wait for ComfyUI.
    if (fresh || active.length < this.count) return this.start();
    return active.find((one) => one.takesNext(job));
  }

  private start(): PooledProcess {
    const process = new PooledProcess();
    this.processes.add(process);
    process.connection = this.connect({
      received: (frame) => this.received(process, frame),
      ended: (ended) => this.ended(process, ended),
    });
    const { maxMegapixels, path, workflow, otherWorkflows } = this.settings;
    process.connection.send({ do: 'start', settings: { maxMegapixels, path, workflow, otherWorkflows } });
    process.retirement = setTimeout(() => {
      process.isRetiring = true;
      this.dispatch();
    }, MAX_AGE_SECONDS * 1000).unref();
    return process;
  }

  private send(process: PooledProcess, job: Job): void {
    const { request, body } = job;
    process.sent.push(job);
    process.executed++;
    if (request.do === 'prepare') process.photos.add(request.id);
    if (process.sent.length === 1) this.watch(process, job);
    process.connection?.send(request, body, this.limitsOf(job).bytes);
  }

  /** Of the request that a process executes from now on. */
  private watch(process: PooledProcess, job: Job): void {
    const seconds = Math.ceil(this.limitsOf(job).seconds) + GRACE_SECONDS;
    process.deadline = setTimeout(() => this.kill(process, `no reply within ${seconds} s`), seconds * 1000);
  }

  private limitsOf({ request, where }: Job) {
    return replyLimits(request.do, this.settings, where.megapixels);
  }

  private received(process: PooledProcess, { header, body }: Frame): void {
    const [current, next] = process.sent;
    if (process.killedFor !== undefined || process.exceeded || !this.processes.has(process)) return;
    if (!current) return this.kill(process, 'a reply to no request');
    const { request, resolve, reject } = current;
    let reply;
    try {
      reply = parseReply(process.isStarted ? request.do : 'start', header);
    } catch (error) {
      return this.kill(process, `a reply that is none: ${describeError(error).slice(0, MAX_REASON)}`);
    }
    if (!process.isStarted && 'value' in reply) {
      process.isStarted = true;
      return;
    }
    if ('exceeded' in reply) {
      process.exceeded = reply.exceeded;
      return process.connection?.kill();
    }
    clearTimeout(process.deadline);
    process.sent.shift();
    if (next) this.watch(process, next);
    const isHolding = request.do === 'prepare' || request.do === 'advance';
    const isHeld = isHolding && 'value' in reply && !('needs' in reply.value);
    if ('id' in request && !isHeld) process.photos.delete(request.id);
    process.isRetiring ||= process.executed >= MAX_EXECUTED || reply.megabytes > MAX_MEGABYTES;
    if ('value' in reply) resolve({ value: reply.value, body, process });
    else {
      const fault = faultOf(request.do, reply.fault);
      // What it says of the picture that ComfyUI saved is believed, but not twice of the same process.
      process.isRetiring ||= fault instanceof InstanceFault;
      reject(fault);
    }
    this.dispatch();
  }

  private kill(process: PooledProcess, reason: string): void {
    process.killedFor ??= reason;
    process.isRetiring = true;
    process.connection?.kill();
  }

  private ended(process: PooledProcess, { signal, code, error }: Ended): void {
    if (!this.processes.delete(process)) return;
    clearTimeout(process.deadline);
    clearTimeout(process.retirement);
    const { exceeded, killedFor, photos, executed } = process;
    const [current, next] = process.sent;
    this.died(process);
    if (this.closed) return;
    const isReplaced = killedFor !== undefined && !current && photos.size === 0;
    if (!isReplaced) {
      const reason = { exceeded, killedFor, signal, code, error: error && describeError(error) };
      this.log('warn', 'image-process-died', {
        ...reason,
        request: current?.request.do,
        executed,
        photos: photos.size,
      });
    }
    const isKilled = signal === 'SIGKILL' && killedFor === undefined && error === undefined && !exceeded;
    const during = !process.isStarted ? 'start' : isKilled ? 'kill' : 'request';
    const cause = error ?? killedFor;
    current?.reject(new ProcessDied(during, exceeded, cause === undefined ? undefined : { cause }));
    const lost = this.queue.filter(({ where }) => where.process === process);
    this.queue = this.queue.filter((job) => !lost.includes(job));
    for (const { reject } of next ? [next, ...lost] : lost) reject(new ProcessDied('another'));
    this.dispatch();
  }
}

/** Permanent faults are of a photo, found before ComfyUI; instance faults of ComfyUI's picture. */
function faultOf(asked: Task, fault: Parameters<typeof deserializeFault>[0]): Error {
  const isAfter = asked === 'finish' || asked === 'advance';
  const isBelieved = fault.kind !== (isAfter ? 'permanent' : 'instance');
  return deserializeFault(isBelieved ? fault : { ...fault, kind: 'other' });
}
