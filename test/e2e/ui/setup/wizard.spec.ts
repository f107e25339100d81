import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { EditorSession } from '../../harness/session';
import { answerWizard } from '../../harness/window/wizard';
import { withEditor } from '../../harness/withEditor';

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
    step('an empty view offers to add a remote, and the button opens the wizard', async ({ window }) => {
      await window.showRemotes();
      await window.click(
        window.page.locator('.sidebar').getByRole('button', { name: 'Add Remote' }).last(),
        window.quick.input(),
      );
      await window.quick.pick(/^S3/);
      await window.quick.expect(/Step 1 of/);
    });

    step('a bad endpoint is reported while typing, and Back goes one step back', async ({ window }) => {
      await window.quick.pick('Other S3-compatible');
      await window.quick.expect(/Step 2 of/);
      await window.quick.refused('not an address', /address/i);
      await window.quick.expect(/Step 2 of/);
      await window.quick.press('Back', window.quick.saying(/Step 1 of/));
    });

    step('wrong keys are explained at the end, and can be saved anyway', async (session) => {
      const { window, s3 } = session;
      await answerWizard(window, {
        endpoint: s3.endpoint,
        key: s3.accessKeyId,
        secret: 'wrong-secret',
        name: 'holidays',
      });
      await window.quick.expectPlaceholder(/fail|not|wrong|problem/i);
      await window.quick.option('Save Anyway').waitFor();
      const findings = (await window.quick.options().allTextContents()).join('\n');
      assert.match(findings, /Signed in/i);
      assert.match(findings, /secret/i);
      assert.doesNotMatch(findings, /wrong-secret|undefined/);
      assert.doesNotMatch(machineSettings(session), /holidays/);
      await window.quick.dismiss();
    });

    step('after a failed test, Back leads to the answer at fault', async ({ window, s3 }) => {
      await window.palette.run('Cloud Remotes: Add Remote', window.quick.option(/^S3/));
      await window.quick.pick(/^S3/);
      await window.quick.expect(/Step 1 of/);
      await answerWizard(window, {
        endpoint: 'http://127.0.0.1:9',
        key: s3.accessKeyId,
        secret: s3.secretAccessKey,
        root: 'holiday',
        name: 'kept',
      });
      await window.quick.expectPlaceholder(/Failed: Reached/);
      await window.quick.pick(/\bBack$/);
      await window.quick.expect(/Step 2 of/);
      assert.equal(await window.quick.input().inputValue(), 'http://127.0.0.1:9');
      await window.quick.answer(s3.endpoint);
      const isStill = async (prompt: RegExp, value: string) => {
        await window.quick.expect(prompt);
        assert.equal(await window.quick.input().inputValue(), value);
        await window.quick.accept();
      };
      // Back to the kinds of storage, and forward again.
      await window.quick.expect(/region that requests are signed for/);
      for (const step of [/Step 2 of/, /Step 1 of/, /What kind of storage|New remote/]) {
        await window.quick.press('Back', window.quick.saying(step));
      }
      await window.quick.pick(/^S3/);
      await window.quick.pick('Other S3-compatible');
      await isStill(/Step 2 of/, s3.endpoint);
      await isStill(/region that requests are signed for/, 'us-east-1');
      await isStill(/Where new buckets are created/, '');
      await window.quick.pick('Access key and secret');
      await isStill(/public part of the key/, s3.accessKeyId);
      await isStill(/secret part of the key/, s3.secretAccessKey);
      await isStill(/Only for temporary credentials/, '');
      await isStill(/bucket, bucket\/prefix or access point/, 'holiday');
      await isStill(/The name of the remote/, 'kept');
      await window.quick.expectPlaceholder(/Everything works|It works/);
      await window.quick.dismiss();
    });

    step('with valid keys the remote is saved, without the secret in the settings', async (session) => {
      const { window, s3 } = session;
      await window.palette.run('Cloud Remotes: Add Remote', window.quick.option(/^S3/));
      await window.quick.pick(/^S3/);
      await window.quick.expect(/Step 1 of/);
      await answerWizard(window, {
        endpoint: s3.endpoint,
        key: s3.accessKeyId,
        secret: s3.secretAccessKey,
        name: 'holidays',
      });
      await window.quick.pick(/Save(?! Anyway)/);
      await window.tree.label('holidays').waitFor();
      const saved = machineSettings(session);
      assert.match(saved, /"name": "holidays"/);
      assert.ok(saved.includes(s3.endpoint));
      assert.ok(!saved.includes(s3.secretAccessKey), 'the secret is not in the settings');
    });

    step('the new remote can be browsed', async ({ window }) => {
      await window.tree.expand('holidays', 'holiday');
      await window.tree.label('beach.txt').waitFor();
    });

    step('the secret survives a reload of the window', async ({ window, s3 }) => {
      await window.reload();
      await window.showRemotes();
      s3.clearRequests();
      await window.palette.run('Cloud Remotes: Refresh All', window.tree.label('holidays'));
      await window.tree.expand('holidays', 'holiday');
      await window.tree.label('beach.txt').waitFor();
      assert.ok(s3.requests.length > 0 && s3.requests.every(({ status }) => status === 200));
    });

    step('removing the remote asks for confirmation and removes it from the settings', async (session) => {
      const { window, s3 } = session;
      await window.menu.take(window.tree.row(/^holidays, remote/), /Remove Remote/, window.messages.box());
      await window.messages.answerDialog(/holidays/, /Remove/);
      await window.tree.label('holidays').waitFor({ state: 'detached' });
      assert.doesNotMatch(machineSettings(session), /"holidays"/);
      assert.equal(s3.store.get('holiday', 'beach.txt')?.text, 'sand');
    });
  },
);
