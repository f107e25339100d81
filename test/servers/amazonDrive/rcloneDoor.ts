import { startProxy } from '../proxy/proxyServer';
import { certificateFile, startTlsFront } from '../tls/tlsFront';

/** The address is built into rclone. */
const BUILT_IN = 'drive.amazonaws.com:443';

/** The proxy by which rclone reaches the test server. */
export interface RcloneDoor {
  /** `http://127.0.0.1:PORT`, for HTTPS_PROXY. */
  readonly proxy: string;
  /** The authority to trust, in PEM, for SSL_CERT_FILE. */
  readonly caFile: string;
  /** All other addresses that were requested, as `host:port`. */
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts a proxy that connects the built-in address of Amazon Drive, with TLS, to the test server. The proxy rejects every other address,
 * so nothing leaves the machine.
 */
export async function startRcloneDoor(server: { readonly port: number }): Promise<RcloneDoor> {
  const tls = await startTlsFront(server.port, 'amazonDrive');
  const proxy = await startProxy({ hosts: { [BUILT_IN]: tls.port } });
  return {
    proxy: proxy.url,
    caFile: certificateFile('authority'),
    get refused() {
      return proxy.requests.filter(({ status }) => status !== 200).map(({ to }) => to);
    },
    stop: async () => {
      await Promise.all([proxy.stop(), tls.stop()]);
    },
  };
}
