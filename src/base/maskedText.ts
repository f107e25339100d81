/** Longer texts are cut, because nobody reads them whole and masking takes time. In characters. */
const maxLength = 4000;

/** Parameters of rclone's connection strings (`remote,name=value:`) whose values are no secrets. */
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

/** Words in the names of settings that hold secrets. */
const secretWords =
  'secret|passw(?:or)?d|passphrase|token|credentials?|(?:access|account|private|api|customer|app)[_-]?key(?:[_-]?(?:id|base64|md5))?|sas[_-]?url|signature';

const quoted = `"(?:[^"\\\\]|\\\\.)*"?|'[^']*'?`;

const masks: readonly (readonly [RegExp, string | ((whole: string, ...groups: string[]) => string)])[] = [
  // Addresses: user name, password, and the query, which may hold a signature.
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
  // Environment variables.
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
 * Masks secrets for messages, lists and logs: passwords and signatures in addresses, and values of connection strings, variables, headers,
 * flags and settings that hold keys. For texts that quote user input or a file; a known secret never becomes part of a text. Pure.
 */
export function withoutSecrets(text: string): string {
  let masked = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  for (const [pattern, by] of masks) masked = masked.replace(pattern, by as string);
  return masked;
}
