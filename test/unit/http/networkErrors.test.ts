import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionError, networkError } from '../../../src/http/networkErrors';
import { isRemoteError, RemoteError } from '../../../src/remote/remoteError';

const context = { service: 'host:1', setting: 'endpoint', trust: 'Trust it.', hostHint: '; hint' };
const coded = (code: string, more = {}) => Object.assign(new Error('x'), { code, ...more });

for (const [code, kind, says] of [
  ['ECONNREFUSED', 'unavailable', /^host:1 refuses connections\. .*"endpoint"/],
  ['ENOTFOUND', 'unavailable', /^The host host:1 can't be found\. .*"endpoint"; hint\.$/],
  ['EAI_AGAIN', 'unavailable', /can't be found/],
  ['ECONNRESET', 'unavailable', /closed the connection/],
  ['EPIPE', 'unavailable', /closed the connection/],
  ['ETIMEDOUT', 'unavailable', /doesn't respond in time/],
  ['EHOSTUNREACH', 'unavailable', /can't be reached over the network/],
  ['EPROTO', 'badSettings', /doesn't speak TLS there\. Does "endpoint"/],
  ['HPE_INVALID_CONSTANT', 'badSettings', /port in "endpoint"/],
  ['CERT_HAS_EXPIRED', 'badSettings', /its certificate has expired\. Trust it\.$/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'badSettings', /another host name/],
  ['ERR_TLS_PSK', 'badSettings', /No secure connection .*\(ERR_TLS_PSK\)/],
] as const)
  test(`the network error ${code} has a kind and a sentence with the remedy`, () => {
    const error = coded(code);
    for (const found of [networkError(error, context), connectionError(error, context)]) {
      assert.ok(isRemoteError(found, kind), code);
      assert.match(found.message, says);
      assert.deepEqual([found.code, found.cause], [code, error]);
    }
  });

test('the host in the error is reported', () => {
  const error = coded('ENOTFOUND', { hostname: 'bucket.host' });
  assert.match(networkError(error, context)?.message ?? '', /host bucket\.host can't be found/);
});

test('an unreachable proxy and a timeout of the SDK are recognised without a code', () => {
  const proxy = new Error('Failed to establish a socket connection to proxies: PROXY 127.0.0.1:1');
  assert.match(networkError(proxy, context)?.message ?? '', /"http\.proxy"/);
  const timeout = Object.assign(new Error('x'), { name: 'TimeoutError' });
  assert.match(networkError(timeout, context)?.message ?? '', /in time/);
});

test('an unknown error ends a connection but is not a network error; a RemoteError stays as it is', () => {
  const unknown = coded('whatever');
  assert.equal(networkError(unknown, context), undefined);
  assert.ok(isRemoteError(connectionError(unknown, context), 'unavailable'));
  const own = new RemoteError('changed', 'The source changed.');
  assert.equal(connectionError(own, context), own);
});
