import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, WizardStep } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { bucketNameProblem } from '../../../../src/editor/items/newItemCommands';
import { findingItems, wrapText } from '../../../../src/editor/setup/connectionTest';
import { secretsOf, settingsOf } from '../../../../src/editor/setup/remoteWizard';
import { answerProblem } from '../../../../src/editor/setup/wizardInput';
import { propertiesText } from '../../../../src/editor/tree/propertiesDocument';
import { presentError } from '../../../../src/editor/window/errorMessages';
import { RemoteError } from '../../../../src/remote/remoteError';
import { parsePath } from '../../../../src/remote/remotePath';

const answers = {
  provider: 'Minio',
  endpoint: ' http://127.0.0.1:9000 ',
  credentials: 'keys',
  accessKeyId: 'KEY',
  secretAccessKey: 'SECRET',
  sessionToken: '',
  root: '',
  name: ' photos ',
};
const steps: readonly WizardStep[] = Object.keys(answers).map((field) => ({
  field,
  title: field,
  prompt: '',
  kind: s3Backend.secretFields.includes(field) ? 'secret' : 'text',
}));

test('no secret ever reaches the settings, and no empty answer', () => {
  const settings = settingsOf(s3Backend, steps, answers);
  assert.deepEqual(settings, {
    name: 'photos',
    backend: 's3',
    provider: 'Minio',
    endpoint: 'http://127.0.0.1:9000',
    credentials: 'keys',
    accessKeyId: 'KEY',
  });
  assert.deepEqual(s3Backend.check(settings), []);
  assert.deepEqual(secretsOf(s3Backend, steps, answers), { secretAccessKey: 'SECRET' });
});

test('a field that the backend calls secret is one, however its step is asked', () => {
  const backend = { ...s3Backend, secretFields: ['token'] } as Backend;
  const asked: WizardStep = { field: 'token', title: 'Token', prompt: '', kind: 'text' };
  assert.ok(!('token' in settingsOf(backend, [asked], { token: 't', name: 'x' })));
  assert.deepEqual(secretsOf(backend, [asked], { token: 't' }), { token: 't' });
});

test('an answer that no step asks for any more is dropped', () => {
  const left = steps.filter(({ field }) => field !== 'endpoint');
  assert.ok(!('endpoint' in settingsOf(s3Backend, left, answers)));
});

test('a yes-or-no answer is stored as what it means', () => {
  const asked: WizardStep = { field: 'forcePathStyle', title: 'Path style', prompt: '', kind: 'choice' };
  assert.equal(settingsOf(s3Backend, [asked], { forcePathStyle: 'true' })['forcePathStyle'], true);
});

test('an empty answer is fine for an optional step only', () => {
  const step: WizardStep = { field: 'root', title: 'Root', prompt: '', kind: 'text', problem: () => 'Bad.' };
  assert.equal(answerProblem({ ...step, optional: true }, ' '), undefined);
  assert.equal(answerProblem(step, ' '), 'Root is needed.');
  assert.equal(answerProblem(step, 'x'), 'Bad.');
});

test('a long finding goes on in lines of its own, broken at spaces, with nothing lost', () => {
  const text =
    'The key is known, but it may not list. Give it s3:ListBucket on the bucket, or set a root that it may list.';
  const lines = wrapText(text, 40);
  assert.ok(lines.length > 2 && lines.every((line) => line.length <= 40));
  assert.equal(lines.join(' '), text);
  assert.deepEqual(wrapText('averyveryverylongword b', 5), ['averyveryverylongword', 'b']);
});

test('a finding shows its icon as an icon, not as the name of one', () => {
  const [row] = findingItems({ title: 'Reached', outcome: 'ok', detail: 'It answers.' });
  assert.deepEqual([row?.icon, row?.label], ['pass-filled', 'Reached']);
});

test("a bucket's name is checked before anything is asked of the service", () => {
  for (const good of ['abc', 'my.bucket-1', '0ab', 'a'.repeat(63)])
    assert.equal(bucketNameProblem(good), undefined, good);
  for (const bad of ['ab', 'Abc', 'a_b', '-ab', 'ab-', 'a..b', '1.2.3.4', 'a'.repeat(64), 'a b'])
    assert.ok(bucketNameProblem(bad), bad);
});

test('an error is told with what did not work, why, and its ways out', () => {
  const error = new RemoteError('forbidden', 'site: access denied.');
  assert.deepEqual(presentError(error, "Can't list photos:site"), {
    short: 'access denied',
    text: "Can't list photos:site. site: access denied.",
    actions: ['editRemote', 'retry', 'showLog'],
  });
});

test('an expired sign-in offers its command to be copied', () => {
  const error = new RemoteError('unauthenticated', 'Expired.', { command: 'aws sso login --profile work' });
  const phrase = presentError(error, "Can't list photos");
  assert.equal(phrase.command, 'aws sso login --profile work');
  assert.equal(phrase.actions[0], 'copyCommand');
  assert.ok(
    !presentError(new RemoteError('unauthenticated', 'Wrong key.'), '').actions.includes('copyCommand'),
  );
});

test('a defect of ours is told as one, never as the storage refusing', () => {
  const phrase = presentError(new TypeError('x is not a function'), "Can't list photos");
  assert.match(phrase.text, /Internal error/);
  assert.deepEqual(phrase.actions, ['showLog', 'retry']);
});

test('properties are one line each, aligned, whatever stands in a value', () => {
  const text = propertiesText({ remote: 'photos', path: parsePath('site/a.txt') }, [
    {
      title: 'Object',
      properties: [
        { name: 'Size', value: '3 bytes' },
        { name: 'Cache-Control', value: 'a\nb' },
      ],
    },
    { title: 'Tags', properties: [] },
  ]);
  assert.equal(
    text,
    '# photos:site/a.txt\n\n[Object]\nSize          = 3 bytes\nCache-Control = a b\n\n[Tags]\n# none\n',
  );
});

test('who has keys is not told to sign in: they are refused, have expired, or are not there', () => {
  const short = (facts: ConstructorParameters<typeof RemoteError>[2]) =>
    presentError(new RemoteError('unauthenticated', 'No.', facts), "Can't list photos").short;
  assert.equal(short({ code: 'SignatureDoesNotMatch (403)' }), 'keys refused');
  assert.equal(short({ code: 'InvalidAccessKeyId (403)' }), 'keys refused');
  assert.equal(short({ code: '(401)' }), 'keys refused');
  assert.equal(short({ code: 'ExpiredToken (400)' }), 'keys expired');
  assert.equal(short({ code: 'InvalidToken (400)' }), 'keys expired');
  assert.equal(short({}), 'credentials missing');
  assert.equal(short({ command: 'aws sso login' }), 'sign-in needed');
  assert.equal(short({ signIn: true, code: 'signedOut' }), 'not signed in');
  assert.equal(short({ signIn: true }), 'sign-in expired');
});
