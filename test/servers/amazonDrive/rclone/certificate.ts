import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import * as der from './der';

/** A certificate and its key, in PEM. */
export interface MadeCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A throw-away authority and a certificate that it signed. */
export interface MadeCertificates {
  /** The authority's certificate, in PEM. Its key is forgotten. */
  readonly authority: string;
  readonly server: MadeCertificate;
}

const DAY = 24 * 3_600_000;
const ECDSA_SHA256 = der.sequence(der.objectId('1.2.840.10045.4.3.2'));

/** Makes an authority that nobody else trusts and a server's certificate for `host`, both good for 30 days. */
export function makeCertificates(host: string): MadeCertificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const authorityName = nameOf('throw-away test authority');
  const authorityCertificate = signed(
    authority.privateKey,
    authorityName,
    authorityName,
    authority.publicKey,
    [
      extension('2.5.29.19', true, der.sequence(der.boolean(true))),
      // keyCertSign
      extension('2.5.29.15', true, der.bitString(Buffer.from([0x04]), 2)),
    ],
  );
  const serverCertificate = signed(authority.privateKey, authorityName, nameOf(host), server.publicKey, [
    // digitalSignature
    extension('2.5.29.15', true, der.bitString(Buffer.from([0x80]), 7)),
    // serverAuth
    extension('2.5.29.37', false, der.sequence(der.objectId('1.3.6.1.5.5.7.3.1'))),
    // A host is looked for in the alternative names only: tag 2 is a DNS name.
    extension('2.5.29.17', false, der.sequence(der.tagged(0x82, Buffer.from(host)))),
  ]);
  return {
    authority: pem(authorityCertificate),
    server: {
      certificate: pem(serverCertificate),
      key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  };
}

/** An X.509 certificate of version 3, in DER. */
function signed(
  issuerKey: KeyObject,
  issuer: Buffer,
  subject: Buffer,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
): Buffer {
  const serial = randomBytes(16);
  // A first byte of zero would be a number spelled longer than it may be.
  serial[0] = 0x40 | ((serial[0] ?? 0) & 0x3f);
  const now = Date.now();
  const content = der.sequence(
    der.tagged(0xa0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    ECDSA_SHA256,
    issuer,
    der.sequence(der.utcTime(now - DAY), der.utcTime(now + 30 * DAY)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.tagged(0xa3, der.sequence(...extensions)),
  );
  return der.sequence(content, ECDSA_SHA256, der.bitString(sign('sha256', content, issuerKey)));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.objectId(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** A name with a common name only. */
function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.objectId('2.5.4.3'), der.utf8String(commonName))));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
