import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type HttpRequest,
  type HttpTarget,
  keepAliveAgents,
  sendRequest,
} from '../../../src/http/httpClient';
import { type HttpResponse, readText } from '../../../src/http/httpResponse';
import { LeanClient } from '../../../src/http/lean/leanClient';
import { listen } from '../../servers/http/loopback';
import { calm } from '../../support/remoteCalls';
import { okay } from './lean/rawServer';

// An abort ends a request at any moment, over both clients: nothing of it stays behind, and the next request is served.

interface Client {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
  close(): void;
}

/** One connection at a time, because a connection that an aborted request keeps would block the next request. */
const clients: Readonly<Record<string, (target: HttpTarget) => Client>> = {
  'our own client': (target) => new LeanClient(target, { maxConnections: 1 }),
  "the editor's client": () => {
    const agents = keepAliveAgents(1);
    return {
      send: (request, signal) => sendRequest(request, agents, signal),
      close() {
        agents.http.destroy();
        agents.https.destroy();
      },
    };
  },
};

const half = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf';

/** What the service sends to a request of each path. */
const responses: Readonly<Record<string, string>> = {
  '/silent': '',
  '/unread': '',
  '/head': 'HTTP/1.1 200 OK\r\nx-am',
  '/half': half,
  '/whole': okay('whole'),
};

interface Given {
  readonly client: Client;
  /** The service's ends of all connections. */
  readonly sockets: readonly Socket[];
  /** The paths that arrived. */
  readonly paths: readonly string[];
  /** Resolves when the first bytes arrive. */
  readonly arrived: Promise<unknown>;
  send(more?: Partial<HttpRequest>, signal?: AbortSignal): Promise<HttpResponse>;
}

async function serving(
  open: (target: HttpTarget) => Client,
  protocol: string,
  work: (it: Given) => Promise<void>,
): Promise<void> {
  const sockets: Socket[] = [];
  const paths: string[] = [];
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      arrive();
      const path = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n/.exec(bytes.toString('latin1', 0, 100))?.[1];
      if (path === undefined) return;
      paths.push(path);
      if (path === '/unread') socket.pause();
      if (path === '/end') socket.end();
      else if (path === '/cut') socket.end(half);
      else socket.write(responses[path] ?? '');
    });
  });
  const { port, stop } = await listen(server);
  const target = { protocol, hostname: '127.0.0.1', port: String(port) };
  const client = open(target);
  const base = { ...target, method: 'GET', path: '/silent', headers: {} };
  const send: Given['send'] = (more, signal = calm) => client.send({ ...base, ...more }, signal);
  try {
    await work({ client, sockets, paths, arrived, send });
  } finally {
    client.close();
    await stop();
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  for (; !holds(); await sleep(2)) assert.ok(performance.now() < deadline, what);
}

/** The connections that are open. One that is not read would not notice its end. */
function openSockets({ sockets }: Given): number {
  return sockets.filter((socket) => !socket.resume().destroyed).length;
}

/** Timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

// ---- aborts -----------------------------------------------------------------------------------------------------

interface Moment {
  readonly title: string;
  readonly protocol?: string;
  readonly path?: string;
  readonly body?: () => Buffer | Readable;
  /** Another request has the only connection. */
  readonly isQueued?: boolean;
  /** Resolves at the moment of the abort. Absent = before the request is sent. */
  readonly until?: (it: Given, sent: Promise<HttpResponse>) => unknown;
  /** How the caller reads the response; `aborted` resolves to the reason. */
  readonly reads?: (response: HttpResponse, aborted: Promise<unknown>) => Promise<unknown>;
}

const atOnce = () => {};
const arrives = ({ arrived }: Given) => arrived;
const responds = (_: Given, sent: Promise<HttpResponse>) => sent;
const memory = (mebi: number) => () => Buffer.alloc(mebi * 1024 * 1024, 1);
const stream = () => {
  const body = new Readable({ read() {} });
  body.push('begin');
  return body;
};

const moments: readonly Moment[] = [
  { title: 'before it is sent' },
  { title: 'before a body is sent', body: stream },
  { title: 'while it connects', until: atOnce },
  { title: 'while it connects for a body', body: stream, until: atOnce },
  { title: 'while TLS is negotiated', protocol: 'https:', until: arrives },
  { title: 'while TLS is negotiated for a body', protocol: 'https:', body: stream, until: arrives },
  { title: 'while it waits for a connection', isQueued: true, path: '/queued', until: atOnce },
  {
    title: 'while its body waits for a connection',
    isQueued: true,
    path: '/queued',
    body: stream,
    until: atOnce,
  },
  { title: 'while bytes in memory are sent', path: '/unread', body: memory(16), until: arrives },
  // Our own client asks first whether the service wants so many.
  { title: 'while many bytes in memory are sent', path: '/unread', body: memory(33), until: arrives },
  { title: 'while a stream is sent', path: '/unread', body: stream, until: arrives },
  { title: 'before the response', until: arrives },
  {
    title: 'within the head of the response',
    path: '/head',
    until: ({ arrived }) => arrived.then(() => sleep(10)),
  },
  {
    title: 'before the response is read',
    path: '/half',
    until: responds,
    reads: (response, aborted) => aborted.then(() => response.whole(10)),
  },
  { title: 'while the response is read whole', path: '/half', until: responds },
  {
    title: 'while the response is streamed',
    path: '/half',
    until: (_, sent) => sent.then(() => sleep(10)),
    reads: (response) => response.stream().toArray(),
  },
  {
    title: 'while the response is poured',
    path: '/half',
    until: (_, sent) => sent.then(() => sleep(10)),
    reads: (response) => response.pour(() => {}),
  },
  {
    title: 'while the response is dropped',
    path: '/half',
    until: (_, sent) => sent.then(() => sleep(10)),
    reads: async (response, aborted) => {
      response.discard();
      throw await aborted;
    },
  },
];

function requestOf({ path = '/silent', body }: Moment): Partial<HttpRequest> {
  const content = body?.();
  if (content === undefined) return { path };
  const length = Buffer.isBuffer(content) ? content.length : 1000;
  return { path, method: 'PUT', headers: { 'content-length': String(length) }, body: content };
}

for (const [name, open] of Object.entries(clients))
  for (const moment of moments)
    test(`${name}: an abort ${moment.title} leaves nothing behind`, { timeout: 30_000 }, () =>
      serving(open, moment.protocol ?? 'http:', async (it) => {
        const { reads = (response: HttpResponse) => response.whole(10) } = moment;
        const reason = new Error('enough');
        const isReason = (error: unknown) => error === reason;
        const timersBefore = timers();
        const first = new AbortController();
        const before = moment.isQueued && assert.rejects(it.send({}, first.signal), isReason);
        if (before) await it.arrived;

        const stop = new AbortController();
        const { signal } = stop;
        const aborted = once(signal, 'abort').then(() => reason);
        const request = requestOf(moment);
        if (!moment.until) stop.abort(reason);
        const sent = it.send(request, signal);
        const ended = assert.rejects(
          sent.then((response) => reads(response, aborted)),
          isReason,
        );
        await moment.until?.(it, sent);
        stop.abort(reason);
        await ended;
        first.abort(reason);
        await before;

        if (moment.protocol === undefined)
          assert.equal(await readText(await it.send({ path: '/whole' }), 10), 'whole');
        const served = moment.protocol === undefined ? 1 : 0;
        await until(
          'all connections but that of the last request are closed',
          () => openSockets(it) <= served,
        );
        await until('all timers are stopped', () => timers() <= timersBefore);
        assert.ok(!it.paths.includes('/queued'));
        const { body } = request;
        if (!(body instanceof Readable)) return;
        await until('the body flows no longer', () => body.destroyed || !body.readableFlowing);
        // Our own client ends what it has begun to read. A caller ends the rest, whichever client it has.
        if (moment.path === '/unread' && name === 'our own client')
          await until('the body is closed', () => body.destroyed);
      }),
    );

// ---- other ends -------------------------------------------------------------------------------------------------

interface End {
  readonly title: string;
  readonly request: Partial<HttpRequest>;
  readonly reads?: (response: HttpResponse) => unknown;
  /** The code of the error. */
  readonly code?: string;
}

const failingSource = (): Readable =>
  new Readable({
    read() {
      this.destroy(Object.assign(new Error('the source failed'), { code: 'EIO' }));
    },
  });

const ends: readonly End[] = [
  { title: 'a response that is read', request: { path: '/whole' } },
  {
    title: 'a response that is dropped',
    request: { path: '/whole' },
    reads: (response) => response.discard(),
  },
  {
    title: 'a response that nobody wants to its end',
    request: { path: '/half' },
    reads: (response) => response.destroy(),
  },
  { title: 'a response that is cut', request: { path: '/cut' }, code: 'ECONNRESET' },
  { title: 'no response', request: { path: '/end' }, code: 'ECONNRESET' },
  { title: 'silence', request: { silenceTimeoutMs: 50 }, code: 'ETIMEDOUT' },
  {
    title: 'a source that fails',
    request: { method: 'PUT', headers: { 'content-length': '10' } },
    code: 'EIO',
  },
];

for (const [name, open] of Object.entries(clients)) {
  for (const { title, request, code, reads = (response: HttpResponse) => response.whole(10) } of ends)
    test(`${name}: after ${title} the signal has no listener, and its abort does nothing`, () =>
      serving(open, 'http:', async (it) => {
        const stop = new AbortController();
        const body = code === 'EIO' ? { body: failingSource() } : {};
        const done = it.send({ ...request, ...body }, stop.signal).then(reads);
        if (code === undefined) await done;
        else await assert.rejects(done, { code });
        await until('the signal has no listener', () => listeners(stop.signal) === 0);
        stop.abort(new Error('too late'));
        assert.equal(await readText(await it.send({ path: '/whole' }), 10), 'whole');
        if (request.path === '/whole') assert.equal(it.sockets.length, 1);
      }));

  test(`${name}: after a connection that could not be made the signal has no listener`, async () => {
    const { port, stop: close } = await listen(createServer());
    await close();
    const target = { protocol: 'http:', hostname: '127.0.0.1', port: String(port) };
    const client = open(target);
    const stop = new AbortController();
    for (const _ of [1, 2])
      await assert.rejects(client.send({ ...target, method: 'GET', path: '/', headers: {} }, stop.signal), {
        code: 'ECONNREFUSED',
      });
    assert.equal(listeners(stop.signal), 0);
  });
}
