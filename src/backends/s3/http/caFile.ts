import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';
import { RemoteError } from '../../../remote/remoteError';
import { decodeText } from '../../../remote/textFile';

/** The certificates that Node trusts by default and those of the PEM file. Throws RemoteError `badSettings` for a file that can't be read. */
export async function trustedCertificates(file: string): Promise<string[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new RemoteError('badSettings', `"caFile" can't be read: ${whyUnreadable(file, error)}.`, {
      cause: error,
    });
  }
  const decoded = decodeText(bytes);
  const found =
    'text' in decoded && decoded.text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (!found)
    throw new RemoteError(
      'badSettings',
      `"caFile" (${file}) holds no certificate. It must be in PEM format.`,
    );
  for (const pem of found)
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw new RemoteError(
        'badSettings',
        `"caFile" (${file}) holds a certificate that can't be read. Ask the operator of the service for a new file.`,
        { cause: error },
      );
    }
  // Includes NODE_EXTRA_CA_CERTS, where this version of Node can list its certificates.
  const { getCACertificates } = tls as { getCACertificates?(type: 'default'): readonly string[] };
  const trusted = getCACertificates?.('default') ?? tls.rootCertificates;
  return [...trusted, ...found];
}

function whyUnreadable(file: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no file ${file}`;
  return code === 'EISDIR' ? `${file} is a folder` : `${file}: ${message}`;
}
