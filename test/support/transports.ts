/**
 * For hosts of backends in tests: whether requests may leave the editor's HTTP client, as by default. `TRANSPORT=editor node test/run.mjs test/contract
 * test/faults test/unit/backends` runs the same tests over that client alone.
 */
export const directConnections = (): boolean => process.env['TRANSPORT'] !== 'editor';

/** A host whose requests all go by the editor's client. */
export const editorOnly = { directConnections: () => false };
