/** Answers of the API, read field by field: what is not known is dropped, and what is not plausible is refused. */
import type { CreatedPhoto, DeletedPhoto, PhotoStatus, SharedPhoto } from '../contract/photo-api.ts';
import { DELETED_STATUSES, PHOTO_TYPES, REMARKS } from '../contract/photo-types.ts';
import { MAX_DETAIL_LENGTH, untrustedAnswer, unexpectedResponse } from './errors.ts';
import { headersProblem, linkProblem } from './links.ts';
import { MAX_RESULT_BYTES } from './picture.ts';
import { asObject, parseJsonObject, type ReceivedResponse } from './response.ts';

/** Becomes a part of a path and of a journal; an id of the API has 22 of these characters. */
const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Also one of a newer service, which this client does not know. */
const CODE = /^[a-z][a-z-]{0,39}$/;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTime = (value: unknown): value is string => isText(value) && !Number.isNaN(Date.parse(value));
/** A name or message for people. */
const textOf = (value: unknown): string => (isText(value) ? value.slice(0, MAX_DETAIL_LENGTH) : '');
/** An estimate; unknown unless it is one. */
const estimateOf = (value: unknown): number | null =>
  typeof value === 'number' && value >= 0 && value < Infinity ? value : null;

/** @throws ApiError `untrusted-answer` for a link or header that is not allowed; `unavailable` if it is no answer of the API */
export function createdPhotoFrom(received: ReceivedResponse, service: URL): CreatedPhoto {
  const { id, upload } = parseJsonObject(received.body);
  const { method, url, headers, expiresAt } = asObject(upload);
  if (!isText(id) || !ID.test(id) || !isText(url) || typeof headers !== 'object' || !isTime(expiresAt))
    throw unexpectedResponse(received);
  const problem =
    method === 'PUT'
      ? (linkProblem(url, service) ?? headersProblem(asObject(headers)))
      : 'The upload is not a PUT request.';
  if (problem !== undefined) throw untrustedAnswer(received.status, problem);
  return {
    id,
    upload: { method: 'PUT', url, headers: { ...(headers as Record<string, string>) }, expiresAt },
  };
}

/** @throws ApiError `unavailable` if it is no answer of the API */
export function deletedPhotoFrom(received: ReceivedResponse, id: string): DeletedPhoto {
  const answer = parseJsonObject(received.body);
  const status = DELETED_STATUSES.find((one) => one === answer.status);
  if (answer.id !== id || status === undefined) throw unexpectedResponse(received);
  return { id, status };
}

/** @throws ApiError as {@link createdPhotoFrom} */
export function sharedPhotoFrom(received: ReceivedResponse, service: URL): SharedPhoto {
  const { url, expiresAt } = parseJsonObject(received.body);
  if (!isText(url) || !isTime(expiresAt)) throw unexpectedResponse(received);
  const problem = linkProblem(url, service);
  if (problem !== undefined) throw untrustedAnswer(received.status, problem);
  return { url, expiresAt };
}

/** @throws ApiError as {@link createdPhotoFrom} */
export function photoStatusFrom(received: ReceivedResponse, service: URL, id: string): PhotoStatus {
  const answer = parseJsonObject(received.body);
  const name = textOf(answer.name);
  if (answer.id !== id) throw unexpectedResponse(received);
  switch (answer.status) {
    case 'waiting': {
      const [ahead, seconds, secondsAtMost] = [answer.ahead, answer.seconds, answer.secondsAtMost].map(
        estimateOf,
      ) as [number | null, number | null, number | null];
      return {
        status: 'waiting',
        id,
        name,
        uploaded: answer.uploaded === true,
        ahead,
        seconds,
        secondsAtMost,
      };
    }
    case 'failed': {
      const { code, message, retryable } = answer;
      if (!isText(code) || !CODE.test(code)) throw unexpectedResponse(received);
      const known = code as Extract<PhotoStatus, { status: 'failed' }>['code'];
      return {
        status: 'failed',
        id,
        name,
        code: known,
        message: textOf(message),
        retryable: retryable === true,
      };
    }
    case 'succeeded':
      return succeededFrom(received, answer, service, { id, name });
    default:
      throw unexpectedResponse(received);
  }
}

function succeededFrom(
  received: ReceivedResponse,
  { type: announced, size, remarks, links, expiresAt }: Record<string, unknown>,
  service: URL,
  known: { id: string; name: string },
): PhotoStatus {
  const { result, photo = null } = asObject(links);
  const type = PHOTO_TYPES.find((one) => one === announced);
  if (!type || !Number.isSafeInteger(size) || !isTime(expiresAt)) throw unexpectedResponse(received);
  const problem = linkProblem(result, service) ?? (photo === null ? undefined : linkProblem(photo, service));
  if (problem !== undefined) throw untrustedAnswer(received.status, problem);
  const bytes = size as number;
  if (bytes < 1 || bytes > MAX_RESULT_BYTES)
    throw untrustedAnswer(
      received.status,
      `A result of ${bytes} bytes: allowed are 1 to ${MAX_RESULT_BYTES}.`,
    );
  const checked = { result: result as string, photo: photo as string | null };
  // One of a newer service is left out.
  const ours = REMARKS.filter((remark) => Array.isArray(remarks) && remarks.includes(remark));
  return {
    status: 'succeeded',
    ...known,
    ...{ type, size: bytes, links: checked, expiresAt },
    ...(ours.length > 0 && { remarks: ours }),
  };
}
