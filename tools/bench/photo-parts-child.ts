/**
 * A process that takes a photo through the image processor without isolation and says which part took how much: the codec's threads by
 * what they were called for, this thread by a profile.
 */
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { LocalImageProcessor, type ImageSettings } from '../../worker/imaging/image-processor.ts';
import {
  noParts,
  PARTS,
  sharesOf,
  type Part,
  type Parts,
  type Profile,
  type ProfileNode,
} from './photo-parts.ts';
import { ownCpuSeconds } from './process-usage.ts';
import { answerTasks } from './task-process.ts';

export interface PartsTask {
  settings: ImageSettings;
  photo: string;
  saved: string;
  warmUps: number;
  rounds: number;
  times: number;
}

/** CPU seconds of this thread so far: proc(5), schedstat, nanoseconds. */
function threadCpuSeconds(): number {
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e9;
}

const SAMPLE_MICROSECONDS = 500;

let parts = noParts();
let isFinishing = false;

/** What the codec makes, by the format it was asked for. */
function codecPart({ formatOut }: Image['options']): Part {
  if (isFinishing) return formatOut === 'raw' ? 'saved' : 'encode';
  return formatOut === 'raw' ? 'decode' : 'upload';
}

/** Of a sharp image, which its types do not have. */
interface Image {
  options: { formatOut: string };
  toBuffer: (this: Image, ...args: unknown[]) => Promise<unknown>;
}

function measureCodec(): void {
  const { prototype } = sharp as unknown as { prototype: Image };
  const { toBuffer } = prototype;
  prototype.toBuffer = async function (...args) {
    // Of the whole process: this thread only waits meanwhile, and its own time is known to a tick of the scheduler alone.
    const before = ownCpuSeconds();
    try {
      return await toBuffer.apply(this, args);
    } finally {
      parts[codecPart(this.options)] += ownCpuSeconds() - before;
    }
  };
}

const file = fileURLToPath(import.meta.url);
const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
/** Path of the source of a function of this bundle. */
function sourceOf({ url, lineNumber, columnNumber }: ProfileNode['callFrame']): string {
  if (!url.endsWith(file)) return '';
  const entry = map.findEntry(lineNumber, columnNumber);
  return 'originalSource' in entry ? entry.originalSource : '';
}

/** CPU seconds of a round: of the process, of this thread, and of the codec by part. */
interface Round {
  total: number;
  thread: number;
  codec: Parts;
}

async function partsOf({ settings, photo, saved, warmUps, rounds: count, times }: PartsTask): Promise<Parts> {
  const images = new LocalImageProcessor(settings);
  const picture = readFileSync(saved);
  const take = async (id: string) => {
    isFinishing = false;
    const body = readFileSync(photo);
    await images.prepare(id, body);
    isFinishing = true;
    await images.finish(id, picture, 'bench');
  };
  const takeAll = async (photos: number) => {
    for (let k = 0; k < photos; k++) await take(String(k));
  };
  await takeAll(warmUps);
  measureCodec();
  const rounds: Round[] = [];
  for (let round = 0; round < count; round++) {
    parts = noParts();
    const [all, thread] = [ownCpuSeconds(), threadCpuSeconds()];
    await takeAll(times);
    rounds.push({ total: ownCpuSeconds() - all, thread: threadCpuSeconds() - thread, codec: parts });
  }
  const { total, thread, codec } = rounds.reduce((least, one) => (one.total < least.total ? one : least));
  // Once more: the profiler takes processor time in a thread of its own.
  const shares = sharesOf(await profileOf(() => takeAll(times)), sourceOf);
  const inCodec = PARTS.reduce((sum, part) => sum + codec[part], 0);
  codec.other = Math.max(0, total - thread - inCodec);
  return Object.fromEntries(
    PARTS.map((part) => [part, (codec[part] + thread * shares[part]) / times]),
  ) as Parts;
}

async function profileOf(work: () => Promise<void>): Promise<Profile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_MICROSECONDS });
    await session.post('Profiler.start');
    await work();
    return (await session.post('Profiler.stop')).profile;
  } finally {
    session.disconnect();
  }
}

answerTasks(partsOf);
