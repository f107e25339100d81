import assert from 'node:assert/strict';
import { answered, type Check, checks } from './check';

const MINUTE = 60_000;

export const signatureChecks: Check[] = checks('signatures', {
  'a wrong secret is SignatureDoesNotMatch': async (world) => {
    const sent = await world.send('PUT', 'a', { body: 'x' }, { secretAccessKey: 'wrong' });
    answered(sent, 403, 'SignatureDoesNotMatch');
    assert.equal(await world.exists('a'), false);
  },
  'an unknown key is InvalidAccessKeyId': async (world) => {
    const sent = await world.send('GET', 'a', {}, { accessKeyId: 'AKIAUNKNOWNUNKNOWN00' });
    answered(sent, 403, 'InvalidAccessKeyId');
  },
  'an unsigned request is AccessDenied': async (world) => {
    answered(await world.send('GET', 'a', { signature: 'none' }), 403, 'AccessDenied');
    answered(await world.send('PUT', 'a', { signature: 'none', body: 'x' }), 403, 'AccessDenied');
  },
  'a request signed 20 minutes ago or ahead is RequestTimeTooSkewed': async (world) => {
    for (const signedAt of [Date.now() - 20 * MINUTE, Date.now() + 20 * MINUTE])
      answered(await world.send('GET', 'a', { signedAt }), 403, 'RequestTimeTooSkewed');
  },
  'a request signed 10 minutes ago is accepted': async (world) => {
    answered(await world.send('PUT', 'a', { signedAt: Date.now() - 10 * MINUTE, body: 'x' }), 200);
  },
  'a request signed for another region is AuthorizationHeaderMalformed and names the right one': async (
    world,
  ) => {
    const answer = await world.send('GET', 'a', {}, { region: 'xx-nowhere-9' });
    answered(answer, 400, 'AuthorizationHeaderMalformed');
    assert.match(answer.text, new RegExp(`<Region>${world.target.region}</Region>`));
  },
  'a presigned GET and PUT work': async (world) => {
    answered(await world.send('PUT', 'a b+c', { signature: 'query', body: 'hello' }), 200);
    const got = await world.send('GET', 'a b+c', { signature: 'query' });
    answered(got, 200);
    assert.equal(got.text, 'hello');
  },
  'an expired presigned URL is AccessDenied': async (world) => {
    await world.put('a');
    const response = await world.send('GET', 'a', {
      signature: 'query',
      signedAt: Date.now() - 5 * MINUTE,
      expires: 60,
    });
    answered(response, 403, 'AccessDenied');
  },
  'a presigned URL used for another key is refused': async (world) => {
    await world.put('a');
    const response = await world.send('GET', 'a', { signature: 'query' }, { secretAccessKey: 'wrong' });
    answered(response, 403, 'SignatureDoesNotMatch');
  },
  'a presigned URL for longer than a week is refused': async (world) => {
    const response = await world.send('GET', 'a', { signature: 'query', expires: 604_801 });
    answered(response, 400, 'AuthorizationQueryParametersError');
  },
  'spaces inside signed header values do not matter to the signature': async (world) => {
    answered(await world.send('PUT', 'a', { body: 'x', headers: { 'x-amz-meta-m': 'one two' } }), 200);
  },
  'an error has code, message, resource and request id': async (world) => {
    const answer = await world.send('GET', 'nothing');
    answered(answer, 404, 'NoSuchKey');
    assert.match(answer.headers['content-type'] ?? '', /xml/);
    for (const name of ['Message', 'RequestId'])
      assert.match(answer.text, new RegExp(`<${name}>[^<]+</${name}>`));
    assert.ok(answer.headers['x-amz-request-id']);
  },
});
