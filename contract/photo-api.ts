/** Schemas of the HTTP API: they validate requests and generate the OpenAPI document. */
import { z } from 'zod';
import { FAILURE_CODES } from './failure.ts';
import { FILE_NAME, FILE_NAME_RULE, MAX_FILE_NAME_LENGTH, quotable } from './file-name.ts';
import { API_PHOTO_ID } from './keys.ts';
import { LANES } from './lanes.ts';
import {
  COLOURED_PHOTOS,
  DELETED_STATUSES,
  OUTPUTS,
  PHOTO_TYPES,
  PROBLEM_CODES,
  REMARKS,
} from './photo-types.ts';

export const PHOTO_ID = API_PHOTO_ID;

const idSchema = z
  .string()
  .regex(PHOTO_ID)
  .describe('Unguessable: with open access, the id alone gives access to the photo.');

/** `POST /photos` */
export const newPhotoSchema = z.strictObject({
  name: z
    .string()
    .max(MAX_FILE_NAME_LENGTH)
    .regex(FILE_NAME, { error: ({ input }) => `'${quotable(String(input))}': ${FILE_NAME_RULE}` })
    .describe('File name of the download.'),
  type: z.enum(PHOTO_TYPES),
  size: z.int().min(1).describe('Exact number of bytes of the upload.'),
  output: z
    .enum(OUTPUTS)
    .default('photo')
    .describe(
      'Kind of result: the photo in colour, or only its colours for a client that merges them itself.',
    ),
  colouredPhotos: z
    .enum(COLOURED_PHOTOS)
    .optional()
    .describe(
      "What becomes of a photo that is in colour already: 'recolour' (the default) colours it anew, 'refuse' fails it with the code 'already-coloured'.",
    ),
  lane: z
    .enum(LANES)
    .optional()
    .describe(
      "'interactive' (the default) is coloured as soon as possible. 'bulk', for albums, is coloured within the stage's deadline and yields to interactive photos.",
    ),
  workflow: z
    .string()
    .min(1)
    .max(400)
    .optional()
    .describe(
      "One of the stage's workflows, or a chain of them, such as 'ddcolor+upscale'; without it the stage's own.",
    ),
  options: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .describe("Options of the photo's workflow by name."),
});

const time = z.iso.datetime().describe('UTC');

/** Response to `POST /photos`. */
export const createdPhotoSchema = z.object({
  id: idSchema,
  upload: z
    .object({
      method: z.literal('PUT'),
      url: z.url(),
      headers: z
        .record(z.string(), z.string())
        .describe('Send exactly these headers: the link is signed for them.'),
      expiresAt: time,
    })
    .describe('Link that stores one object, once.'),
});

const waitingSchema = z.object({
  status: z.literal('waiting'),
  id: idSchema,
  name: z.string(),
  uploaded: z.boolean().describe('Whether the photo is uploaded.'),
  ahead: z
    .int()
    .min(0)
    .nullable()
    .describe('Estimated number of photos ahead in the queue; null when unknown.'),
  seconds: z
    .number()
    .min(0)
    .nullable()
    .describe('Estimated seconds until the result, median; null when unknown.'),
  secondsAtMost: z
    .number()
    .min(0)
    .nullable()
    .describe(
      "Estimated seconds until the result, p90; null when unknown. Of the lane 'bulk': seconds until its deadline, which is a promise; 0 once it has passed.",
    ),
});

const succeededSchema = z.object({
  status: z.literal('succeeded'),
  id: idSchema,
  name: z.string(),
  type: z.enum(PHOTO_TYPES).describe('Content type of the result.'),
  size: z.int().describe('Size of the result in bytes.'),
  remarks: z
    .array(z.enum(REMARKS))
    .optional()
    .describe(
      "Absent when there are none. 'first-of-several': the file has more pages or frames than the one that was coloured. 'no-room-for-colour': the photo is black, white or nearly so, and its result is the photo itself. 'metadata-incomplete': some metadata of the file is damaged or too large, and the result does not have it.",
    ),
  links: z.object({
    result: z.url(),
    photo: z.url().nullable().describe('The original photo; null after it is deleted.'),
  }),
  expiresAt: time.describe('When the links expire; a new request returns new links.'),
});

const failedSchema = z.object({
  status: z.literal('failed'),
  id: idSchema,
  name: z.string(),
  code: z.enum([...FAILURE_CODES, 'not-uploaded', 'expired']),
  message: z.string(),
  retryable: z.boolean().describe('Whether submitting the same photo again may succeed.'),
});

/** Response to `GET /photos/{id}`. */
export const photoSchema = z.discriminatedUnion('status', [waitingSchema, succeededSchema, failedSchema]);

/** Response to `POST /photos/{id}/share`. */
export const sharedPhotoSchema = z.object({
  url: z
    .url()
    .describe('Shows the result to anyone who has it. It has neither the id nor the name of the photo.'),
  expiresAt: time.describe('When the link expires.'),
});

/** Response to `DELETE /photos/{id}`. */
export const deletedPhotoSchema = z.object({
  id: idSchema,
  status: z
    .enum(DELETED_STATUSES)
    .describe(
      "'cancelled': it had no outcome, and gets none; an instance that has started it discards its work. 'deleted': it had succeeded or failed.",
    ),
});

/** Response to `GET /health`. */
export const healthSchema = z.object({ status: z.literal('ok') });

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('Human-readable: the value received and the values allowed.'),
  code: z.enum(PROBLEM_CODES),
});

/** Body of an error of API Gateway itself: rate limit, missing token, body above its size limit. */
export const apiGatewayErrorSchema = z.object({ message: z.string() });

export type NewPhoto = z.infer<typeof newPhotoSchema>;
export type CreatedPhoto = z.infer<typeof createdPhotoSchema>;
export type DeletedPhoto = z.infer<typeof deletedPhotoSchema>;
export type SharedPhoto = z.infer<typeof sharedPhotoSchema>;
export type PhotoStatus = z.infer<typeof photoSchema>;
export type Problem = z.infer<typeof problemSchema>;
