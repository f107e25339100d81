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
  // Each step is waited for: an answer typed too early would go to the step before.
  const answer = async (step: RegExp, text: string) => {
    await window.quick.expect(step);
    await window.quick.answer(text);
  };
  await window.quick.pick('Other S3-compatible');
  await answer(/Step 2 of/, answers.endpoint);
  await answer(/region that requests are signed for/, 'us-east-1');
  await answer(/Where new buckets are created/, '');
  await window.quick.pick('Access key and secret');
  await answer(/public part of the key/, answers.key);
  await window.quick.expect(/secret part of the key/);
  assert.equal(await window.quick.input().getAttribute('type'), 'password');
  await window.quick.answer(answers.secret);
  await answer(/Only for temporary credentials/, '');
  await answer(/bucket, bucket\/prefix or access point/, answers.root ?? '');
  await answer(/The name of the remote/, answers.name);
}
