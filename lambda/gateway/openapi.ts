/** The OpenAPI document, generated from the schemas that validate requests. */
import { z } from 'zod';
import type { Access } from '../../contract/gateway.ts';
import {
  createdPhotoSchema,
  deletedPhotoSchema,
  healthSchema,
  newPhotoSchema,
  photoSchema,
  problemSchema,
  sharedPhotoSchema,
  apiGatewayErrorSchema,
} from '../../contract/photo-api.ts';
import { newWebhookSchema, WEBHOOK_ID, webhookSchema, webhooksSchema } from '../../contract/webhook.ts';
import { narrowedToStage, type StageLimits } from './stage-limits.ts';
import { withOptions } from './option-schema.ts';

type Json = Record<string, unknown>;

const [waitingSchema, succeededSchema, failedSchema] = photoSchema.options;

const SCHEMAS = {
  NewPhoto: newPhotoSchema,
  CreatedPhoto: createdPhotoSchema,
  Photo: photoSchema,
  WaitingPhoto: waitingSchema,
  SucceededPhoto: succeededSchema,
  FailedPhoto: failedSchema,
  SharedPhoto: sharedPhotoSchema,
  DeletedPhoto: deletedPhotoSchema,
  Health: healthSchema,
  NewWebhook: newWebhookSchema,
  Webhook: webhookSchema,
  Webhooks: webhooksSchema,
  Problem: problemSchema,
  ApiGatewayError: apiGatewayErrorSchema,
};

const schemaOf = (name: keyof typeof SCHEMAS): Json => {
  // Requests may omit fields that have a default.
  const io = name.startsWith('New') ? 'input' : 'output';
  const { $schema: _, ...schema } = z.toJSONSchema(SCHEMAS[name], { target: 'draft-2020-12', io });
  return schema;
};

const newPhotoExample = ({ maxUploadBytes }: StageLimits) => ({
  name: 'Oma.jpg',
  type: 'image/jpeg',
  size: Math.min(81_920, maxUploadBytes),
});

/** By name, and distinguished by `status`: generators give each its own class, and some refuse nameless ones. */
const PHOTO = (() => {
  const names = { waiting: 'WaitingPhoto', succeeded: 'SucceededPhoto', failed: 'FailedPhoto' } as const;
  const mapping = Object.fromEntries(
    Object.entries(names).map(([status, name]) => [status, `#/components/schemas/${name}`]),
  );
  const oneOf = Object.values(mapping).map(($ref) => ({ $ref }));
  return { oneOf, discriminator: { propertyName: 'status', mapping } };
})();

const componentOf = (name: keyof typeof SCHEMAS, limits: StageLimits): Json => {
  if (name === 'Photo') return PHOTO;
  if (name !== 'NewPhoto') return schemaOf(name);
  const narrowed = withOptions(narrowedToStage(schemaOf(name), limits), limits);
  return { ...narrowed, examples: [newPhotoExample(limits)] };
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
    description: 'Seconds to wait before the next request.',
    schema: { type: 'integer', minimum: 0 },
  },
};

const LOCATION = {
  Location: {
    description: 'Address of the photo, relative to that of the request.',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
  },
};

/** To the operations of one, by its id. */
const linksTo = (operations: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operationId]) => [
      name,
      { operationId, parameters: { id: '$response.body#/id' } },
    ]),
  );

/** Generators and tests follow them from a created photo, and from a registered webhook. */
const LINKS_OF_CREATED = linksTo({ status: 'readPhoto', delete: 'deletePhoto' });
const LINKS_OF_WEBHOOK = linksTo({ read: 'readWebhook', change: 'putWebhook', delete: 'deleteWebhook' });

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

/** From the function, or from API Gateway before the function is called. */
const problemOrApiGatewayError = (description: string, headers?: Json) => {
  const { content: problemContent, ...rest } = problem(description, headers);
  return { ...rest, content: { ...problemContent, ...content('ApiGatewayError').content } };
};

const FAILURES = {
  429: problemOrApiGatewayError('Photo quota or request rate exceeded.', RETRY_AFTER),
  500: { description: 'Internal error of API Gateway.', ...content('ApiGatewayError') },
  503: problemOrApiGatewayError('Internal error; try again later.', RETRY_AFTER),
};

const ID_IN_PATH = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }];
const NO_SUCH_PHOTO = problem('There is no such photo, or it belongs to another caller.');

/** Of a stage with webhooks. */
function webhookPaths(secured: Json, signedIn: Json): Json {
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: WEBHOOK_ID.source } },
  ];
  const webhook = (description: string) => ({ description, ...content('Webhook') });
  const missing = problem('You have no webhook with this id.');
  return {
    '/webhooks': {
      get: {
        operationId: 'listWebhooks',
        summary: 'List your webhooks',
        ...secured,
        responses: {
          200: { description: 'Your webhooks.', ...content('Webhooks') },
          ...{ ...signedIn, ...FAILURES },
        },
      },
    },
    '/webhooks/{id}': {
      get: {
        operationId: 'readWebhook',
        summary: 'Get a webhook, without its secret',
        ...{ ...secured, parameters },
        responses: { 200: webhook('The webhook.'), ...signedIn, 404: missing, ...FAILURES },
      },
      put: {
        operationId: 'putWebhook',
        summary: 'Register a receiver of the outcomes of your photos, or change it',
        ...{ ...secured, parameters },
        requestBody: { required: true, ...content('NewWebhook') },
        responses: {
          200: webhook('The webhook is changed.'),
          201: {
            ...webhook('The webhook is registered. Keep the secret: it is not shown again.'),
            links: LINKS_OF_WEBHOOK,
          },
          400: problem('Invalid request, or one webhook too many.'),
          ...signedIn,
          413: problemOrApiGatewayError('The request body is too large.'),
          415: problem('Unsupported content type.'),
          ...FAILURES,
        },
      },
      delete: {
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook, with the deliveries that are left',
        ...{ ...secured, parameters },
        responses: { 204: { description: 'It is deleted.' }, ...signedIn, 404: missing, ...FAILURES },
      },
    },
  };
}

/**
 * OpenAPI 3.1.
 *
 * @param limits of the stage: a body that is valid by the document exceeds none of them
 */
export function apiDocument(access: Access, limits: StageLimits, hasWebhooks = false): Json {
  const scheme = SECURITY[access];
  const secured = scheme ? { security: [{ caller: [] }] } : {};
  const unauthorized = problemOrApiGatewayError('Credentials are missing or not accepted.');
  const signedIn = scheme ? { 401: unauthorized, ...(access === 'iam' ? { 403: unauthorized } : {}) } : {};
  return {
    openapi: '3.1.0',
    info: {
      title: 'ddcolor-elastic',
      version: '1.0.0',
      description:
        'Colours black-and-white photos: create a photo, upload its bytes to the link, poll until it has succeeded or failed.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: './' }],
    paths: {
      ...(hasWebhooks ? webhookPaths(secured, signedIn) : {}),
      '/photos': {
        post: {
          operationId: 'createPhoto',
          summary: 'Create a photo and get the link to upload it',
          ...secured,
          requestBody: { required: true, ...content('NewPhoto') },
          responses: {
            201: {
              description: 'The photo is created; upload its bytes to the link.',
              headers: LOCATION,
              ...content('CreatedPhoto'),
              links: LINKS_OF_CREATED,
            },
            400: problem('Invalid request.'),
            ...signedIn,
            413: problemOrApiGatewayError('The photo or the request body is too large.'),
            415: problem('Unsupported content type.'),
            422: problem('This stage has no such output, option or lane.'),
            ...FAILURES,
          },
        },
      },
      '/photos/{id}': {
        get: {
          operationId: 'readPhoto',
          summary: 'Get the status of a photo: waiting, succeeded or failed',
          ...secured,
          parameters: ID_IN_PATH,
          responses: {
            200: {
              description: 'The status. While it is waiting, ask again after Retry-After.',
              headers: RETRY_AFTER,
              ...content('Photo'),
            },
            ...signedIn,
            404: NO_SUCH_PHOTO,
            ...FAILURES,
          },
        },
        delete: {
          operationId: 'deletePhoto',
          summary: 'Cancel a photo, or delete it with its outcome',
          description:
            'Deletes the photo, its outcome and its record. Its links stop working. A repeated request gets 404, as for an unknown id.',
          ...secured,
          parameters: ID_IN_PATH,
          responses: {
            200: { description: 'It is deleted.', ...content('DeletedPhoto') },
            ...signedIn,
            404: NO_SUCH_PHOTO,
            ...FAILURES,
          },
        },
      },
      '/photos/{id}/share': {
        post: {
          operationId: 'sharePhoto',
          summary: 'Get a link to the result for others, which expires',
          ...secured,
          parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
          responses: {
            200: { description: 'The link.', ...content('SharedPhoto') },
            ...signedIn,
            404: problem('There is no such photo, it belongs to another caller, or it has no result.'),
            ...FAILURES,
          },
        },
      },
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Check that the API responds',
          responses: { 200: { description: 'The API responds.', ...content('Health') } },
        },
      },
    },
    components: {
      schemas: Object.fromEntries(
        (Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])
          .filter((name) => hasWebhooks || !name.includes('Webhook'))
          .map((name) => [name, componentOf(name, limits)]),
      ),
      ...(scheme ? { securitySchemes: { caller: scheme } } : {}),
    },
  };
}
