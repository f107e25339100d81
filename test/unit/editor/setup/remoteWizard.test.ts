import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, WizardStep } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { bucketNameProblem } from '../../../../src/editor/items/newItemCommands';
import { findingItems, wrapText } from '../../../../src/editor/setup/connectionTest';
import { type Answers, RemoteDraft } from '../../../../src/editor/setup/remoteDraft';
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

/** A draft whose backend asks for `fields`, each as a text. */
function draftOf(fields: readonly string[], given: Answers, backend: Backend = s3Backend): RemoteDraft {
  const steps = fields.map((field): WizardStep => ({ field, title: field, prompt: '', kind: 'text' }));
  return new RemoteDraft({ ...backend, wizardSteps: () => steps }, given, 'own');
}

test('no secret and no empty answer reaches the settings', () => {
  const { settings, secrets } = draftOf(Object.keys(answers), answers);
  assert.deepEqual(Object.entries(settings), [
    ['name', 'photos'],
    ['backend', 's3'],
    ['provider', 'Minio'],
    ['endpoint', 'http://127.0.0.1:9000'],
    ['credentials', 'keys'],
    ['accessKeyId', 'KEY'],
  ]);
  assert.deepEqual(s3Backend.check(settings), []);
  assert.deepEqual(secrets, { secretAccessKey: 'SECRET' });
});

test('a secret field of the backend is secret even when its step is a plain text', () => {
  const draft = draftOf(['token'], { token: 't', name: 'x' }, { ...s3Backend, secretFields: ['token'] });
  assert.deepEqual(draft.settings, { name: 'x', backend: 's3' });
  assert.deepEqual(draft.secrets, { token: 't' });
});

test('an answer without a step is dropped, and a yes-or-no answer becomes a boolean', () => {
  const { settings } = draftOf(['forcePathStyle'], { ...answers, forcePathStyle: 'true' });
  assert.deepEqual(settings, { name: 'photos', backend: 's3', forcePathStyle: true });
});

test('a title has as many answers as fit, with the labels of choices and without secrets', () => {
  const draft = new RemoteDraft(s3Backend, answers, 'own');
  assert.equal(draft.titleBefore(0), 'New S3 remote');
  assert.equal(draft.titleBefore(2), 'New S3 remote · MinIO ·  http://127.0.0.1:9000 ');
  const all = draft.titleBefore(draft.steps.length);
  assert.ok(all.length < 90 && !all.includes('SECRET'), all);
});

test('only an optional step accepts an empty answer', () => {
  const step: WizardStep = { field: 'root', title: 'Root', prompt: '', kind: 'text', problem: () => 'Bad.' };
  assert.equal(answerProblem({ ...step, optional: true }, ' '), undefined);
  assert.equal(answerProblem(step, ' '), 'Root is required.');
  assert.equal(answerProblem(step, 'x'), 'Bad.');
});

test('a long finding wraps at spaces and loses nothing', () => {
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

test("a bucket's name is checked before any request", () => {
  for (const good of ['abc', 'my.bucket-1', '0ab', 'a'.repeat(63)])
    assert.equal(bucketNameProblem(good), undefined, good);
  for (const bad of ['ab', 'Abc', 'a_b', '-ab', 'ab-', 'a..b', '1.2.3.4', 'a'.repeat(64), 'a b'])
    assert.ok(bucketNameProblem(bad), bad);
});

test('an error has the failed operation, the reason and its actions', () => {
  const error = new RemoteError('forbidden', 'site: access denied.');
  assert.deepEqual(presentError(error, "Can't list photos:site"), {
    short: 'access denied',
    text: "Can't list photos:site. site: access denied.",
    actions: ['editRemote', 'retry', 'showLog'],
  });
});

test('an expired sign-in offers to copy its command', () => {
  const error = new RemoteError('unauthenticated', 'Expired.', { command: 'aws sso login --profile work' });
  const shown = presentError(error, "Can't list photos");
  assert.equal(shown.command, 'aws sso login --profile work');
  assert.equal(shown.actions[0], 'copyCommand');
  assert.ok(
    !presentError(new RemoteError('unauthenticated', 'Wrong key.'), '').actions.includes('copyCommand'),
  );
});

test('a bug of the extension is an internal error, not a rejection by the storage', () => {
  const shown = presentError(new TypeError('x is not a function'), "Can't list photos");
  assert.match(shown.text, /Internal error/);
  assert.deepEqual(shown.actions, ['showLog', 'retry']);
});

test('each property is one aligned line, even with line ends in its value', () => {
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

test('an error of keys never asks for a sign-in: they are refused, expired or missing', () => {
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
