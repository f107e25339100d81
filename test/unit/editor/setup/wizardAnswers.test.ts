import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import type { Backend, ConnectionFinding, WizardStep } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { RemoteDraft } from '../../../../src/editor/setup/remoteDraft';
import {
  afterAnswer,
  afterTest,
  type StepState,
  stepAtFault,
  WizardMemory,
} from '../../../../src/editor/setup/wizardAnswers';

const failure = (fields?: readonly string[], detail = 'It failed.'): ConnectionFinding => ({
  title: 'Reached',
  outcome: 'failed',
  detail,
  ...(fields && { fields }),
});

/** The draft of a wizard with these answers; every draft proposes the same name. */
const draftOf = (backend: Backend, memory: WizardMemory) => new RemoteDraft(backend, memory.answers, 'own');

/** Answers the steps from `from` to the end: with `say`, or with the proposal. Returns the fields of the steps. */
function walk(
  backend: Backend,
  memory: WizardMemory,
  say: Readonly<Record<string, string>>,
  from = 0,
): string[] {
  const asked: string[] = [];
  for (let at = from; ; at++) {
    const step = draftOf(backend, memory).steps[at];
    if (!step) return asked;
    asked.push(step.field);
    memory.answer(step, say[step.field] ?? memory.initialOf(step) ?? '');
  }
}

function stepOf(backend: Backend, memory: WizardMemory, field: string): number {
  return draftOf(backend, memory).steps.findIndex((step) => step.field === field);
}

const s3Answers = {
  provider: 'Other',
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  credentials: 'keys',
  accessKeyId: 'KEY',
  secretAccessKey: 'SECRET',
  sessionToken: 'TOKEN',
  root: 'bucket/site',
  name: 'holiday',
};
const driveAnswers = {
  endpoint: 'https://wrong.example/drive/v1/',
  client_id: 'client',
  client_secret: 'SECRET',
  account: 'anna@example.com',
  root: 'Pictures',
  name: 'pictures',
};

for (const [backend, given, corrected] of [
  [s3Backend, s3Answers, { endpoint: 'http://127.0.0.1:9000' }],
  [s3Backend, s3Answers, { region: 'eu-west-1' }],
  [s3Backend, s3Answers, { secretAccessKey: 'OTHER' }],
  [s3Backend, s3Answers, { root: '' }],
  [s3Backend, { ...s3Answers, provider: 'Minio' }, { endpoint: 'http://127.0.0.1:9000' }],
  [driveBackend, driveAnswers, { client_id: 'other' }],
  [driveBackend, driveAnswers, { root: '' }],
] as const) {
  const [field = ''] = Object.keys(corrected);
  test(`${backend.title}: going back to correct "${field}" keeps every other answer`, () => {
    const memory = new WizardMemory();
    walk(backend, memory, given);
    walk(backend, memory, corrected, stepOf(backend, memory, field));
    for (const [other, text] of Object.entries({ ...given, ...corrected }))
      assert.equal(memory.answers[other], text, other);
  });
}

test('an accepted proposal follows the answer that it derives from; a typed answer stays', () => {
  const memory = new WizardMemory();
  walk(driveBackend, memory, driveAnswers);
  assert.equal(memory.answers['token_url'], 'https://wrong.example/auth/o2/token');
  walk(driveBackend, memory, { endpoint: 'https://right.example/drive/v1/' });
  assert.equal(memory.answers['token_url'], 'https://right.example/auth/o2/token');
  assert.equal(memory.answers['client_secret'], 'SECRET');
  walk(driveBackend, memory, { token_url: 'https://login.example/token' });
  walk(driveBackend, memory, { endpoint: 'https://third.example/drive/v1/' });
  assert.equal(memory.answers['token_url'], 'https://login.example/token');
  assert.equal(memory.answers['auth_url'], 'https://third.example/ap/oa');
});

test('a choice stays while it can be chosen, and credentials return with their kind', () => {
  const memory = new WizardMemory();
  walk(s3Backend, memory, s3Answers);
  const credentials = stepOf(s3Backend, memory, 'credentials');
  const asked = walk(s3Backend, memory, { credentials: 'anonymous' }, credentials);
  assert.ok(!asked.includes('secretAccessKey'));
  walk(s3Backend, memory, { credentials: 'keys' }, credentials);
  assert.equal(memory.answers['secretAccessKey'], 'SECRET');
  const step: WizardStep = { field: 'size', title: 'Size', prompt: '', kind: 'choice', initial: 'a' };
  memory.answer({ ...step, choices: [{ value: 'b', label: 'B' }] }, 'b');
  assert.equal(memory.initialOf({ ...step, choices: [{ value: 'b', label: 'B' }] }), 'b');
  assert.equal(memory.initialOf({ ...step, choices: [{ value: 'a', label: 'A' }] }), 'a');
});

test('Back from a failed test leads to the step of the wrong answer', () => {
  const memory = new WizardMemory();
  walk(s3Backend, memory, s3Answers);
  const { steps } = draftOf(s3Backend, memory);
  const fieldAt = (...given: Parameters<typeof failure>) =>
    steps[stepAtFault(steps, failure(...given))]?.field;
  assert.equal(fieldAt(['endpoint', 'region']), 'endpoint');
  assert.equal(fieldAt(['profile', 'secretAccessKey']), 'secretAccessKey');
  assert.equal(fieldAt(undefined, 'Correct "endpoint".'), 'endpoint');
  assert.equal(fieldAt(['nothing'], 'Set "root" to a bucket.'), 'root');
  assert.equal(fieldAt(), 'name');
  assert.equal(steps[stepAtFault(steps, undefined)]?.field, 'name');
});

test('the wizard moves between its steps, the kinds of storage and the test', () => {
  const memory = new WizardMemory();
  walk(s3Backend, memory, s3Answers);
  const draft = draftOf(s3Backend, memory);
  const state: StepState = { at: 'step', backend: s3Backend, index: 1, detected: { listOrder: 'unordered' } };
  const endpoint = { text: s3Answers.endpoint };
  assert.deepEqual(afterAnswer(state, draft, 'back'), { ...state, index: 0 });
  assert.deepEqual(afterAnswer({ ...state, index: 0 }, draft, 'back'), { at: 'storage' });
  assert.deepEqual(afterAnswer(state, draft, undefined), { at: 'end', name: undefined });
  assert.deepEqual(afterAnswer(state, draft, endpoint), { ...state, index: 2 });
  assert.deepEqual(afterAnswer(state, draft, { text: 'http://other' }), { ...state, index: 2, detected: {} });
  const [name, secret] = ['name', 'secretAccessKey'].map((field) => stepOf(s3Backend, memory, field));
  for (const index of [name, secret])
    assert.deepEqual(afterAnswer({ ...state, index: index ?? -1 }, draft, { text: 'new' }), {
      ...state,
      index: (index ?? -1) + 1,
    });
  assert.deepEqual(afterTest(state, draft, undefined), { at: 'end', name: undefined });
  assert.deepEqual(afterTest(state, draft, { chosen: 'save' }), { at: 'end', name: 'holiday' });
  const back = afterTest(state, draft, { chosen: 'back', failure: failure(['endpoint']) });
  assert.deepEqual(back, { ...state, index: 1 });
  const fixed = afterTest(state, draft, { chosen: 'fix', settings: { forcePathStyle: true } });
  assert.deepEqual(fixed, { ...state, detected: { listOrder: 'unordered', forcePathStyle: true } });
});
