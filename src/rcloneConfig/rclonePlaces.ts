import path from 'node:path';

/** Where rclone looks for its configuration, first found first used: what RCLONE_CONFIG names, then rclone's own places. */
export function rclonePlaces(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: NodeJS.Platform,
): readonly string[] {
  const join = platform === 'win32' ? path.win32.join : path.posix.join;
  const named = env['RCLONE_CONFIG'];
  const places = [
    ...(named ? [named] : []),
    ...(platform === 'win32' && env['APPDATA'] ? [join(env['APPDATA'], 'rclone', 'rclone.conf')] : []),
    ...(env['XDG_CONFIG_HOME'] ? [join(env['XDG_CONFIG_HOME'], 'rclone', 'rclone.conf')] : []),
    join(home, '.config', 'rclone', 'rclone.conf'),
    join(home, '.rclone.conf'),
  ];
  return [...new Set(places)];
}
