import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe } from 'node:test';
import { call, metadataPart, multipart, served, servedWith, uploadForm } from './testClient';

const md5 = (content: Buffer | string): string => createHash('md5').update(content).digest('hex');
const file = (name: string, more: object = {}) => ({ name, kind: 'FILE', ...more });

describe('uploading', () => {
  served('answers 201 with size and md5 of the content', async (client) => {
    const content = randomBytes(9 << 20); // more than is kept in memory
    const answer = await client.upload(file('big.bin'), content);
    assert.equal(answer.status, 201, answer.text);
    const { size, md5: told, contentType } = answer.json.contentProperties;
    assert.deepEqual([size, told, contentType], [content.length, md5(content), 'application/octet-stream']);
    assert.deepEqual(client.drive.read('big.bin'), content);
  });

  served('takes any number of empty files', async (client) => {
    for (const name of ['a', 'b']) {
      const answer = await client.upload(file(name), '', '');
      assert.deepEqual([answer.status, answer.json.contentProperties.size], [201, 0]);
    }
  });

  served('keeps line ends, dashes and a cut boundary in a content', async (client) => {
    const { body, type } = uploadForm(file('x'), 'PLACE');
    const boundary = type.split('=')[1] ?? '';
    const content = `\r\n--${boundary.slice(0, -1)}\r\n--\r\n\r\n--`;
    const whole = Buffer.from(body.toString().replace('PLACE', content));
    assert.equal((await client.sendForm({ body: whole, type })).status, 201);
    assert.equal(client.drive.read('x').toString(), content);
  });

  served('takes the name from the metadata only, whatever the head of the part holds', async (client) => {
    for (const [name, raw] of [
      ['a\r\n\r\nb', 'a\r\n\r\nb'],
      ['q"uote\\', 'q\\"uote\\\\'],
      ['ä\u0001\u007f', 'ä\u0001\u007f'],
    ] as const) {
      const answer = await client.sendForm(uploadForm(file(name), 'hello', raw));
      assert.deepEqual([answer.status, answer.json.name], [201, name]);
      const { id } = answer.json;
      assert.equal(client.drive.get(id)?.content?.stored.all().toString(), 'hello');
    }
  });

  served('understands escapes in JSON, and ignores bytes after the last boundary', async (client) => {
    const form = uploadForm('{"name":"a\\u0026b","kind":"FILE"}', 'x', 'x', '\r\nstray text');
    const answer = await client.sendForm(form);
    assert.deepEqual([answer.status, answer.json.name], [201, 'a&b']);
  });

  served('takes bodies in pieces of any size', async (client) => {
    const { body, type } = uploadForm(file('slow'), 'hello world');
    const socket = connect(client.server.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.write(
      `POST /cdproxy/nodes?suppress=deduplication HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    );
    for (const byte of body) socket.write(`1\r\n${String.fromCharCode(byte)}\r\n`);
    socket.end('0\r\n\r\n');
    let answer = '';
    for await (const piece of socket) answer += piece;
    assert.match(answer, /^HTTP\/1\.1 201 /);
    assert.equal(client.drive.read('slow').toString(), 'hello world');
  });

  served('refuses a content that the account has, unless the check is suppressed', async (client) => {
    const { id } = client.drive.putFile('held', 'same');
    const refused = await client.upload(file('copy'), 'same', '');
    assert.deepEqual(
      [refused.status, refused.json.code, refused.json.info],
      [409, 'MD5_DUPLICATE', { nodeId: id }],
    );
    assert.equal((await client.upload(file('copy'), 'same')).status, 201);
    client.drive.trash('held');
    client.drive.trash('copy');
    assert.equal((await client.upload(file('third'), 'same', '')).status, 201);
  });

  served('refuses taken names, bad parents, missing parts and incomplete forms', async (client) => {
    const { id } = client.drive.putFile('Taken', 'x');
    const taken = await client.upload(file('tAKEN'), 'y');
    assert.deepEqual(
      [taken.status, taken.json.code, taken.json.info],
      [409, 'NAME_ALREADY_EXISTS', { nodeId: id }],
    );
    assert.equal((await client.upload(file('x', { parents: ['A'.repeat(22)] }), 'y')).status, 400);
    assert.equal((await client.upload(file('x', { parents: [id] }), 'y')).status, 400);
    assert.equal((await client.upload('not JSON', 'y')).status, 400);
    assert.equal((await client.upload({ name: 'x', kind: 'FOLDER' }, 'y')).status, 400);
    assert.equal((await client.sendForm(multipart([metadataPart(file('x'))]))).status, 400);
    const whole = uploadForm(file('x'), 'hello');
    const cut = await client.sendForm({ ...whole, body: whole.body.subarray(0, -10) });
    assert.deepEqual([cut.status, cut.json], [400, { message: 'Cannot complete upload' }]);
    assert.deepEqual(client.drive.tree(), ['Taken']);
  });

  served('stores nothing when the client goes away in the middle', async (client) => {
    const { body, type } = uploadForm(file('x'), Buffer.alloc(100_000));
    const socket = connect(client.server.port, '127.0.0.1');
    socket.write(
      `POST /cdproxy/nodes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 50_000), () => socket.destroy());
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal((await client.upload(file('x'), 'fine')).status, 201);
    assert.equal(client.drive.read('x').toString(), 'fine');
  });
});

describe('overwriting', () => {
  served('keeps id, name and letter case, and raises the versions of node and content', async (client) => {
    const { id } = client.drive.putFile('Mixed.txt', 'one', { labels: ['kept'] });
    const answer = await client.overwrite(id, 'two!');
    assert.equal(answer.status, 200);
    const { name, version, labels, contentProperties } = answer.json;
    assert.deepEqual([answer.json.id, name, version, labels], [id, 'Mixed.txt', 2, ['kept']]);
    assert.deepEqual(
      [contentProperties.version, contentProperties.size, contentProperties.md5],
      [2, 4, md5('two!')],
    );
    assert.equal(client.drive.read('Mixed.txt').toString(), 'two!');
  });

  served('answers 404 for folders, trashed files and unknown ids', async (client) => {
    const { id } = client.drive.putFile('a', 'x');
    client.drive.trash('a');
    for (const wrong of [client.root, id, 'A'.repeat(22)])
      assert.equal((await client.overwrite(wrong, 'y')).status, 404);
  });
});

describe('downloading', () => {
  served('gives the whole content, and 404 for folders, trashed files and unknown ids', async (client) => {
    const content = randomBytes(5 << 20);
    const { id } = client.drive.putFile('a.jpg', content);
    const answer = await client.content('GET', `nodes/${id}/content`);
    assert.deepEqual([answer.status, answer.headers['content-length']], [200, String(content.length)]);
    assert.equal(answer.headers['content-type'], 'image/jpeg');
    assert.ok(answer.body.equals(content));
    client.drive.trash('a.jpg');
    for (const wrong of [client.root, id, 'A'.repeat(22)])
      assert.equal((await client.content('GET', `nodes/${wrong}/content`)).status, 404);
  });

  served('gives ranges with 206, and 416 beyond the end', async (client) => {
    const { id } = client.drive.putFile('a', '0123456789');
    const { id: empty } = client.drive.putFile('empty', '');
    const ranged = (range: string, of = id) =>
      client.content('GET', `nodes/${of}/content`, { headers: { range } });
    for (const [range, text, told] of [
      ['bytes=3-6', '3456', 'bytes 3-6/10'],
      ['bytes=8-', '89', 'bytes 8-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=5-100', '56789', 'bytes 5-9/10'],
    ] as const) {
      const answer = await ranged(range);
      assert.deepEqual([answer.status, answer.text, answer.headers['content-range']], [206, text, told]);
    }
    const outside = await ranged('bytes=10-');
    assert.deepEqual([outside.status, outside.headers['content-range']], [416, 'bytes */10']);
    assert.equal((await ranged('bytes=0-', empty)).status, 416);
    for (const range of ['bytes=0-1,4-5', 'bytes=5-3']) assert.equal((await ranged(range)).status, 200);
    assert.equal((await client.content('GET', `nodes/${empty}/content`)).status, 200);
  });

  served('offers the file as an attachment on demand', async (client) => {
    const { id } = client.drive.putFile('ä.txt', 'x');
    const answer = await client.content('GET', `nodes/${id}/content?download=true`);
    assert.equal(answer.headers['content-disposition'], "attachment; filename*=UTF-8''%C3%A4.txt");
  });

  servedWith({ redirectDownloads: true }, 'redirects to a signed URL on demand', async (client) => {
    const { id } = client.drive.putFile('a', 'hello');
    const answer = await client.content('GET', `nodes/${id}/content`);
    assert.equal(answer.status, 307);
    const location = new URL(answer.headers.location ?? '');
    assert.ok(location.searchParams.has('X-Amz-Algorithm'));
    const followed = await call(client.server.port, 'GET', location.pathname + location.search, {
      headers: { range: 'bytes=1-2' },
    });
    assert.deepEqual([followed.status, followed.text], [206, 'el']);
  });
});

describe('temporary links', () => {
  served('come on demand, for files only, and work only without a token', async (client) => {
    const { id } = client.drive.putFile('a', 'hello');
    assert.ok(!('tempLink' in (await client.meta('GET', `nodes/${id}`)).json));
    assert.ok(!('tempLink' in (await client.meta('GET', `nodes/${client.root}?tempLink=true`)).json));
    const { pathname, search } = new URL(
      (await client.meta('GET', `nodes/${id}?tempLink=true`)).json.tempLink,
    );
    const got = await call(client.server.port, 'GET', pathname + search);
    assert.deepEqual([got.status, got.text], [200, 'hello']);
    const doubled = await client.send('GET', pathname + search);
    assert.equal(doubled.status, 400);
    assert.match(doubled.text, /Only one auth mechanism allowed/);
    const forged = await call(client.server.port, 'GET', pathname + search.replace(/.$/, '!'));
    assert.equal(forged.status, 403);
    assert.ok(
      !JSON.stringify(client.server.requests).includes(
        new URLSearchParams(search).get('X-Amz-Signature') ?? '-',
      ),
    );
    client.server.setClock(Date.now() + 16 * 60_000);
    assert.match((await call(client.server.port, 'GET', pathname + search)).text, /Request has expired/);
  });
});
