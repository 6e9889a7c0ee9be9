/** Cancels or deletes a photo, whatever its state. */
import type { DeletedStatus } from '../contract/photo-types.ts';
import type { PhotoApi } from './api.ts';
import { ApiError } from './errors.ts';
import { withRetries, type RetryOptions } from './retry.ts';

/**
 * Deletes a photo, its outcome and its links. Retryable errors are retried without a limit: stop by the signal, or throw from `onRetry`.
 *
 * @returns `cancelled` where it had no outcome yet, and gets none; `deleted` where it had one; `gone` where the service knows no such photo of this
 * caller, as after a deletion whose answer was lost
 * @throws ApiError `unauthorized`
 */
export async function deletePhoto(
  api: Pick<PhotoApi, 'delete'>,
  id: string,
  options: RetryOptions = {},
): Promise<DeletedStatus | 'gone'> {
  try {
    return (await withRetries(() => api.delete(id, options.signal), options)).status;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not-found') return 'gone';
    throw error;
  }
}
