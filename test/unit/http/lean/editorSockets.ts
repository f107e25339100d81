import net from 'node:net';
import { mock } from 'node:test';
import tls from 'node:tls';

/**
 * Replaces `net.connect` and `tls.connect` as the editor does with its setting "http.experimental.systemCertificatesV2": a socket that connects
 * later, after the certificates of the system were loaded (here: `trusted`). Undo with `mock.restoreAll()`.
 */
export function actAsEditor(trusted: readonly string[]): void {
  const { connect } = tls;
  const later = (options: net.NetConnectOpts): net.Socket => {
    const socket = new net.Socket();
    (socket as { connecting: boolean }).connecting = true;
    setImmediate(() => socket.connect(options));
    return socket;
  };
  mock.method(net, 'connect', later);
  mock.method(tls, 'connect', (options: tls.ConnectionOptions) =>
    connect({
      ...options,
      ca: [...trusted],
      socket: later({ host: options.host, port: options.port } as net.NetConnectOpts),
    }),
  );
}
