/** What a running worker needs from its surroundings: AWS, ComfyUI, image processes, clocks. */
import type { WorkerSettings } from '../contract/worker.ts';
import type { Canary } from './comfyui/canary.ts';
import type { ComfyuiClient } from './comfyui/client.ts';
import type { ImageProcessor } from './imaging/image-processor.ts';
import type { Notices } from './instance/notices.ts';
import type { AttemptStore } from './photo/attempts.ts';
import type { Bucket } from './photo/bucket.ts';
import type { JobQueue } from './photo/queue.ts';
import type { Log } from './telemetry/log.ts';
import type { PhotoMetricsBatch } from './telemetry/photo-metrics.ts';
import type { Done } from './telemetry/work-report.ts';

export interface WorkerPorts {
  settings: WorkerSettings;
  notices: Notices;
  client: ComfyuiClient;
  queue: JobQueue;
  bucket: Bucket;
  attemptStore: AttemptStore;
  instanceId: string;
  images: ImageProcessor;
  /** Photos that the processors can have `images` work on at a time. */
  processes: number;
  /** Megapixels that may be in memory at a time. */
  megapixels: number;
  /** Bytes of files that may be in memory at a time, with their copies. */
  fileBytes: number;
  group: {
    /** @param result CONTINUE by default @returns false when no lifecycle action waits */
    complete: (hook: string, result?: 'CONTINUE' | 'ABANDON') => Promise<boolean>;
    /** Has this instance replaced. */
    setUnhealthy: () => Promise<void>;
  };
  /** Restarts ComfyUI. @default the worker can only unload its models */
  restartComfyui?: (() => Promise<void>) | undefined;
  /** Removes the files of an attempt. */
  clean?: ((id: string) => Promise<void>) | undefined;
  /** Colours that a readiness check must find. @default any */
  canary?: Canary | undefined;
  /** Called when this instance starts to receive photos. */
  ready: () => Promise<void>;
  /** Called with the times, by `clock`, of ComfyUI's first answer and of the first passed check. Never rejects. */
  booted?: ((at: { comfyuiMs: number; readyMs: number }) => Promise<void>) | undefined;
  /** Stores why this instance cannot get ready, for the scaler. */
  reportBootFailure: (why: string) => Promise<void>;
  /** Adds to this instance's counters of work done. */
  addWork: (done: Done) => Promise<void>;
  /** Publishes metrics of photos. */
  publish: (batch: PhotoMetricsBatch) => Promise<void>;
  log: Log;
  /** Epoch milliseconds. */
  now: () => number;
  /** Monotonic milliseconds, unlike epoch milliseconds, since NTP or an operator may set the clock. */
  clock: () => number;
}
