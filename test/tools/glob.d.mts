/** Absolute paths of the files below `folder` whose path matches `pattern`; node_modules are left out. */
export function globSync(folder: string, pattern: RegExp): string[];
