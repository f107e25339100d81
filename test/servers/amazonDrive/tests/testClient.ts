import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { type Answer, call as send } from '../../http/call';
import {
  type DriveServerOptions,
  type DriveStore,
  type DriveTestServer,
  startDriveServer,
} from '../driveServer';

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, without a content type. */
  readonly body?: string | Buffer | object;
}

/** A minimal signed-in client of one account. */
export class TestClient {
  readonly token: string;
  readonly drive: DriveStore;

  constructor(
    readonly server: DriveTestServer,
    readonly account = 'anna@example.com',
    scopes?: readonly string[],
  ) {
    this.token = server.issueToken(account, scopes).access_token;
    this.drive = server.drive(account);
  }

  get root(): string {
    return this.drive.root.id;
  }

  /** A call on the metadata address, such as `nodes/{id}`. */
  meta(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return this.send(method, `/drive/v1/${path}`, options);
  }

  /** A call on the content address. */
  content(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    return this.send(method, `/cdproxy/${path}`, options);
  }

  /** The names that a filter finds, sorted. */
  async find(filters: string, more = ''): Promise<string[]> {
    const answer = await this.meta('GET', `nodes?filters=${encodeURIComponent(filters)}${more}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.json.data.map((node: { name?: string }) => node.name ?? '(root)').sort();
  }

  /** Uploads as rclone does. */
  upload(
    metadata: object | string,
    content: string | Buffer,
    query = '?suppress=deduplication',
  ): Promise<Answer> {
    return this.sendForm(uploadForm(metadata, content), query);
  }

  /** Uploads a hand-made form. */
  sendForm({ body, type }: Form, query = '?suppress=deduplication'): Promise<Answer> {
    return this.content('POST', `nodes${query}`, { headers: { 'content-type': type }, body });
  }

  /** Overwrites as rclone does. */
  overwrite(id: string, content: string | Buffer): Promise<Answer> {
    const { body, type } = multipart([contentPart(content)]);
    return this.content('PUT', `nodes/${id}/content`, { headers: { 'content-type': type }, body });
  }

  send(method: string, path: string, { headers = {}, body }: CallOptions = {}): Promise<Answer> {
    return call(this.server.port, method, path, {
      headers: { authorization: `Bearer ${this.token}`, ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }
}

/** The form of an upload, as rclone writes it. */
export function uploadForm(
  metadata: object | string,
  content: string | Buffer,
  fileName = 'x',
  epilogue = '\r\n',
): Form {
  return multipart([metadataPart(metadata), contentPart(content, fileName)], epilogue);
}

export function metadataPart(metadata: object | string): FormPartText {
  const body = typeof metadata === 'string' ? metadata : JSON.stringify(metadata);
  return { head: 'Content-Disposition: form-data; name="metadata"', body };
}

function contentPart(body: string | Buffer, fileName = 'x'): FormPartText {
  const disposition = `Content-Disposition: form-data; name="content"; filename="${fileName}"`;
  return { head: `${disposition}\r\nContent-Type: application/octet-stream`, body };
}

export interface Form {
  readonly body: Buffer;
  readonly type: string;
}

interface FormPartText {
  readonly head: string;
  readonly body: string | Buffer;
}

/** A multipart body, written exactly as given. */
export function multipart(parts: readonly FormPartText[], epilogue = '\r\n'): Form {
  const boundary = randomBytes(30).toString('hex');
  const pieces = parts.flatMap(({ head, body }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return {
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--${epilogue}`)]),
    type: `multipart/form-data; boundary=${boundary}`,
  };
}

/** One request over a new connection to a server. */
export function call(
  port: number,
  method: string,
  path: string,
  { headers, body }: CallOptions = {},
): Promise<Answer> {
  const content =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return send(`http://127.0.0.1:${port}`, method, path, headers, content);
}

/** A test with its own server, and a client that is signed in to an empty drive. */
export function served(title: string, work: (client: TestClient) => Promise<void>): void {
  servedWith({}, title, work);
}

export function servedWith(
  options: DriveServerOptions,
  title: string,
  work: (client: TestClient) => Promise<void>,
): void {
  it(title, async () => {
    const server = await startDriveServer(options);
    await work(new TestClient(server)).finally(() => server.stop());
  });
}

/** Starts servers for a test and stops them together. */
export class TestServers {
  private running: DriveTestServer[] = [];

  async start(options: DriveServerOptions = {}): Promise<DriveTestServer> {
    const server = await startDriveServer(options);
    this.running.push(server);
    return server;
  }

  async client(options: DriveServerOptions = {}): Promise<TestClient> {
    return new TestClient(await this.start(options));
  }

  async stop(): Promise<void> {
    for (const server of this.running.splice(0)) await server.stop();
  }
}
