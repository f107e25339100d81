import assert from 'node:assert/strict';
import type { EditorWindow } from './editorWindow';

/** The answers; other steps keep their proposals. */
export interface WizardAnswers {
  readonly endpoint: string;
  readonly key: string;
  readonly secret: string;
  readonly root?: string;
  readonly name: string;
}

/** Answers the steps of a new remote of the kind "Other", from the first to the connection test. */
export async function answerWizard(window: EditorWindow, answers: WizardAnswers): Promise<void> {
  const { quick } = window;
  await quick.pick('Other S3-compatible');
  await quick.answerTo(/Step 2 of/, answers.endpoint);
  await quick.answerTo(/region that requests are signed for/, 'us-east-1');
  await quick.answerTo(/Where new buckets are created/, '');
  await quick.pick('Access key and secret');
  await quick.answerTo(/public part of the key/, answers.key);
  await quick.expect(/secret part of the key/);
  assert.equal(await quick.input().getAttribute('type'), 'password');
  await quick.answer(answers.secret);
  await quick.answerTo(/Only for temporary credentials/, '');
  await quick.answerTo(/bucket, bucket\/prefix or access point/, answers.root ?? '');
  await quick.answerTo(/The name of the remote/, answers.name);
}
