/** The document of the API, made of the schemas that its requests are checked by. */
import { z } from 'zod';
import type { Access } from '../../contract/gateway.ts';
import {
  createdPhotoSchema,
  healthSchema,
  newPhotoSchema,
  photoSchema,
  problemSchema,
  apiGatewayErrorSchema,
} from '../../contract/photo-api.ts';

type Json = Record<string, unknown>;

const SCHEMAS = {
  NewPhoto: newPhotoSchema,
  CreatedPhoto: createdPhotoSchema,
  Photo: photoSchema,
  Health: healthSchema,
  Problem: problemSchema,
  Turned: apiGatewayErrorSchema,
};

const schemaOf = (name: keyof typeof SCHEMAS): Json => {
  // What is sent may leave out what has a default; what comes back never does.
  const io = name === 'NewPhoto' ? 'input' : 'output';
  const { $schema: _, ...schema } = z.toJSONSchema(SCHEMAS[name], { target: 'draft-2020-12', io });
  return schema;
};

const content = (name: keyof typeof SCHEMAS, type = 'application/json') => ({
  content: { [type]: { schema: { $ref: `#/components/schemas/${name}` } } },
});
const problem = (description: string, headers?: Json) => ({
  description,
  ...(headers ? { headers } : {}),
  ...content('Problem', 'application/problem+json'),
});

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which asking again is worth it.',
    schema: { type: 'integer', minimum: 0 },
  },
};

/** How a caller says who it is; nobody has to on an open stage. */
const SECURITY: Record<Access, Json | undefined> = {
  open: undefined,
  jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  iam: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'AWS Signature Version 4, service execute-api.',
  },
};

/** Where API Gateway may answer in the function's stead, in a word or two of its own. */
const either = (description: string, headers?: Json) => {
  const { content: ours, ...rest } = problem(description, headers);
  return { ...rest, content: { ...ours, ...content('Turned').content } };
};

const FAILURES = {
  429: either('Too many photos, or too many requests in a moment.', RETRY_AFTER),
  500: { description: 'Something failed at API Gateway.', ...content('Turned') },
  503: either('Something failed on our side.', RETRY_AFTER),
};

/** OpenAPI 3.1. */
export function apiDocument(access: Access): Json {
  const scheme = SECURITY[access];
  const secured = scheme ? { security: [{ caller: [] }] } : {};
  const nobody = either('Not signed in, or not as somebody who may.');
  const signedIn = scheme ? { 401: nobody, ...(access === 'iam' ? { 403: nobody } : {}) } : {};
  return {
    openapi: '3.1.0',
    info: {
      title: 'ddcolor-elastic',
      version: '1.0.0',
      description:
        'Photos in, colour out: announce a photo, send its bytes to the link, ask until it is done.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: './' }],
    paths: {
      '/photos': {
        post: {
          operationId: 'createPhoto',
          summary: 'Announces a photo; its bytes go to the link that comes back',
          ...secured,
          requestBody: { required: true, ...content('NewPhoto') },
          responses: {
            201: { description: 'Where to send the bytes.', ...content('CreatedPhoto') },
            400: problem('The request cannot be understood.'),
            ...signedIn,
            413: either('More bytes than are taken.'),
            415: problem('A type that is not taken.'),
            422: problem('The workflow of this stage gives no chroma.'),
            ...FAILURES,
          },
        },
      },
      '/photos/{id}': {
        get: {
          operationId: 'readPhoto',
          summary: 'How a photo is: waiting, done or failed',
          ...secured,
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: {
            200: {
              description: 'Ask again after Retry-After while it waits.',
              headers: RETRY_AFTER,
              ...content('Photo'),
            },
            ...signedIn,
            404: problem('There is no such photo, or it is somebody else’s.'),
            ...FAILURES,
          },
        },
      },
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Whether the API answers',
          responses: { 200: { description: 'It does.', ...content('Health') } },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(
        (Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[]).map((name) => [name, schemaOf(name)]),
      ),
      ...(scheme ? { securitySchemes: { caller: scheme } } : {}),
    },
  };
}
