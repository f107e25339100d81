import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driveBackend } from '../../../../src/backends/amazonDrive/driveBackend';
import type { Backend, ConnectionFinding, WizardStep } from '../../../../src/backends/backend';
import { s3Backend } from '../../../../src/backends/s3/s3Backend';
import { stepsOf } from '../../../../src/editor/setup/remoteWizard';
import { stepAtFault, WizardMemory } from '../../../../src/editor/setup/wizardAnswers';

const failure = (fields?: readonly string[], detail = 'It failed.'): ConnectionFinding => ({
  title: 'Reached',
  outcome: 'failed',
  detail,
  ...(fields && { fields }),
});

/** Walks from `field` (or the first step) to the end; `say` has other answers than those that are proposed. Gives the fields that were asked. */
function walk(
  backend: Backend,
  memory: WizardMemory,
  say: Readonly<Record<string, string>>,
  from = 0,
): string[] {
  const asked: string[] = [];
  for (let at = from; ; at++) {
    const step = stepsOf(backend, memory.answers, 'own')[at];
    if (!step) return asked;
    asked.push(step.field);
    memory.answer(step, say[step.field] ?? memory.initialOf(step) ?? '');
  }
}

function stepOf(backend: Backend, memory: WizardMemory, field: string): number {
  return stepsOf(backend, memory.answers, 'own').findIndex((step) => step.field === field);
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
  test(`${backend.title}: who goes back and corrects "${field}" finds every other answer again`, () => {
    const memory = new WizardMemory();
    walk(backend, memory, given);
    walk(backend, memory, corrected, stepOf(backend, memory, field));
    for (const [other, text] of Object.entries({ ...given, ...corrected }))
      assert.equal(memory.answers[other], text, other);
  });
}

test('what the wizard itself proposed follows the answer that it was made from; what was typed stays', () => {
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

test('a choice stands as long as it can be chosen, and credentials that are not asked for come back with their kind', () => {
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

test('Back from a failed test leads to the step whose answer is at fault', () => {
  const memory = new WizardMemory();
  walk(s3Backend, memory, s3Answers);
  const steps = stepsOf(s3Backend, memory.answers, 'own');
  const fieldAt = (...given: Parameters<typeof failure>) =>
    steps[stepAtFault(steps, failure(...given))]?.field;
  assert.equal(fieldAt(['endpoint', 'region']), 'endpoint');
  assert.equal(fieldAt(['profile', 'secretAccessKey']), 'secretAccessKey');
  assert.equal(fieldAt(undefined, 'Correct "endpoint".'), 'endpoint');
  assert.equal(fieldAt(['nothing'], 'Set "root" to a bucket that they may use.'), 'root');
  assert.equal(fieldAt(), 'name');
  assert.equal(steps[stepAtFault(steps, undefined)]?.field, 'name');
});
