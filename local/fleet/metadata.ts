/** Instance metadata service (IMDSv2) of one instance, with the paths that a worker reads. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { REGION } from '../../common/environment.ts';
import { listenOnLoopback } from '../../common/loopback.ts';
import { isTerminating, isWarm, type Instance } from './instance.ts';

export interface MetadataServer {
  url: string;
  /** Publishes a Spot interruption notice. */
  noticeSpot(at: Date): void;
  close(): Promise<void>;
}

const TOKEN_PATH = '/latest/api/token';
const DATA = '/latest/meta-data/';

function targetState(instance: Instance): string {
  if (isTerminating(instance)) return isWarm(instance) ? 'Warmed:Terminated' : 'Terminated';
  return isWarm(instance) ? 'Warmed:Stopped' : 'InService';
}

export async function startMetadata(
  instance: Instance,
  tags: Record<string, string>,
): Promise<MetadataServer> {
  const tokens = new Set<string>();
  let spotAt: Date | undefined;

  /** @returns undefined for an unknown path */
  const value = (path: string): string | undefined => {
    const tag = /^tags\/instance\/(.+)$/.exec(path)?.[1];
    if (tag !== undefined) return tags[decodeURIComponent(tag)];
    const values: Record<string, string | undefined> = {
      'instance-id': instance.id,
      'instance-type': instance.type,
      'instance-life-cycle': instance.market,
      'placement/region': REGION,
      'placement/availability-zone': instance.zone,
      'tags/instance': Object.keys(tags).join('\n'),
      'tags/instance/': Object.keys(tags).join('\n'),
      'autoscaling/target-lifecycle-state': targetState(instance),
      'spot/instance-action':
        spotAt && JSON.stringify({ action: 'terminate', time: spotAt.toISOString().replace(/\.\d+Z$/, 'Z') }),
    };
    return values[path];
  };

  const respond = (request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, body = '') =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === TOKEN_PATH) {
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (request.method !== 'PUT') return send(405);
      if (!(seconds >= 1 && seconds <= 21_600)) return send(400);
      const token = randomUUID();
      tokens.add(token);
      return send(200, token);
    }
    if (!tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) return send(401);
    const found = path.startsWith(DATA) ? value(path.slice(DATA.length)) : undefined;
    return found === undefined ? send(404) : send(200, found);
  };

  const { url, close } = await listenOnLoopback((request, response) => void respond(request, response));
  return { url, noticeSpot: (at) => void (spotAt = at), close };
}
