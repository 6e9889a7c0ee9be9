/**
 * A reference for instances with lanes, written from the description alone: no heap and no counters; at each instant every
 * photo is looked at. Slow and short.
 */
export interface Model {
  processes: number;
  batch: number;
  gpuFirst: number;
  gpuEach: number;
  prefetched: number;
  inFlight: number;
}

type Step = 'received' | 'preparing' | 'ready' | 'prompt' | 'coloured' | 'finishing';

interface Photo {
  job: number;
  step: Step;
  /** When the step ends. */
  until: number;
  /** Order in which it came to the step. */
  order: number;
}

interface Instance {
  requested: number;
  ready: number;
  stopped: number;
  leaving: boolean;
  photos: Photo[];
  lastReceive: number;
  /** When it would be done if its photos did not wait. */
  done: number;
}

export interface LanesReferenceOptions {
  model: Model;
  arrivals: number[];
  seconds: (job: number) => { prepare: number; finish: number };
  boot: number;
  tick: number;
  min: number;
  horizon: number;
  /** Desired capacity at a tick. */
  sizeAt: (at: number) => number;
}

export function lanesReference(options: LanesReferenceOptions): { ends: number[]; billed: number } {
  const { model, arrivals, seconds, boot, tick, min } = options;
  const instance = (requested: number, ready: number): Instance => ({
    ...{ requested, ready, stopped: Infinity, leaving: false, photos: [], lastReceive: -1, done: ready },
  });
  const fleet = Array.from({ length: min }, () => instance(0, 0));
  const ends = arrivals.map(() => NaN);
  const queue: number[] = [];
  let arrived = 0;
  let order = 0;
  const move = (photo: Photo, step: Step, until = Infinity) =>
    Object.assign(photo, { step, until, order: order++ });
  const at = (one: Instance, ...steps: Step[]) =>
    one.photos.filter(({ step }) => steps.includes(step)).sort((a, b) => a.order - b.order);

  const endSteps = (one: Instance, now: number) => {
    for (const photo of one.photos.filter(({ until }) => until <= now).sort((a, b) => a.order - b.order)) {
      if (photo.step === 'preparing') move(photo, 'ready');
      else if (photo.step === 'prompt') move(photo, 'coloured');
      else {
        ends[photo.job] = now;
        one.photos.splice(one.photos.indexOf(photo), 1);
        one.done = Math.max(one.done, now);
      }
    }
    if (one.leaving && one.photos.length === 0) one.stopped = Math.min(one.stopped, now);
  };
  const startSteps = (one: Instance, now: number) => {
    const ready = at(one, 'ready').slice(0, model.batch);
    if (at(one, 'prompt').length === 0)
      for (const photo of ready) move(photo, 'prompt', now + model.gpuFirst + model.gpuEach * ready.length);
    // An instance that leaves works on what it has given back until that is prepared.
    let free = model.processes - at(one, 'preparing', 'finishing').length - givenBack(one, now);
    for (const photo of [...at(one, 'coloured'), ...at(one, 'received')]) {
      if (free-- <= 0) break;
      const { prepare, finish } = seconds(photo.job);
      if (photo.step === 'coloured') move(photo, 'finishing', now + finish);
      else move(photo, 'preparing', now + prepare);
    }
  };
  const lost = new Map<Instance, number[]>();
  const givenBack = (one: Instance, now: number) =>
    (lost.get(one) ?? []).filter((until) => until > now).length;
  const here = (now: number) => fleet.filter((one) => !one.leaving && one.ready <= now);
  const receive = (now: number) => {
    while (queue.length > 0) {
      const room = here(now).filter(
        (one) =>
          at(one, 'received', 'preparing', 'ready').length < model.prefetched &&
          one.photos.length < model.inFlight,
      );
      room.sort((a, b) => a.photos.length - b.photos.length || a.lastReceive - b.lastReceive);
      const [first] = room;
      if (!first) return;
      const job = queue.shift() as number;
      const photo: Photo = { job, step: 'received', until: Infinity, order: 0 };
      first.photos.push(move(photo, 'received'));
      first.lastReceive = order;
      const { prepare, finish } = seconds(job);
      first.done = Math.max(first.done, now + prepare + model.gpuFirst + model.gpuEach + finish);
      startSteps(first, now);
    }
  };
  const settle = (now: number) => {
    for (const one of fleet) endSteps(one, now);
    while ((arrivals[arrived] ?? Infinity) <= now) queue.push(arrived++);
    for (const one of fleet) startSteps(one, now);
    receive(now);
  };
  const leave = (one: Instance, now: number) => {
    one.leaving = true;
    const preparing = at(one, 'preparing');
    lost.set(
      one,
      preparing.map(({ until }) => until),
    );
    const back = [...at(one, 'ready'), ...preparing, ...at(one, 'received')];
    queue.push(...back.map(({ job }) => job));
    one.photos = one.photos.filter((photo) => !back.includes(photo));
    if (one.photos.length === 0) one.stopped = now;
  };

  let desired = min;
  let now = 0;
  for (let nextTick = tick; ends.some(Number.isNaN);) {
    const times = fleet.flatMap((one) => [one.ready, ...one.photos.map(({ until }) => until)]);
    for (const one of fleet) times.push(...(lost.get(one) ?? []));
    const next = Math.min(...times.filter((time) => time > now), arrivals[arrived] ?? Infinity, nextTick);
    now = Math.max(now, next);
    settle(now);
    if (now < nextTick || !ends.some(Number.isNaN)) continue;
    const after = options.sizeAt(now);
    for (let more = after - desired; more > 0; more--) fleet.push(instance(now, now + boot));
    // Idle ones, the oldest first; booting ones, the newest first; busy ones, the one that is done first.
    const kind = (one: Instance) => (one.ready > now ? 1 : one.photos.length > 0 ? 2 : 0);
    const within = (one: Instance) =>
      kind(one) === 1 ? -fleet.indexOf(one) : kind(one) === 2 ? one.done : fleet.indexOf(one);
    const staying = fleet.filter((one) => !one.leaving);
    staying.sort((a, b) => kind(a) - kind(b) || within(a) - within(b) || fleet.indexOf(a) - fleet.indexOf(b));
    for (const one of staying.slice(0, Math.max(0, desired - after))) leave(one, now);
    desired = after;
    nextTick += tick;
    settle(now);
  }
  const end = Math.max(options.horizon, ...ends);
  const billed = fleet.reduce(
    (sum, one) => sum + Math.max(60, Math.min(one.stopped, end) - one.requested),
    0,
  );
  return { ends, billed };
}
