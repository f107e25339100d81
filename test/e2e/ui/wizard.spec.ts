import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { EditorSession } from '../harness/session';
import { withEditor } from '../harness/withEditor';
import { answerWizard } from '../harness/wizard';

const NO_KEYS = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

function machineSettings({ editor }: EditorSession): string {
  return readFileSync(editor.machineSettingsFile, 'utf8');
}

withEditor(
  'adding a remote',
  {
    settings: { 'cloudRemotes.remotes': [] },
    env: NO_KEYS,
    prepare: ({ store }) => {
      store.createBucket('holiday');
      store.put('holiday', 'beach.txt', 'sand');
    },
  },
  (step) => {
    step(
      'without remotes the view offers to add one, and the button opens the wizard',
      async ({ window }) => {
        await window.showRemotes();
        await window.clickUntil(
          window.page.locator('.sidebar').getByRole('button', { name: 'Add Remote' }).last(),
          window.quickInput(),
        );
        await window.quickPick(/^S3/);
        await window.expectQuick(/Step 1 of/);
      },
    );

    step(
      'a bad endpoint is named while it is typed, and Back leads to the step before',
      async ({ window }) => {
        await window.quickPick('Other S3-compatible');
        await window.expectQuick(/Step 2 of/);
        await window.quickInput().fill('not an address');
        await window.page.keyboard.press('Enter');
        await window.page
          .locator('.quick-input-widget .quick-input-message')
          .filter({ hasText: /address/i })
          .waitFor();
        await window.expectQuick(/Step 2 of/);
        await window.quickButton('Back').click();
        await window.expectQuick(/Step 1 of/);
      },
    );

    step(
      'wrong keys are explained at the end, and saving anyway is possible but not forced',
      async (session) => {
        const { window, s3 } = session;
        await answerWizard(window, {
          endpoint: s3.endpoint,
          key: s3.accessKeyId,
          secret: 'wrong-secret',
          name: 'holidays',
        });
        await window.expectPlaceholder(/fail|not|wrong|problem/i);
        await window.quickOption('Save Anyway').waitFor();
        const findings = (await window.quickOptions().allTextContents()).join('\n');
        assert.match(findings, /Signed in/i);
        assert.match(findings, /secret/i);
        assert.doesNotMatch(findings, /wrong-secret|undefined/);
        assert.doesNotMatch(machineSettings(session), /holidays/);
        await window.page.keyboard.press('Escape');
      },
    );

    step(
      'after a failed test, Back leads to the answer at fault, and the others are kept',
      async ({ window, s3 }) => {
        await window.runCommand('Cloud Remotes: Add Remote');
        await window.quickPick(/^S3/);
        await window.expectQuick(/Step 1 of/);
        await answerWizard(window, {
          endpoint: 'http://127.0.0.1:9',
          key: s3.accessKeyId,
          secret: s3.secretAccessKey,
          root: 'holiday',
          name: 'kept',
        });
        await window.expectPlaceholder(/Failed: Reached/);
        await window.quickPick(/\bBack$/);
        await window.expectQuick(/Step 2 of/);
        assert.equal(await window.quickInput().inputValue(), 'http://127.0.0.1:9');
        await window.quickType(s3.endpoint);
        const isStill = async (prompt: RegExp, value: string) => {
          await window.expectQuick(prompt);
          assert.equal(await window.quickInput().inputValue(), value);
          await window.page.keyboard.press('Enter');
        };
        // All the way back to the kinds of storage, and here again.
        await window.expectQuick(/region that requests are signed for/);
        for (const step of [/Step 2 of/, /Step 1 of/, /What kind of storage|New remote/]) {
          await window.quickButton('Back').click();
          await window.expectQuick(step);
        }
        await window.quickPick(/^S3/);
        await window.quickPick('Other S3-compatible');
        await isStill(/Step 2 of/, s3.endpoint);
        await isStill(/region that requests are signed for/, 'us-east-1');
        await isStill(/Where new buckets are made/, '');
        await window.quickPick('Access key and secret');
        await isStill(/public half of the key/, s3.accessKeyId);
        await isStill(/secret half of the key/, s3.secretAccessKey);
        await isStill(/Only for temporary credentials/, '');
        await isStill(/bucket, bucket\/prefix or access point/, 'holiday');
        await isStill(/The name of the remote/, 'kept');
        await window.expectPlaceholder(/Everything works|It works/);
        await window.page.keyboard.press('Escape');
      },
    );

    step(
      'with good keys the test passes and the remote is saved, the secret apart from the settings',
      async (session) => {
        const { window, s3 } = session;
        await window.runCommand('Cloud Remotes: Add Remote');
        await window.quickPick(/^S3/);
        await window.expectQuick(/Step 1 of/);
        await answerWizard(window, {
          endpoint: s3.endpoint,
          key: s3.accessKeyId,
          secret: s3.secretAccessKey,
          name: 'holidays',
        });
        await window.quickPick(/Save(?! Anyway)/);
        await window.treeLabel('holidays').waitFor();
        const saved = machineSettings(session);
        assert.match(saved, /"name": "holidays"/);
        assert.ok(saved.includes(s3.endpoint));
        assert.ok(!saved.includes(s3.secretAccessKey), 'the secret is not in the settings');
      },
    );

    step('the new remote can be browsed', async ({ window }) => {
      await window.expand('holidays', 'holiday');
      await window.treeLabel('beach.txt').waitFor();
    });

    step('the secret survives a reload of the window', async ({ window, s3 }) => {
      await window.reload();
      await window.showRemotes();
      s3.clearRequests();
      await window.runCommand('Cloud Remotes: Refresh All');
      await window.expand('holidays', 'holiday');
      await window.treeLabel('beach.txt').waitFor();
      assert.ok(s3.requests.length > 0 && s3.requests.every(({ status }) => status === 200));
    });

    step('removing the remote asks, and takes it out of the settings', async (session) => {
      const { window, s3 } = session;
      await window.contextMenu(window.treeRow(/^holidays, remote/), /Remove Remote/);
      await window.answerDialog(/holidays/, /Remove/);
      await window.treeLabel('holidays').waitFor({ state: 'detached' });
      assert.doesNotMatch(machineSettings(session), /"holidays"/);
      assert.equal(s3.store.get('holiday', 'beach.txt')?.text, 'sand');
    });
  },
);
