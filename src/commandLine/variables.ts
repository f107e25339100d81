import { withoutSecrets } from '../base/maskedText';
import type { FlagVerdict, Tool } from './commandLine';
import { type FlagDecision, ignored, refused, understood } from './flags';
import { newRcloneState } from './rclone/rcloneFlags';
import { isRcloneFlagOfAnotherBackend } from './rclone/rcloneOtherFlags';
import { rcloneFlags } from './rclone/readRclone';

/** Variables of `aws` that don't affect which files are touched. */
const harmlessOfAws =
  /^AWS_(?:MAX_ATTEMPTS|RETRY_MODE|CA_BUNDLE|PAGER|DEFAULT_OUTPUT|CLI_\w+|EC2_METADATA_\w+|METADATA_\w+|STS_REGIONAL_ENDPOINTS|REQUEST_CHECKSUM_CALCULATION|RESPONSE_CHECKSUM_VALIDATION|USE_FIPS_ENDPOINT|USE_DUALSTACK_ENDPOINT|S3_\w+|SDK_LOAD_CONFIG|EXECUTION_ENV)$/;

/** The decision on a variable that the line sets for its command. Only values that select the remote are shown. */
export function decideVariable(tool: Tool, name: string, value: string): FlagVerdict {
  if (['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'].includes(name))
    return { flag: name, value: withoutSecrets(value), ...understood('selects the remote') };
  if (name === 'AWS_REGION' || name === 'AWS_DEFAULT_REGION')
    return { flag: name, value: withoutSecrets(value), ...ignored('Each remote has its own region.') };
  if (name.startsWith('RCLONE_')) return { flag: name, ...decideRcloneVariable(tool, name, value) };
  if (/^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN)$/.test(name))
    return {
      flag: name,
      ...ignored('Each remote has its own credentials, and keys must not appear in lines.'),
    };
  if (/^AWS_(?:CONFIG_FILE|SHARED_CREDENTIALS_FILE|ROLE_\w+|WEB_IDENTITY_\w+|CONTAINER_\w+)$/.test(name))
    return { flag: name, ...ignored("The remote's settings contain the sign-in.") };
  if (name.startsWith('AWS_') && !harmlessOfAws.test(name))
    return { flag: name, ...refused('It is unknown, so its effect would be missing.') };
  return { flag: name, ...ignored('Variables have no effect here; only flags do.') };
}

/** rclone reads every flag and every setting of a remote from variables too. */
function decideRcloneVariable(tool: Tool, name: string, value: string): FlagDecision {
  if (tool === 'aws') return ignored('It is a variable of rclone.');
  // The configuration file, its password, and a variable that rclone sets for the password command.
  if (/^RCLONE_CONFIG(?:_DIR|_PASS)?$/.test(name))
    return ignored('Remotes come from the settings, not from rclone.conf.');
  // rclone reads whole remotes from variables: RCLONE_CONFIG_NAME_TYPE and so on.
  if (name.startsWith('RCLONE_CONFIG_'))
    return refused(
      'It is an option of a remote, and remotes in variables are not supported. Put the remote into rclone.conf, add it with the command "Import Remotes from rclone.conf", and remove the variable.',
    );
  const flag = name.slice('RCLONE_'.length).toLowerCase().replaceAll('_', '-');
  if (flag === 'dry-run' || flag === 'interactive')
    return ignored('The preview does this: nothing is written before you apply it.');
  const rule = rcloneFlags.get(flag);
  const asFlag = `Variables are not supported. Use the flag --${flag}.`;
  if (!rule)
    return refused(
      isRcloneFlagOfAnotherBackend(flag)
        ? asFlag
        : `Variables are not supported, and the flag --${flag} is unknown. Remove it.`,
    );
  if (rule.arity === 'none' && /^(?:0|f|false)$/i.test(value)) return ignored('It is switched off.');
  // The state is discarded: only the verdict matters.
  const { verdict, because = '' } = rule.read(value, newRcloneState({ remotes: [] }, 'sync', 'sync'));
  return verdict === 'ignored' ? ignored(because) : refused(asFlag);
}
