/** Checks of responses against the OpenAPI document. */
import { z } from 'zod';
import type { ACCESS } from '../../../../contract/gateway.ts';
import { apiDocument } from '../../../../lambda/gateway/openapi.ts';
import type { StageLimits } from '../../../../lambda/gateway/stage-limits.ts';
import type { Response } from '../../../../lambda/gateway/response.ts';

export type Json = Record<string, unknown>;
export interface Described {
  headers?: Record<string, { required?: boolean }>;
  content: Record<string, { schema: { $ref: string } }>;
}
export interface Operation {
  operationId: string;
  security?: Record<string, string[]>[];
  requestBody?: Pick<Described, 'content'>;
  responses: Record<string, Described>;
}
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes?: Record<string, Json> };
}

/** Of a stage that takes all that a stage can. */
const WIDEST: StageLimits = { maxUploadBytes: 25e6, chromaSize: 512, bulkDeadlineSeconds: 3600 };

/** As clients receive it. */
export const documentOf = (
  access: (typeof ACCESS)[number],
  limits: Partial<StageLimits> = {},
  hasWebhooks = false,
) => JSON.parse(JSON.stringify(apiDocument(access, { ...WIDEST, ...limits }, hasWebhooks))) as Document;
export const open = documentOf('open');

export const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

/** A schema from the JSON of the document. */
export function schemaOf({ components }: Document, { content }: Pick<Described, 'content'>, type: string) {
  const name = content[type]?.schema.$ref.replace('#/components/schemas/', '') ?? '';
  const [root, ...others] = JSON.parse(
    JSON.stringify([components.schemas[name] ?? null, components.schemas]).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  ) as [Json | null, Json];
  return root ? z.fromJSONSchema({ ...root, $defs: others[0] } as Json) : undefined;
}

/** @returns how a response differs from the document; undefined if it does not */
export function deviationOf(document: Document, route: string, response: Response): string | undefined {
  const operation = operationsOf(document).find((one) => one.route === route)?.operation;
  const described = operation?.responses[response.statusCode];
  if (!described) return `no status ${response.statusCode} of ${route}`;
  const { 'content-type': type = '', 'retry-after': retryAfter } = response.headers;
  if (retryAfter !== undefined && !described.headers?.['Retry-After'])
    return `no Retry-After of ${response.statusCode}`;
  const missing = Object.keys(described.headers ?? {}).find(
    (name) => described.headers?.[name]?.required && !(name.toLowerCase() in response.headers),
  );
  if (missing) return `no ${missing} of ${response.statusCode}`;
  const schema = schemaOf(document, described, type);
  if (!schema) return `no ${type} of ${response.statusCode}`;
  const parsed = schema.safeParse(JSON.parse(response.body));
  return parsed.success ? undefined : parsed.error.message;
}
