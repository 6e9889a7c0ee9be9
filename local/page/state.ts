/** State of a run as page and summary use it. Times `t` are seconds since the start of the run. */
export interface RunState {
  /** Whether the stand-in colours the photos instead of ComfyUI. */
  standIn: boolean;
  /** URL of ComfyUI, or `stand-in`. */
  comfyui: string;
  stage: string;
  /** Current step of the run, as the page shows it. */
  phase: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds. */
  now: number;
  /** `lost` is 0 until every photo has an outcome or the run stops waiting. */
  photos: { submitted: number; succeeded: number; failed: number; lost: number };
  timeline: TimelinePoint[];
  /** One for each started photo: log id, and seconds from the S3 event to the start of the first attempt. */
  waits: { photo: string; t: number; seconds: number }[];
  /** Latest first. */
  pairs: { key: string; t: number; waitSeconds: number | null }[];
  failures: { key: string; code: string; message: string }[];
  /** Latest first. */
  decisions: Decision[];
  instances: InstanceRow[];
  /** Instances of the warm pool, stopped or on their way into it. */
  warm: InstanceRow[];
}

/** `since` is when the instance was launched or resumed, in epoch milliseconds. */
export interface InstanceRow {
  id: string;
  state: string;
  since: number;
  market: 'spot' | 'on-demand';
}

export interface TimelinePoint {
  t: number;
  /** Visible messages. */
  visible: number;
  /** Messages in flight. */
  inFlight: number;
  desired: number;
  inService: number;
  /** Of those in service: bought on demand. */
  onDemand: number;
  /** Stopped instances of the warm pool. */
  stopped: number;
  pending: number;
  /** Instances in a terminating state. */
  draining: number;
  /** Reason of the latest decision. */
  reason: string | null;
}

/** A tick from the scaler's memory; figures that the tick could not read are null. */
export interface Decision {
  t: number;
  reason: string;
  desired: number | null;
  visible: number | null;
  inFlight: number | null;
  inService: number | null;
  pending: number | null;
  /** Instances the work needs; null in a policy that does not compute it. */
  needed: number | null;
  min: number | null;
  max: number | null;
}

/** Source of the state for the page. */
export interface StateSource {
  current(): RunState;
  /** Calls the listener after each change. @returns a function that unsubscribes */
  subscribe(listener: () => void): () => void;
}
