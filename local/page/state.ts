/** What the page shows of a run. Times `t` are seconds since the run began. */
export interface RunState {
  /** Whether a stand-in colours the photos instead of ComfyUI. */
  standIn: boolean;
  /** URL of ComfyUI, or `stand-in`. */
  comfyui: string;
  stage: string;
  /** What the run is doing, for people. */
  phase: string;
  /** Epoch milliseconds. */
  startedAt: number;
  /** Epoch milliseconds. */
  now: number;
  /** `lost` is known in the end. */
  photos: { submitted: number; coloured: number; failed: number; lost: number };
  timeline: TimelinePoint[];
  /** One for each photo that was started: seconds from its arrival to that start. */
  waits: { key: string; t: number; seconds: number }[];
  /** Latest first. */
  pairs: { key: string; t: number; waitSeconds: number | null }[];
  failures: { key: string; code: string; message: string }[];
  /** Latest first. */
  decisions: Decision[];
  /** `since` is when the instance was launched, in epoch milliseconds. */
  instances: { id: string; state: string; since: number }[];
}

export interface TimelinePoint {
  t: number;
  /** Messages that wait. */
  visible: number;
  /** Messages that a worker has. */
  inFlight: number;
  desired: number;
  inService: number;
  pending: number;
  /** Instances on their way out. */
  draining: number;
  /** Reason of the last decision by then. */
  reason: string | null;
}

/** A tick of the scaler as its memory has it; figures that it could not read are null. */
export interface Decision {
  t: number;
  reason: string;
  desired: number | null;
  visible: number | null;
  inFlight: number | null;
  inService: number | null;
  pending: number | null;
  /** Instances that the work asked for; null in a policy that does not reckon it. */
  need: number | null;
  min: number | null;
  max: number | null;
}

/** What the page reads from. */
export interface StateSource {
  current(): RunState;
  /** Calls back after each change, until the function it returns is called. */
  subscribe(listener: () => void): () => void;
}
