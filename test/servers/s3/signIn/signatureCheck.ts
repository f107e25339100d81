import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isDirectory } from '../operations/directoryBuckets';
import { S3Error } from '../requests/s3Error';
import { decode, headerOf, type S3Request } from '../requests/s3Request';

const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRES_SECONDS = 604_800;

/** A key pair that the server accepts. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** If set, requests must carry exactly this session token. */
  sessionToken?: string;
  /** From this moment (milliseconds since 1970) the server answers ExpiredToken. */
  expiresAt?: number;
}

/** The sender of a request, with the keys to check the signatures of its body's chunks. */
export interface Identity {
  accessKeyId: string;
  /** The region of the credential scope. */
  region: string;
  signingKey: Buffer;
  /** The request's own signature, which starts the chain of chunk signatures. */
  seedSignature: string;
  timestamp: string;
  scope: string;
}

interface Claim {
  credential: string;
  signedHeaders: string[];
  signature: string;
  timestamp: string;
  payloadHash: string;
  presigned: boolean;
}

/** Verifies AWS Signature Version 4, in the header or in a presigned URL. */
export class SignatureCheck {
  private readonly signingKeys = new Map<string, Buffer>();

  /**
   * @param credentials by access key id
   * @param acceptsRegion whether the server accepts requests that are signed for a region
   * @param region the region that refusals name
   */
  constructor(
    private readonly credentials: ReadonlyMap<string, Credentials>,
    private readonly region: string,
    private readonly acceptsRegion: (region: string) => boolean,
    private readonly now: () => number,
  ) {}

  /** Undefined for an unsigned request; throws S3Error for a wrong signature, an unknown key and a time outside of the window. */
  check(request: S3Request): Identity | undefined {
    const claim = readClaim(request);
    if (claim === undefined) return undefined;
    const [accessKeyId = '', date = '', region = '', service = '', terminal = ''] =
      claim.credential.split('/');
    const express = service === 's3express' && isDirectory(request.bucket);
    if ((service !== 's3' && !express) || terminal !== 'aws4_request')
      throw malformed('The Credential is mal-formed.');

    const owner = this.credentials.get(accessKeyId);
    if (owner === undefined)
      throw new S3Error('InvalidAccessKeyId', 'The key does not exist.', { AWSAccessKeyId: accessKeyId });
    if (!this.acceptsRegion(region))
      throw new S3Error(
        'AuthorizationHeaderMalformed',
        `The authorization header is malformed; the region '${region}' is wrong; expecting '${this.region}'`,
        { Region: this.region },
      );
    const token =
      headerOf(request, 'x-amz-s3session-token') ??
      headerOf(request, 'x-amz-security-token') ??
      request.query.get('X-Amz-Security-Token');
    if (token !== owner.sessionToken)
      throw new S3Error('InvalidToken', 'The provided token is malformed or otherwise invalid.');
    if (owner.expiresAt !== undefined && this.now() >= owner.expiresAt)
      throw new S3Error('ExpiredToken', 'The provided token has expired.');
    this.checkTime(request, claim, date);
    checkSignedHeaders(request, claim);

    const scope = `${date}/${region}/${service}/aws4_request`;
    const canonical = canonicalRequest(request, claim);
    const stringToSign = `AWS4-HMAC-SHA256\n${claim.timestamp}\n${scope}\n${sha256(canonical)}`;
    const signingKey = this.signingKey(owner, date, region, service);
    const expected = createHmac('sha256', signingKey).update(stringToSign).digest();
    const given = Buffer.from(claim.signature, 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new S3Error('SignatureDoesNotMatch', 'The request signature does not match.', {
        AWSAccessKeyId: accessKeyId,
        StringToSign: stringToSign,
        CanonicalRequest: canonical,
      });
    return {
      accessKeyId,
      region,
      signingKey,
      seedSignature: claim.signature,
      timestamp: claim.timestamp,
      scope,
    };
  }

  private checkTime(request: S3Request, claim: Claim, date: string): void {
    const signedAt = parseTimestamp(claim.timestamp);
    const now = this.now();
    if (Number.isNaN(signedAt) || !claim.timestamp.startsWith(date))
      throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
    if (!claim.presigned) {
      if (Math.abs(now - signedAt) <= MAX_SKEW_MS) return;
      throw new S3Error('RequestTimeTooSkewed', 'The request time is too far from the current time.', {
        RequestTime: claim.timestamp,
        ServerTime: new Date(now).toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      });
    }
    const expires = Number(request.query.get('X-Amz-Expires'));
    if (!Number.isInteger(expires) || expires < 1 || expires > MAX_EXPIRES_SECONDS)
      throw new S3Error('AuthorizationQueryParametersError', 'X-Amz-Expires must be at most a week.');
    if (signedAt - now > MAX_SKEW_MS) throw new S3Error('AccessDenied', 'Request is not valid yet');
    if (now > signedAt + expires * 1000)
      throw new S3Error('AccessDenied', 'Request has expired', {
        'X-Amz-Expires': String(expires),
        Expires: new Date(signedAt + expires * 1000).toISOString(),
        ServerTime: new Date(now).toISOString(),
      });
  }

  private signingKey(owner: Credentials, date: string, region: string, service: string): Buffer {
    const name = `${owner.accessKeyId}/${date}/${region}/${service}/${owner.secretAccessKey}`;
    let key = this.signingKeys.get(name);
    if (key === undefined) {
      key = [service, 'aws4_request'].reduce(
        (parent, part) => hmac(parent, part),
        hmac(hmac(`AWS4${owner.secretAccessKey}`, date), region),
      );
      this.signingKeys.set(name, key);
    }
    return key;
  }
}

/** The payload hash that the request declares: a hex SHA-256, UNSIGNED-PAYLOAD or one of the STREAMING names. */
export function declaredPayloadHash(request: S3Request): string {
  return (
    headerOf(request, 'x-amz-content-sha256') ??
    request.query.get('X-Amz-Content-Sha256') ??
    'UNSIGNED-PAYLOAD'
  );
}

function readClaim(request: S3Request): Claim | undefined {
  const header = headerOf(request, 'authorization');
  if (header !== undefined) {
    const match = /^AWS4-HMAC-SHA256\s+(.*)$/.exec(header);
    if (!match) throw new S3Error('InvalidRequest', 'Please use AWS4-HMAC-SHA256.');
    const fields = new Map<string, string>();
    for (const field of (match[1] ?? '').split(',')) {
      const equals = field.indexOf('=');
      fields.set(field.slice(0, equals).trim(), field.slice(equals + 1).trim());
    }
    if (headerOf(request, 'x-amz-content-sha256') === undefined)
      throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
    return {
      credential: need(fields.get('Credential'), 'Credential'),
      signedHeaders: need(fields.get('SignedHeaders'), 'SignedHeaders').split(';'),
      signature: need(fields.get('Signature'), 'Signature'),
      timestamp: headerOf(request, 'x-amz-date') ?? '',
      payloadHash: declaredPayloadHash(request),
      presigned: false,
    };
  }
  if (!request.query.has('X-Amz-Algorithm') && !request.query.has('X-Amz-Signature')) return undefined;
  const field = (name: string): string => {
    const value = request.query.get(name);
    if (value !== undefined && value !== '') return value;
    throw new S3Error('AuthorizationQueryParametersError', `The parameter ${name} is missing.`);
  };
  if (field('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256')
    throw new S3Error('AuthorizationQueryParametersError', 'Please use AWS4-HMAC-SHA256.');
  return {
    credential: field('X-Amz-Credential'),
    signedHeaders: field('X-Amz-SignedHeaders').split(';'),
    signature: field('X-Amz-Signature'),
    timestamp: field('X-Amz-Date'),
    payloadHash: declaredPayloadHash(request),
    presigned: true,
  };
}

function checkSignedHeaders(request: S3Request, claim: Claim): void {
  const signed = new Set(claim.signedHeaders);
  for (const name of Object.keys(request.headers)) {
    if (name !== 'host' && !name.startsWith('x-amz-')) continue;
    if (signed.has(name) || (claim.presigned && name === 'x-amz-content-sha256')) continue;
    throw new S3Error('AccessDenied', 'A header was not signed.', { HeadersNotSigned: name });
  }
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const pairs: [string, string][] = [];
  for (const [name, value] of request.query) {
    if (name !== 'X-Amz-Signature') pairs.push([encode(name), encode(value)]);
  }
  pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1));
  let headers = '';
  for (const name of claim.signedHeaders) {
    // Node decodes headers as latin1: one character per byte.
    const value = headerOf(request, name) ?? '';
    headers += `${name}:${value.replace(/^[\t ]+|[\t ]+$/g, '').replace(/ +/g, ' ')}\n`;
  }
  const path = encode(decode(request.rawPath)).replaceAll('%2F', '/');
  const query = pairs.map(([name, value]) => `${name}=${value}`).join('&');
  return `${request.method}\n${path}\n${query}\n${headers}\n${claim.signedHeaders.join(';')}\n${claim.payloadHash}`;
}

/** Percent-encodes as signatures need it. Not the function of the extension, whose errors it must find. */
export function encode(text: string): string {
  if (/^[A-Za-z0-9\-._~]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function need(value: string | undefined, field: string): string {
  if (value !== undefined && value !== '') return value;
  throw malformed(`The authorization header is malformed; missing ${field}.`);
}

function malformed(message: string): S3Error {
  return new S3Error('AuthorizationHeaderMalformed', message);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
