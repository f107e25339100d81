import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { EditorSession } from '../../harness/session';
import type { EditorWindow } from '../../harness/window/editorWindow';
import { eventually } from '../../harness/window/eventually';
import { withEditor } from '../../harness/withEditor';

const ANNA = 'anna@example.com';
const folder = mkdtempSync(path.join(os.tmpdir(), 'cloud-remotes-import-'));
const rcloneFile = path.join(folder, 'rclone.conf');
const awsConfig = path.join(folder, 'aws-config');
const awsCredentials = path.join(folder, 'aws-credentials');
const exported = path.join(folder, 'exported.conf');
const kept = '# mine\n[kept]\ntype = sftp\nhost = example.com\n';

/** Texts that must never be in settings or logs; filled after the servers have started. */
const secrets: string[] = ['t0ken-of-the-client'];

function settingsText({ editor }: EditorSession): string {
  return readFileSync(editor.machineSettingsFile, 'utf8');
}

function assertNoSecrets(session: EditorSession): void {
  const seen = [settingsText(session), ...session.editor.logs().values()].join('\n');
  assert.ok(secrets.length > 3 && seen.length > 0);
  for (const secret of secrets) assert.ok(!seen.includes(secret), 'a secret is in the settings or in a log');
}

withEditor(
  'importing and exporting remotes',
  {
    drive: true,
    env: {
      RCLONE_CONFIG: rcloneFile,
      AWS_CONFIG_FILE: awsConfig,
      AWS_SHARED_CREDENTIALS_FILE: awsCredentials,
    },
    prepare: (s3) => {
      s3.store.createBucket('holiday');
      s3.store.put('holiday', 'beach.txt', 'sand');
      secrets.push(s3.secretAccessKey);
      const keys = `access_key_id = ${s3.accessKeyId}\nsecret_access_key = ${s3.secretAccessKey}\n`;
      const endpoint = `provider = Other\nendpoint = ${s3.endpoint}\nregion = ${s3.region}\n`;
      writeFileSync(
        rcloneFile,
        `[photos]\ntype = s3\n${endpoint}${keys}requester_pays = true\n\n[demo]\ntype = s3\n${endpoint}${keys}\n[hidden]\ntype = crypt\nremote = photos:x\n`,
      );
      writeFileSync(
        awsConfig,
        `[profile work]\nregion = ${s3.region}\nendpoint_url = ${s3.endpoint}\n\n[profile corp]\nsso_session = corp\nregion = eu-west-1\n`,
      );
      writeFileSync(
        awsCredentials,
        `[work]\naws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`,
      );
    },
    prepareDrive: (drive) => {
      drive.drive(ANNA).putFile('hello.txt', 'hello\n');
      const token = drive.issueToken(ANNA);
      secrets.push(token.access_token, token.refresh_token);
      appendFileSync(
        rcloneFile,
        `\n[acd]\ntype = amazon cloud drive\nclient_id = ${drive.publicClientId}\nclient_secret = t0ken-of-the-client\nauth_url = ${drive.authUrl}\ntoken_url = ${drive.tokenUrl}\ntoken = ${JSON.stringify(token)}\n`,
      );
    },
  },
  (step) => {
    step('the remotes of rclone.conf are listed, some with a reason to skip them', async ({ window }) => {
      await window.showRemotes();
      await window.palette.run(
        'Cloud Remotes: Import Remotes from rclone.conf',
        window.quick.option(rcloneFile),
      );
      await window.quick.pick(rcloneFile);
      await window.quick.expectPlaceholder(/secrets go to secret storage/);
      await expectRows(window, [
        /photos.*without requester_pays/s,
        /acd.*with its sign-in/s,
        /hidden.*encrypts/s,
      ]);
      const hidden = window.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'hidden' });
      await hidden.click();
      await hidden.locator('input:checked, [aria-checked=true]').waitFor({ state: 'detached' });
    });

    step('a used name and a missing setting are asked for before the import', async (session) => {
      const { window } = session;
      await window.quick.accept();
      await window.quick.expectPlaceholder(/Another remote is named "demo"/);
      await window.quick.pick(/^Skip/);
      await window.quick.expect(/which rclone\.conf does not contain/);
      await window.quick.accept();
      await window.messages.notification(
        /2 remotes were imported\. 1 setting was left out: requester_pays \(photos\)/,
      );
      await window.tree.expand('photos', 'holiday');
      await window.tree.label('beach.txt').waitFor();
      await window.tree.expand('acd');
      await window.tree.label('hello.txt').waitFor();
      const text = settingsText(session);
      assert.match(text, /"name": "photos"/);
      assert.doesNotMatch(text, /"hidden"|secretAccessKey|"token"|client_secret/);
      assertNoSecrets(session);
      await window.messages.clear();
    });

    step('an export without secrets merges into a file and keeps its other content', async (session) => {
      const { window } = session;
      writeFileSync(exported, kept);
      await exportTo(session, /^Without Secrets/);
      await window.messages.notification(/3 remotes were exported/);
      const text = readFileSync(exported, 'utf8');
      assert.ok(text.startsWith(kept));
      assert.match(text, /\[photos\]\ntype = s3\n/);
      assert.match(text, /env_auth = true/);
      for (const secret of secrets) assert.ok(!text.includes(secret));
      await window.messages.clear();
    });

    step('an export with secrets replaces sections in a private file', async (session) => {
      const { window, s3, drive } = session;
      await exportTo(session, /^With Secrets/);
      for (const name of ['demo', 'photos', 'acd']) {
        await window.quick.expectPlaceholder(new RegExp(`section "${name}" already`));
        await window.quick.pick(/^Replace/);
      }
      await window.messages.notification(/3 remotes were exported/);
      const text = readFileSync(exported, 'utf8');
      assert.ok(text.startsWith(kept));
      assert.equal(text.match(/^\[photos\]$/gm)?.length, 1);
      assert.ok(text.includes(`secret_access_key = ${s3.secretAccessKey}`));
      assert.match(text, /client_secret = t0ken-of-the-client\n(.*\n)*?token = \{"access_token"/);
      assert.ok(text.includes(drive.tokenUrl));
      if (process.platform !== 'win32') assert.equal(statSync(exported).mode & 0o777, 0o600);
      assertNoSecrets(session);
      await window.messages.clear();
    });

    step('AWS profiles become remotes that use them; no key is copied', async (session) => {
      const { window } = session;
      await window.palette.run(
        'Cloud Remotes: Add Remotes from AWS Profiles',
        window.quick.asking(/no key is copied/),
      );
      await expectRows(window, [/work.*access key/s, /corp.*single sign-on/s]);
      await window.quick.accept();
      await window.messages.notification(/2 remotes were added: work, corp/);
      await window.tree.expand('work', 'holiday');
      const text = settingsText(session);
      assert.match(text, /"profile": "work"/);
      assertNoSecrets(session);
      await window.messages.clear();
    });

    step('the wizard offers them in one step, and marks profiles that were added', async ({ window }) => {
      await window.palette.run('Cloud Remotes: Add Remote…', window.quick.option(/Import from rclone\.conf/));
      await window.quick.option(/AWS profile: work.*already added as work/).waitFor();
      await window.quick.pick(/AWS profile: corp/);
      await window.tree.label('corp-2').waitFor();
    });
  },
);

/** Waits until the rows of the multi-select list match all of `expected`. */
async function expectRows(window: EditorWindow, expected: readonly RegExp[]): Promise<void> {
  await eventually(async () => {
    const rows = await window.page.locator('.quick-input-list .monaco-list-row').allTextContents();
    for (const each of expected) assert.match(rows.join('\n'), each);
  });
}

async function exportTo({ window }: EditorSession, secretsRow: RegExp): Promise<void> {
  await window.palette.run(
    'Cloud Remotes: Export Remotes to rclone.conf',
    window.quick.asking(/remotes to export/),
  );
  await window.quick.accept();
  await window.quick.pick(secretsRow);
  await window.quick.pick(/^Another File/);
  await window.quick.answerTo(/keeps its other content/, exported);
}
