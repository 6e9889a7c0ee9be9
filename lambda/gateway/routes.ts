/** Routes requests, turns errors into problem responses and logs each request. */
import { inspect } from 'node:util';
import type { Access } from '../../contract/gateway.ts';
import { PAGE_FILES } from '../../contract/page.ts';
import { newPhotoSchema } from '../../contract/photo-api.ts';
import { callerFrom } from './callers.ts';
import { createPhoto, type NewUpload } from './create-photo.ts';
import { deletePhoto } from './delete-photo.ts';
import { apiDocument } from './openapi.ts';
import type { PageServer } from './page-server.ts';
import type { GatewayPorts, PhotoPlace, PhotoSettings } from './ports.ts';
import { ProblemError } from './problems.ts';
import { findPhoto, findRecord, readPhoto } from './read-photo.ts';
import { sharePhoto } from './share-photo.ts';
import { throughCdn } from './origin.ts';
import { type Webhooks } from './webhooks.ts';
import { parseBody, type Request } from './request.ts';
import { emptyResponse, jsonResponse, problemResponse, type Response } from './response.ts';

export interface Gateway {
  access: Access;
  /** Claim of a token with the groups of its user; empty: there are no groups. */
  groupsClaim: string;
  /** Of requests through CloudFront. @default - requests come directly */
  originDigests?: readonly string[];
  settings: PhotoSettings;
  ports: GatewayPorts;
  page: PageServer;
  /** @default - the stage has none */
  webhooks?: Webhooks | undefined;
  /** Unguessable. */
  newId: () => string;
  newTrace: () => string;
  /** What the log names a photo by. */
  logIdOf: (place: PhotoPlace) => string;
  /** Epoch seconds. */
  now: () => number;
  log: (line: Record<string, unknown>) => void;
}

/** Adds fields to the log line of the request. */
type Note = (fields: { photo: string; trace: string; sidelined?: boolean | null }) => void;

type Route = (request: Request, gateway: Gateway, note: Note) => Promise<Response> | Response;

/** Of any route: photos and webhooks of one caller have the same owner. */
const callerOf = ({ access, groupsClaim }: Gateway, { identity }: Request) =>
  callerFrom(access, identity, groupsClaim);

/** The routes that the stack declares in API Gateway, which rejects any other path. */
export const ROUTES = new Map<string, Route>(
  Object.entries({
    'POST /photos': async (request, gateway, note) => {
      const { ports, settings, newId, newTrace, logIdOf, now } = gateway;
      const caller = callerOf(gateway, request);
      const wanted = parseBody(request, newPhotoSchema);
      const [id, trace] = [newId(), newTrace()];
      note({ photo: logIdOf({ id, lane: wanted.lane }), trace });
      // Its queue is in its key, and so in its log id.
      const placed: NewUpload['placed'] = (photo, sidelined) =>
        note({ photo: logIdOf(photo), trace, ...(sidelined === false ? {} : { sidelined }) });
      const created = await createPhoto(wanted, caller, ports, settings, { id, trace, now: now(), placed });
      return jsonResponse(201, created, { location: `photos/${id}` });
    },
    'GET /photos/{id}': async (request, gateway, note) => {
      const { ports, settings, logIdOf, now } = gateway;
      const caller = callerOf(gateway, request);
      const record = await findPhoto(request.parameters.id ?? '', caller, ports, now());
      note({ photo: logIdOf(record), trace: record.trace });
      const { status, retryAfterSeconds } = await readPhoto(record, ports, settings, now());
      return jsonResponse(200, status, { retryAfterSeconds });
    },
    'POST /photos/{id}/share': async (request, gateway, note) => {
      const { ports, settings, logIdOf, now } = gateway;
      const record = await findPhoto(request.parameters.id ?? '', callerOf(gateway, request), ports, now());
      note({ photo: logIdOf(record), trace: record.trace });
      return jsonResponse(200, await sharePhoto(record, ports, settings, now()));
    },
    'DELETE /photos/{id}': async (request, gateway, note) => {
      const { ports, logIdOf, now } = gateway;
      const caller = callerOf(gateway, request);
      const record = await findRecord(request.parameters.id ?? '', caller, ports, now());
      note({ photo: logIdOf(record), trace: record.trace });
      return jsonResponse(200, await deletePhoto(record, ports, now()));
    },
    'GET /webhooks': async (request, gateway) => {
      const { webhooks, now } = gateway;
      if (!webhooks) return notFound();
      return jsonResponse(200, await webhooks.list(callerOf(gateway, request), now()));
    },
    'GET /webhooks/{id}': async (request, gateway) => {
      const { webhooks, now } = gateway;
      if (!webhooks) return notFound();
      const id = request.parameters.id ?? '';
      return jsonResponse(200, await webhooks.read(id, callerOf(gateway, request), now()));
    },
    'PUT /webhooks/{id}': async (request, gateway) => {
      const { webhooks, now } = gateway;
      if (!webhooks) return notFound();
      const { isNew, webhook } = await webhooks.put(request, callerOf(gateway, request), now());
      return jsonResponse(isNew ? 201 : 200, webhook);
    },
    'DELETE /webhooks/{id}': async (request, gateway) => {
      const { webhooks } = gateway;
      if (!webhooks) return notFound();
      await webhooks.remove(request.parameters.id ?? '', callerOf(gateway, request));
      return emptyResponse();
    },
    'GET /health': () => jsonResponse(200, { status: 'ok' }),
    'GET /openapi.json': (_, { access, settings, webhooks }) =>
      jsonResponse(200, apiDocument(access, settings, webhooks !== undefined)),
    ...Object.fromEntries(
      ['', ...PAGE_FILES].map((path) => [`GET /${path}`, pageFile(path === '' ? PAGE_FILES[0] : path)]),
    ),
  }),
);

function pageFile(name: string): Route {
  return async (request, { page }) => (await page.serve(name, request)) ?? notFound();
}

function notFound(): Response {
  return problemResponse(new ProblemError('not-found', 'No resource at this address.'));
}

/** After an internal error. */
const RETRY_AFTER_SECONDS = 5;

/** Stack and all causes, without the photo's id, which gives access to the photo. @param logId of the photo */
function errorText(error: unknown, { parameters: { id } }: Request, logId: string | undefined): string {
  const text = inspect(error);
  return id && logId ? text.replaceAll(id, logId) : text;
}

/** Never rejects: an internal error becomes a 503 with the request id under which the log has the error. */
export async function respond(request: Request, gateway: Gateway): Promise<Response> {
  const startMs = performance.now();
  const { route, id } = request;
  const photoId = request.parameters.id;
  let noted: { photo?: string; trace?: string } =
    photoId && route.includes('/photos/') ? { photo: gateway.logIdOf({ id: photoId }) } : {};
  const log = (response: Response, fields: Record<string, unknown> = {}) => {
    const ms = Math.round(performance.now() - startMs);
    gateway.log({
      message: 'request-handled',
      route,
      requestId: id,
      status: response.statusCode,
      ms,
      ...noted,
      ...fields,
    });
    return response;
  };
  try {
    const admitted = throughCdn(request, gateway.originDigests);
    return log(await (ROUTES.get(route) ?? notFound)(admitted, gateway, (fields) => (noted = fields)));
  } catch (error) {
    if (error instanceof ProblemError) return log(problemResponse(error), { code: error.code });
    const detail = `Internal error; try again in a moment (request ${id}).`;
    const failed = problemResponse(new ProblemError('unavailable', detail, RETRY_AFTER_SECONDS));
    return log(failed, { error: errorText(error, request, noted.photo) });
  }
}
