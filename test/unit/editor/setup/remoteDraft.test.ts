import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backend, WizardStep } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { findingItems, wrapText } from '../../../../src/editor/setup/connectionTest';
import { type Answers, RemoteDraft } from '../../../../src/editor/setup/remoteDraft';
import { answerProblem } from '../../../../src/editor/setup/wizardInput';

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
