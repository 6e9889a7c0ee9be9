/** `POST /photos`: checks sizes and quotas, chooses the queue, records the photo and returns a link to upload it. */
import type { CreatedPhoto, NewPhoto } from '../../contract/photo-api.ts';
import { offerOf, offerProblem } from '../../contract/offered-workflow.ts';
import { WORKFLOW_METADATA } from '../../contract/workflow-names.ts';
import type { Caller, GatewayPorts, PhotoPlace, PhotoRecord, PhotoSettings } from './ports.ts';
import { ProblemError, type GatewayProblemCode } from './problems.ts';
import { DAY_SECONDS, dailyWindow, hourlyWindow, isoTime, type QuotaWindow } from './quotas.ts';
import { counterOf, limitBy } from './sidelining.ts';
import { lanesOf, outputsOf } from './stage-limits.ts';

export interface NewUpload {
  /** Unguessable and never used before. */
  id: string;
  /** Of this upload. */
  trace: string;
  /** Epoch seconds. */
  now: number;
  /**
   * Called when its queue is chosen.
   *
   * @param sidelined null where its caller's count, or the fleet, is unknown: it is in the first queue then
   */
  placed?: (photo: PhotoPlace, sidelined: boolean | null) => void;
}

/** @throws ProblemError */
export async function createPhoto(
  { name, type, size, output, colouredPhotos, lane = 'interactive', workflow, options = {} }: NewPhoto,
  caller: Caller,
  ports: GatewayPorts,
  settings: PhotoSettings,
  { id, trace, now, placed }: NewUpload,
): Promise<CreatedPhoto> {
  const { registry, storage, arrivals } = ports;
  const { maxUploadBytes, linkSeconds, photosPerHour, photosPerDay, photoDays, resultDays } = settings;
  if (size > maxUploadBytes) {
    throw new ProblemError('too-large', `size ${size}: the maximum is ${maxUploadBytes} bytes.`);
  }
  const { chromaSize } = offerOf(settings, workflow) ?? settings;
  if (!outputsOf({ chromaSize }).includes(output)) {
    const whose = workflow === undefined ? 'of this stage' : `'${workflow}'`;
    throw new ProblemError(
      'no-chroma',
      `output 'chroma': the workflow ${whose} has no chroma output; use 'photo'.`,
    );
  }
  if (!lanesOf(settings).includes(lane)) {
    throw new ProblemError('no-bulk-lane', `lane 'bulk': this stage has no bulk lane; use 'interactive'.`);
  }
  const problem = offerProblem(settings, workflow, options, output);
  if (problem !== undefined) throw new ProblemError('bad-option', problem);
  const count = async (window: QuotaWindow, code: GatewayProblemCode, quota: string) => {
    if (await registry.countPhoto(window)) return;
    const { limit, endsAt } = window;
    const detail = `The quota is ${limit} photos per ${quota}; it resets at ${isoTime(endsAt)}.`;
    throw new ProblemError(code, detail, Math.ceil(endsAt - now));
  };
  // The caller first: a photo that is over the hourly quota does not count towards the day.
  // An album uses up nothing of what its sender may send to be coloured at once.
  const hour = hourlyWindow(
    lane === 'bulk' ? `bulk#${caller.quotaKey}` : caller.quotaKey,
    now,
    photosPerHour,
  );
  await count(hour, 'hourly-quota-exceeded', 'caller, hour and lane');
  await count(dailyWindow(now, photosPerDay), 'daily-quota-exceeded', 'day for all callers');
  // The estimate of an interactive photo counts those before it; bulk photos are not.
  const place = lane === 'interactive' ? await arrivals.count(now) : undefined;
  const sidelining =
    lane === 'interactive' && settings.sidelines
      ? await sideline(caller, ports, now)
      : { sidelined: false, counter: undefined };
  const photo: PhotoRecord = {
    id,
    owner: caller.owner,
    name,
    type,
    output,
    ...(lane === 'interactive' ? {} : { lane }),
    ...(sidelining.sidelined ? { sidelined: true } : {}),
    ...(sidelining.counter && { counter: sidelining.counter }),
    trace,
    createdAt: now,
    ...(place === undefined ? {} : { place }),
    linkExpiresAt: now + linkSeconds,
    // A photo may wait until just before it is deleted, and its result is kept from then on.
    expiresAt: now + (photoDays + resultDays + 1) * DAY_SECONDS,
  };
  placed?.(photo, sidelining.sidelined);
  // A photo that is not counted is not accepted: usage has all of them.
  await Promise.all([registry.put(photo), ports.accepted?.accept(photo.owner, now)]);
  const link = await storage.uploadLink(photo, size, linkSeconds, colouredPhotos, {
    ...options,
    ...(workflow !== undefined && { [WORKFLOW_METADATA]: workflow }),
  });
  return { id, upload: { method: 'PUT', ...link, expiresAt: isoTime(photo.linkExpiresAt) } };
}

/** Counts the photo among the caller's unfinished ones of the first queue, or sidelines it. */
async function sideline(
  { quotaKey }: Caller,
  { viewReader, unfinished }: Pick<GatewayPorts, 'viewReader' | 'unfinished'>,
  now: number,
): Promise<{ sidelined: boolean | null } & Pick<PhotoRecord, 'counter'>> {
  const limit = limitBy(await viewReader.read(), now);
  const counter = counterOf(quotaKey, now);
  const isCounted = limit === undefined ? undefined : await unfinished.enter(counter, limit);
  // Unknown is no reason to let a photo wait.
  if (isCounted === undefined) return { sidelined: null };
  return isCounted ? { sidelined: false, counter } : { sidelined: true };
}
