/** Jobs of `colour`, and what a service answers. */
import type { FoundPhoto } from '../../../cli/colour/photos.ts';
import type { Job, Step } from '../../../cli/colour/plan.ts';
import type { PhotoStatus } from '../../../cli/colour/service/service.ts';
import { ApiError } from '../../../client/errors.ts';

export const waiting = (more: object = {}): PhotoStatus => ({
  status: 'waiting',
  uploaded: true,
  seconds: null,
  ...more,
});
export const away = () => {
  throw new ApiError('unavailable', 503);
};

export const photoOf = (name: string): FoundPhoto => ({ path: name, name, size: 3, mtimeMs: 1 });
export const jobOf = (name: string, step: Step = { kind: 'send' }): Job => ({
  photo: photoOf(name),
  source: name,
  step,
});
export const follow = (name: string, state: 'announced' | 'sent' | 'failed'): Job => {
  const sent = { service: 'fake', name, source: name, size: 3, mtimeMs: 1, sha256: 'p', id: `${name}#0` };
  return jobOf(name, { kind: 'follow', sent, state });
};
