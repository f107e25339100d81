import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowsDirect } from '../../../../src/editor/platform/directConnections';

const proxy = 'http://proxy.test:3128';

const rows: [allowed: boolean, settings: Readonly<Record<string, unknown>>][] = [
  [true, {}],
  [true, { 'cloudRemotes.directConnections': true, 'http.proxy': '' }],
  [true, { 'http.proxy': proxy, 'http.proxySupport': 'off' }],
  [true, { 'http.proxySupport': 'on' }],
  [false, { 'cloudRemotes.directConnections': false }],
  [false, { 'http.proxy': proxy }],
  [false, { 'http.proxy': proxy, 'http.proxySupport': 'fallback' }],
  [false, { 'cloudRemotes.directConnections': false, 'http.proxy': proxy, 'http.proxySupport': 'off' }],
];

for (const [allowed, settings] of rows)
  test(`${allowed ? 'own' : "only the editor's"} connections with ${JSON.stringify(settings)}`, () =>
    assert.equal(
      allowsDirect((name) => settings[name]),
      allowed,
    ));
