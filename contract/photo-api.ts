/** The HTTP API, as schemas: requests are validated by them, and the document of the API is made from them. */
import { z } from 'zod';
import { FAILURE_CODES } from './failure.ts';
import { OUTPUTS, PHOTO_TYPES, PROBLEM_CODES } from './photo-types.ts';

/** 22 characters of base64url: 128 random bits. */
export const PHOTO_ID = /^[A-Za-z0-9_-]{22}$/;

/** A file name, not a path: neither separators nor control characters, none that turn text about, nor a name of dots. */
const FILE_NAME = /^(?!\.{1,2}$)[^/\\\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]+$/;

const idSchema = z
  .string()
  .regex(PHOTO_ID)
  .describe('Unguessable; where access is open, the only right to the photo.');

/** `POST /photos` */
export const newPhotoSchema = z.strictObject({
  name: z.string().max(255).regex(FILE_NAME).describe('File name, for the download.'),
  type: z.enum(PHOTO_TYPES),
  size: z.int().min(1).describe('Bytes that will be sent, exactly.'),
  output: z
    .enum(OUTPUTS)
    .default('photo')
    .describe(
      'What to make: the photo in colour, or its colours alone, for a client that merges them itself.',
    ),
});

const time = z.iso.datetime().describe('UTC');

/** Answer to `POST /photos`: where to send the bytes. */
export const createdPhotoSchema = z.object({
  id: idSchema,
  upload: z
    .object({
      method: z.literal('PUT'),
      url: z.url(),
      headers: z
        .record(z.string(), z.string())
        .describe('To be sent exactly so; the link is signed for them.'),
      expiresAt: time,
    })
    .describe('Stores one object, once.'),
});

const waitingSchema = z.object({
  status: z.literal('waiting'),
  id: idSchema,
  name: z.string(),
  uploaded: z.boolean().describe('Whether the bytes have come.'),
  ahead: z
    .int()
    .min(0)
    .nullable()
    .describe('Photos that were there before and are not done, estimated; null when nobody knows.'),
  seconds: z
    .number()
    .min(0)
    .nullable()
    .describe('Estimated until it is done: as often too long as too short.'),
  secondsAtMost: z.number().min(0).nullable().describe('Estimated: nine in ten are done by then.'),
});

const succeededSchema = z.object({
  status: z.literal('succeeded'),
  id: idSchema,
  name: z.string(),
  type: z.enum(PHOTO_TYPES).describe('Of the result.'),
  size: z.int().describe('Bytes of the result.'),
  links: z.object({
    result: z.url(),
    photo: z.url().nullable().describe('What was sent; null once it has been deleted.'),
  }),
  expiresAt: time.describe('Of the links; ask again for new ones.'),
});

const failedSchema = z.object({
  status: z.literal('failed'),
  id: idSchema,
  name: z.string(),
  code: z.enum([...FAILURE_CODES, 'not-uploaded', 'expired']),
  message: z.string(),
  retryable: z.boolean().describe('Whether sending the same photo again may succeed.'),
});

/** Answer to `GET /photos/{id}`. */
export const photoSchema = z.discriminatedUnion('status', [waitingSchema, succeededSchema, failedSchema]);

/** Answer to `GET /health`. */
export const healthSchema = z.object({ status: z.literal('ok') });

/** RFC 9457, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('For people: the value given and what is allowed.'),
  code: z.enum(PROBLEM_CODES),
});

/** What API Gateway says where it answers by itself: too many requests, no token, a body beyond its own limit. */
export const apiGatewayErrorSchema = z.object({ message: z.string() });

export type NewPhoto = z.infer<typeof newPhotoSchema>;
export type CreatedPhoto = z.infer<typeof createdPhotoSchema>;
export type PhotoStatus = z.infer<typeof photoSchema>;
export type Problem = z.infer<typeof problemSchema>;
