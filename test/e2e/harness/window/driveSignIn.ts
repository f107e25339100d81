import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { EditorWindow } from './editorWindow';
import { type Effect, STEP_MS, until } from './eventually';

/** The answers; other steps keep their proposals. */
export interface DriveAnswers {
  readonly endpoint: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

/** Answers the steps of a new Amazon Drive remote, from the first up to the account. */
export async function answerDriveWizard(window: EditorWindow, answers: DriveAnswers): Promise<void> {
  const { quick } = window;
  await quick.answerTo(/closed Amazon Drive at the end of 2023/, answers.endpoint);
  await quick.answerTo(/page where you grant access/, answers.authUrl);
  await quick.answerTo(/URL that issues tokens/, answers.tokenUrl);
  await quick.answerTo(/OAuth client/, answers.clientId);
  await quick.answerTo(/Leave it empty for a public client/, answers.clientSecret ?? '');
  await quick.expectPlaceholder(/Whose drive is it/);
}

const asksToOpen = /open the external website/;

/** Allows the extension to use an account of the provider, where the editor asks. */
export async function allowAccount(window: EditorWindow): Promise<void> {
  await window.messages.answerDialog(/wants (you )?to sign in (again )?using Amazon Drive/, 'Allow');
}

/**
 * Lets the editor open the sign-in page and answers it as `account`, or denies. Resolves to the page, at where the browser ended.
 * `before` is what makes the editor open it, after which its parameter is seen.
 */
export async function signInPage(
  window: EditorWindow,
  account: string | 'deny',
  before: (asked: Effect) => Promise<unknown>,
): Promise<Page> {
  const pages: Page[] = [];
  const opened = (page: Page) => void pages.push(page);
  window.context.on('page', opened);
  // An editor that has just started opens pages without a question.
  const asked = async () => pages.length > 0 || (await window.messages.box(asksToOpen).isVisible());
  try {
    await before(asked);
    await until('the editor opens the sign-in page', asked);
    if (pages.length === 0) await window.messages.answerDialog(asksToOpen, 'Open');
    await until('the sign-in page opens', () => pages.length > 0, 2 * STEP_MS);
  } finally {
    window.context.off('page', opened);
  }
  const [page] = pages;
  assert.ok(page);
  await page.locator('#allow').waitFor();
  if (account === 'deny') await page.locator('#deny').click();
  else {
    await page.locator('input[name=other]').fill(account);
    await page.locator('input[name=account][value=""]').check();
    await page.locator('#allow').click();
  }
  // The sign-in page covers the window, and a browser draws a covered page only once a second.
  await window.page.bringToFront();
  return page;
}
