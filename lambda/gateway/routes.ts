/** From a request to its answer: which rule, and what becomes of its refusal. */
import { inspect } from 'node:util';
import type { Access } from '../../contract/gateway.ts';
import { PAGE_FILES } from '../../contract/page.ts';
import { newPhotoSchema } from '../../contract/photo-api.ts';
import { callerFrom } from './callers.ts';
import { jsonResponse, parseBody, problemResponse, type Request, type Response } from './http.ts';
import { apiDocument } from './openapi.ts';
import type { Page } from './page-files.ts';
import { createPhoto, readPhoto, type PhotoSettings } from './photos.ts';
import type { GatewayPorts } from './ports.ts';
import { ProblemError } from './problems.ts';

export interface Gateway {
  access: Access;
  settings: PhotoSettings;
  ports: GatewayPorts;
  page: Page;
  /** An id that nobody can guess. */
  newId: () => string;
  /** Epoch seconds. */
  now: () => number;
  log: (line: Record<string, unknown>) => void;
}

type Route = (request: Request, gateway: Gateway) => Promise<Response> | Response;

/** As the stack declares them to API Gateway; any other path never comes here. */
const ROUTES = new Map<string, Route>(
  Object.entries({
    'POST /photos': async (request, { access, ports, settings, newId, now }) => {
      const caller = callerFrom(access, request.identity);
      const wanted = parseBody(request, newPhotoSchema);
      const created = await createPhoto(wanted, caller, ports, settings, { id: newId(), now: now() });
      return jsonResponse(201, created);
    },
    'GET /photos/{id}': async (request, { access, ports, settings, now }) => {
      const caller = callerFrom(access, request.identity);
      const { status, retryAfterSeconds } = await readPhoto(
        request.parameters.id ?? '',
        caller,
        ports,
        settings,
        now(),
      );
      return jsonResponse(200, status, { retryAfterSeconds });
    },
    'GET /health': () => jsonResponse(200, { status: 'ok' }),
    'GET /openapi.json': (_, { access }) => jsonResponse(200, apiDocument(access)),
    ...Object.fromEntries(
      ['', ...PAGE_FILES].map((path) => [`GET /${path}`, pageFile(path === '' ? PAGE_FILES[0] : path)]),
    ),
  }),
);

function pageFile(name: string): Route {
  return async (request, { page }) => (await page.serve(name, request)) ?? notFound();
}

function notFound(): Response {
  return problemResponse(new ProblemError('not-found', 'There is nothing at this address.'));
}

/** Seconds after which trying again is worth it when something here failed. */
const RETRY_AFTER_SECONDS = 5;

/** An id is the right to a photo: its beginning is enough to find it by in the log. */
const idPrefix = (id: string) => id.slice(0, 6);

/** With all its causes, which a stack alone does not have; an id that they name is cut as well. */
function errorText(error: unknown, { parameters: { id } }: Request): string {
  const reason = inspect(error);
  return id ? reason.replaceAll(id, `${idPrefix(id)}…`) : reason;
}

/** Never rejects: what goes wrong here is an answer, with the id under which the log has the reason. */
export async function respond(request: Request, gateway: Gateway): Promise<Response> {
  const startMs = performance.now();
  const { route, id } = request;
  const log = (response: Response, more: Record<string, unknown> = {}) => {
    const ms = Math.round(performance.now() - startMs);
    const photo = request.parameters.id && idPrefix(request.parameters.id);
    gateway.log({
      message: 'request',
      route,
      requestId: id,
      status: response.statusCode,
      ms,
      photo,
      ...more,
    });
    return response;
  };
  try {
    return log(await (ROUTES.get(route) ?? notFound)(request, gateway));
  } catch (error) {
    if (error instanceof ProblemError) return log(problemResponse(error), { code: error.code });
    const detail = `Something failed on our side; try again in a moment (request ${id}).`;
    const failed = problemResponse(
      new ProblemError('unavailable', detail, RETRY_AFTER_SECONDS, { cause: error }),
    );
    return log(failed, { error: errorText(error, request) });
  }
}
