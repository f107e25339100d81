import { withoutSecrets } from '../base/maskedText';
import type { FlagVerdict, Tool } from './commandLine';
import { type FlagDecision, ignored, type ParseState, refused, understood } from './flags';
import { newRcloneState } from './rclone/rcloneFlags';
import { isRcloneFlagOfAnotherBackend } from './rclone/rcloneOtherFlags';
import { rcloneFlags } from './rclone/readRclone';

/** Of `aws`, without any say in which files are touched. */
const harmlessOfAws =
  /^AWS_(?:MAX_ATTEMPTS|RETRY_MODE|CA_BUNDLE|PAGER|DEFAULT_OUTPUT|CLI_\w+|EC2_METADATA_\w+|METADATA_\w+|STS_REGIONAL_ENDPOINTS|REQUEST_CHECKSUM_CALCULATION|RESPONSE_CHECKSUM_VALIDATION|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT|S3_\w+|SDK_LOAD_CONFIG|EXECUTION_ENV)$/;

/** What becomes of a variable that the line sets for its command. Its value is shown only where it tells which remote is meant. */
export function decideVariable(tool: Tool, name: string, value: string): FlagVerdict {
  if (['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'].includes(name))
    return { flag: name, value: withoutSecrets(value), ...understood('tells which remote is meant') };
  if (name === 'AWS_REGION' || name === 'AWS_DEFAULT_REGION')
    return { flag: name, value: withoutSecrets(value), ...ignored('Each remote knows its own region.') };
  if (name.startsWith('RCLONE_')) return { flag: name, ...decideRcloneVariable(tool, name, value) };
  if (/^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN)$/.test(name))
    return {
      flag: name,
      ...ignored('Remotes have credentials of their own, and keys must not stand in lines.'),
    };
  if (/^AWS_(?:CONFIG_FILE|SHARED_CREDENTIALS_FILE|ROLE_\w+|WEB_IDENTITY_\w+|CONTAINER_\w+)$/.test(name))
    return { flag: name, ...ignored('How remotes sign in is a matter of their settings.') };
  if (name.startsWith('AWS_') && !harmlessOfAws.test(name))
    return { flag: name, ...refused('It is not known. Its effect would be missing.') };
  return { flag: name, ...ignored('Variables have no effect here; only flags count.') };
}

/** Every flag of rclone can be set by a variable as well, and so can every setting of a remote. */
function decideRcloneVariable(tool: Tool, name: string, value: string): FlagDecision {
  if (tool === 'aws') return ignored('It is one of rclone.');
  // About the file of remotes, its password, and what rclone itself sets for the program that tells the password.
  if (/^RCLONE_CONFIG(?:_DIR|_PASS)?$/.test(name))
    return ignored('Remotes are those of the settings here, not those of rclone.conf.');
  // Whole remotes can be written in variables: RCLONE_CONFIG_NAME_TYPE and so on.
  if (name.startsWith('RCLONE_CONFIG_'))
    return refused(
      'It is an option of a remote, and remotes in variables are not read. Put the remote into rclone.conf, add it with the command "Import Remotes from rclone.conf", and leave the variable out.',
    );
  const flag = name.slice('RCLONE_'.length).toLowerCase().replaceAll('_', '-');
  if (flag === 'dry-run' || flag === 'interactive')
    return ignored('The preview is that: nothing is written before you apply it.');
  const rule = rcloneFlags.get(flag);
  const asFlag = `Variables are not read. Write it as the flag --${flag}.`;
  if (!rule)
    return refused(
      isRcloneFlagOfAnotherBackend(flag)
        ? asFlag
        : `Variables are not read, and there is no flag --${flag} that is known here. Leave it out.`,
    );
  if (rule.arity === 'none' && /^(?:0|f|false)$/i.test(value)) return ignored('It is switched off.');
  const { verdict, because = '' } = rule.read(value, scratch());
  return verdict === 'ignored' ? ignored(because) : refused(asFlag);
}

/** A state that nothing comes of: a rule is only asked for its decision. */
function scratch(): ParseState {
  return newRcloneState({ remotes: [] }, 'sync', 'sync');
}
