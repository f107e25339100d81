/** Longer texts are cut: nobody reads them, and the work stays small. */
const longest = 4000;

/** Parameters of rclone's connection strings (`remote,name=value:`) whose values tell nothing that is worth anything. */
const harmlessParameters = new Set([
  'type',
  'provider',
  'profile',
  'region',
  'endpoint',
  'env_auth',
  'acl',
  'bucket_acl',
  'storage_class',
  'server_side_encryption',
  'location_constraint',
  'force_path_style',
  'no_check_bucket',
  'chunk_size',
  'upload_cutoff',
  'directory_markers',
]);

const harmlessVariables = /^(?:AWS_(?:DEFAULT_)?(?:PROFILE|REGION)|AWS_ENDPOINT_URL\w*|AWS_MAX_ATTEMPTS)$/;

/** Words in the names of settings that hold what nobody may read. */
const secretWords =
  'secret|passw(?:or)?d|passphrase|token|credentials?|(?:access|account|private|api|customer|app)[_-]?key(?:[_-]?(?:id|base64|md5))?|sas[_-]?url|signature';

const quoted = `"(?:[^"\\\\]|\\\\.)*"?|'[^']*'?`;

const masks: readonly (readonly [RegExp, string | ((whole: string, ...groups: string[]) => string)])[] = [
  // Addresses: name and password, and all that is asked for behind "?", where signatures are.
  [/(\/\/)[^\s/?#"']*@/g, '$1…@'],
  [/(\/\/)[^\s/:@"']*:[^\s@"']*@/g, '$1…@'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s?"']*\?)[^\s"']+/gi, '$1…'],
  [/(\bX-Amz-(?:Signature|Credential|Security-Token)=)[^\s&"']+/gi, '$1…'],
  // Headers.
  [
    /(\b(?:proxy-)?authorization|\bx-[\w-]*(?:token|key)[\w-]*|\b(?:set-)?cookie)(\s*[:=]\s*)[^\r\n"']+/gi,
    '$1$2…',
  ],
  [/(\b(?:Bearer|Basic|AWS4-HMAC-SHA256)\s+)[^\s"']{6,}/g, '$1…'],
  // Connection strings.
  [
    /,([A-Za-z_][\w.-]*)=('(?:[^']|'')*'?|"(?:[^"]|"")*"?|[^,:]*)/g,
    (whole, name) => (harmlessParameters.has((name ?? '').toLowerCase()) ? whole : `,${name}=…`),
  ],
  // Variables of the environment.
  [
    new RegExp(`\\b((?:RCLONE|AWS)_\\w+)=(${quoted}|[^\\s"']*)`, 'g'),
    (whole, name) => (harmlessVariables.test(name ?? '') ? whole : `${name}=…`),
  ],
  // Flags and settings.
  [
    new RegExp(
      `(--[\\w-]{0,60}(?:${secretWords}|pass|header|key)[\\w-]{0,60}[= ])(?!-)(?:${quoted}|\\S+)`,
      'gi',
    ),
    '$1…',
  ],
  [
    new RegExp(
      `(\\b[\\w.-]{0,60}(?:${secretWords})[\\w.-]{0,60}\\s*=\\s*)(?!…)(?:${quoted}|[^\\s,;"']+)`,
      'gi',
    ),
    '$1…',
  ],
];

/**
 * `text` without what must not be read in messages, lists and logs: passwords and signatures in addresses, values of connection strings,
 * variables, headers, flags and settings that hold keys. It is for texts that quote what somebody typed or what stands in a file; what is known
 * to be a secret is not put into a text at all. Pure.
 */
export function withoutSecrets(text: string): string {
  let masked = text.length > longest ? `${text.slice(0, longest)}…` : text;
  for (const [pattern, by] of masks) masked = masked.replace(pattern, by as string);
  return masked;
}
