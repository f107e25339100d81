import type { Backend, RemoteSettings, SuggestedRemote } from '../../backends/backend';
import { readRemoteSettings } from '../platform/settings';
import type { CommandContext } from '../tree/commandContext';
import { showFailure } from '../window/errorMessages';
import { type MultiSelectRow, multiSelect } from '../window/quickPicks';
import * as window from '../window/window';
import { freeRemoteName, saveRemotes } from './savedRemotes';

export interface Suggestion extends SuggestedRemote {
  readonly backend: Backend;
  /** The existing remote with the same settings. */
  readonly addedAs?: string;
}

/** Returns the remotes that backends find on this machine. Logs files that can't be read. */
export async function findSuggestions(shell: CommandContext): Promise<readonly Suggestion[]> {
  const found: Suggestion[] = [];
  for (const backend of shell.app.backends) {
    try {
      for (const suggested of (await backend.suggest?.({ env: process.env })) ?? [])
        found.push(withName(backend, suggested));
    } catch (error) {
      shell.output.warn(`[suggest] ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

function withName(backend: Backend, suggested: SuggestedRemote): Suggestion {
  const same = readRemoteSettings().find(
    (remote) =>
      remote?.backend === backend.id &&
      Object.entries(suggested.settings).every(([field, value]) => remote[field] === value),
  );
  const problem = suggested.problem ?? backend.check(settingsOf(backend, suggested, 'new'))[0];
  return {
    ...suggested,
    backend,
    ...(problem !== undefined && { problem }),
    ...(same && { addedAs: same.name }),
  };
}

function settingsOf(backend: Backend, { settings }: SuggestedRemote, name: string): RemoteSettings {
  return { name, backend: backend.id, ...settings };
}

/** Adds suggested remotes under unused names and resolves to the names. They have no secrets. */
export async function addSuggestions(
  shell: CommandContext,
  suggestions: readonly Suggestion[],
): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of suggestions) names.push(freeRemoteName(name, names));
  await saveRemotes(
    shell,
    suggestions.map((suggestion, index) => ({
      backend: suggestion.backend,
      settings: settingsOf(suggestion.backend, suggestion, names[index] ?? suggestion.name),
      secrets: {},
    })),
  );
  return names;
}

/** Lets the user tick AWS profiles and other suggestions, and adds a remote for each. Resolves to their names. */
export async function addSuggestedRemotes(shell: CommandContext): Promise<readonly string[]> {
  try {
    const found = await findSuggestions(shell);
    if (found.length === 0) {
      void window.showInformationMessage(
        'No AWS profiles were found in ~/.aws/config or ~/.aws/credentials. Make one with "aws configure".',
      );
      return [];
    }
    const rows = found.map(
      (suggestion): MultiSelectRow<(typeof found)[number]> => ({
        label: suggestion.label,
        description: descriptionOf(suggestion),
        ...(suggestion.problem !== undefined && { disabledReason: suggestion.problem }),
        checked: suggestion.addedAs === undefined && suggestion.doubtful !== true,
        value: suggestion,
      }),
    );
    const chosen = await multiSelect(
      'Add remotes from AWS profiles',
      'Which ones? They sign in by their profile; no key is copied.',
      rows,
      'Can’t be used',
    );
    const names = chosen && chosen.length > 0 ? await addSuggestions(shell, chosen) : [];
    if (names.length > 0) {
      shell.output.info(`[suggest] added ${names.join(', ')}`);
      void window.showInformationMessage(
        names.length === 1
          ? `The remote ${names[0]} was added.`
          : `${names.length} remotes were added: ${names.join(', ')}.`,
      );
    }
    return names;
  } catch (error) {
    showFailure(error, { what: 'No remotes were added' }, shell.output);
    return [];
  }
}

/** "single sign-on · eu-west-1 · already added as work" */
export function descriptionOf({ description, leftOut = [], addedAs }: Suggestion): string {
  return [
    description,
    ...(leftOut.length > 0 ? [`without ${leftOut.map(({ name }) => name).join(', ')}`] : []),
    ...(addedAs === undefined ? [] : [`already added as ${addedAs}`]),
  ].join(' · ');
}
