/**
 * The WebSocket `/ws?clientId=...`.
 *
 * As in ComfyUI, a client that reconnects under its id receives nothing more once its first connection closes.
 */
import { randomUUID } from 'node:crypto';
import { WebSocketServer, type WebSocket } from 'ws';
import type { LoopbackOptions } from '../../common/loopback.ts';
import { ALL, type Send } from './execute.ts';

export interface Events {
  send: Send;
  onUpgrade: NonNullable<LoopbackOptions['onUpgrade']>;
  close(): void;
}

/** @param status data of the `status` event that each client gets when it connects */
export function startEvents(status: () => object): Events {
  const sockets = new Map<string, WebSocket>();
  const webSockets = new WebSocketServer({ noServer: true });
  const onUpgrade: Events['onUpgrade'] = (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (!/^(\/api)?\/ws$/.test(pathname)) {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (client) => {
      const sid = searchParams.get('clientId') || randomUUID().replaceAll('-', '');
      sockets.set(sid, client);
      client.on('close', () => sockets.delete(sid));
      client.send(JSON.stringify({ type: 'status', data: { status: status(), sid } }));
    });
  };
  return {
    onUpgrade,
    send(type, data, to) {
      if (to === undefined) return;
      const frame = JSON.stringify({ type, data });
      for (const [sid, client] of sockets) if (to === ALL || to === sid) client.send(frame);
    },
    close() {
      for (const client of webSockets.clients) client.terminate();
      webSockets.close();
    },
  };
}
