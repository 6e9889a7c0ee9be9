/** Why a photo failed, in words. */
import { quotable } from '../../../contract/file-name.ts';
import { texts } from './language.ts';
import type { PhotoTask } from './photo-task.ts';

/** Of a message of the service, shown for an error without a text of its own. */
const MAX_DETAIL_LENGTH = 200;

export function errorText({ error, detail }: Pick<PhotoTask, 'error' | 'detail'>): string {
  const { errors, unknownError } = texts();
  // A code is a foreign text: of a newer service, or the name of a method that every object has.
  if (error !== undefined && Object.hasOwn(errors, error)) return errors[error];
  return quotable(detail, MAX_DETAIL_LENGTH) || unknownError;
}
