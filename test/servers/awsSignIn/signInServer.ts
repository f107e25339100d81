import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../http/loopback';

/** Temporary keys, for a test to register with its S3 server. */
export interface GivenKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface SignInOptions {
  /** The code that `AssumeRole` must carry when a device is named. */
  readonly mfaCode?: string;
  /** The token that the single sign-on portal accepts. */
  readonly ssoToken?: string;
  /** Called with every pair of keys before the response. */
  readonly onGiven: (keys: GivenKeys) => void;
}

export interface SignInServer {
  readonly endpoint: string;
  /** `AssumeRole arn` and `GetRoleCredentials account/role`, oldest first. */
  readonly asked: readonly string[];
  /** How far the server's clock is ahead of the machine's, in milliseconds. Keys are valid for an hour. */
  aheadMs: number;
  /** Responds with endless white space. */
  endless: boolean;
  stop(): Promise<void>;
}

/**
 * Starts the parts of AWS STS and of the single sign-on portal that issue credentials, on a free port of 127.0.0.1: AssumeRole
 * in the query protocol, and GetRoleCredentials. The server does not check signatures.
 */
export async function startSignInServer(options: SignInOptions): Promise<SignInServer> {
  const asked: string[] = [];
  let given = 0;
  const give = (): GivenKeys => {
    const number = ++given;
    const keys = {
      accessKeyId: `ASIATEST${number}`,
      secretAccessKey: `secret-${number}`,
      sessionToken: `token-${number}`,
      expiresAt: Date.now() + state.aheadMs + 3_600_000,
    };
    options.onGiven(keys);
    return keys;
  };

  const assumeRole = (form: URLSearchParams): Answer => {
    asked.push(`AssumeRole ${form.get('RoleArn')}`);
    if (form.has('SerialNumber') && form.get('TokenCode') !== options.mfaCode)
      return refusal('AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.');
    const keys = give();
    return {
      status: 200,
      type: 'text/xml',
      body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey><SessionToken>${keys.sessionToken}</SessionToken><Expiration>${new Date(keys.expiresAt).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    };
  };

  const roleCredentials = (message: IncomingMessage, url: URL): Answer => {
    const { account_id, role_name } = Object.fromEntries(url.searchParams);
    asked.push(`GetRoleCredentials ${account_id}/${role_name}`);
    if (message.headers['x-amz-sso_bearer_token'] !== options.ssoToken)
      return json(401, { __type: 'UnauthorizedException', message: 'Session token not found or invalid' });
    const { expiresAt, ...keys } = give();
    return json(200, { roleCredentials: { ...keys, expiration: expiresAt } });
  };

  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const url = new URL(message.url ?? '/', 'http://sign.in');
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const answer =
        message.method === 'POST' && form.get('Action') === 'AssumeRole'
          ? assumeRole(form)
          : url.pathname === '/federation/credentials'
            ? roleCredentials(message, url)
            : refusal('InvalidAction', `Could not find operation for ${message.method} ${url.pathname}`);
      response.writeHead(answer.status, { 'content-type': answer.type });
      if (state.endless) sendForEver(response);
      else response.end(answer.body);
    });
  });
  const { origin, stop } = await listen(server);
  const state: SignInServer = { endpoint: origin, asked, aheadMs: 0, endless: false, stop };
  return state;
}

function sendForEver(response: ServerResponse): void {
  const piece = Buffer.alloc(1024 * 1024, 0x20);
  const send = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', send);
  send();
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function json(status: number, content: object): Answer {
  return { status, type: 'application/json', body: JSON.stringify(content) };
}

function refusal(code: string, message: string): Answer {
  return {
    status: 403,
    type: 'text/xml',
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  };
}
