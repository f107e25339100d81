import type { Backend, SuggestedRemote } from '../../backends/backend';
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

/** The remotes that backends find on this machine. Logs files that can't be read. */
export async function findSuggestions(context: CommandContext): Promise<readonly Suggestion[]> {
  const found: Suggestion[] = [];
  for (const backend of context.app.backends) {
    try {
      for (const suggested of (await backend.suggest?.({ env: process.env })) ?? [])
        found.push(checkSuggestion(backend, suggested));
    } catch (error) {
      context.output.warn(`[suggest] ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return found;
}

function checkSuggestion(backend: Backend, suggested: SuggestedRemote): Suggestion {
  const { settings } = suggested;
  const same = readRemoteSettings().find(
    (remote) =>
      remote?.backend === backend.id &&
      Object.entries(settings).every(([field, value]) => remote[field] === value),
  );
  const problem = suggested.problem ?? backend.check({ name: 'new', backend: backend.id, ...settings })[0];
  return {
    ...suggested,
    backend,
    ...(problem !== undefined && { problem }),
    ...(same && { addedAs: same.name }),
  };
}

/** Adds suggested remotes under unused names and resolves to the names. They have no secrets. */
export async function addSuggestions(
  context: CommandContext,
  suggestions: readonly Suggestion[],
): Promise<string[]> {
  const names: string[] = [];
  const remotes = suggestions.map(({ backend, name: proposed, settings }) => {
    const name = freeRemoteName(proposed, names);
    names.push(name);
    return { backend, settings: { name, backend: backend.id, ...settings }, secrets: {} };
  });
  await saveRemotes(context, remotes);
  return names;
}

/** Lets the user select AWS profiles and other suggestions, and adds a remote for each. Resolves to their names. */
export async function addSuggestedRemotes(context: CommandContext): Promise<readonly string[]> {
  try {
    const found = await findSuggestions(context);
    if (found.length === 0) {
      void window.showInformationMessage(
        'There are no AWS profiles in ~/.aws/config or ~/.aws/credentials. Create one with "aws configure".',
      );
      return [];
    }
    const rows = found.map(
      (suggestion): MultiSelectRow<Suggestion> => ({
        label: suggestion.label,
        description: descriptionOf(suggestion),
        ...(suggestion.problem !== undefined && { disabledReason: suggestion.problem }),
        checked: suggestion.addedAs === undefined && suggestion.doubtful !== true,
        value: suggestion,
      }),
    );
    const chosen = await multiSelect(
      'Add remotes from AWS profiles',
      'Select profiles. The remotes sign in through them; no key is copied.',
      rows,
      'Can’t be used',
    );
    if (!chosen || chosen.length === 0) return [];
    const names = await addSuggestions(context, chosen);
    context.output.info(`[suggest] added ${names.join(', ')}`);
    void window.showInformationMessage(
      names.length === 1
        ? `The remote ${names[0]} was added.`
        : `${names.length} remotes were added: ${names.join(', ')}.`,
    );
    return names;
  } catch (error) {
    showFailure(error, { what: 'No remotes were added' }, context.output);
    return [];
  }
}

/** "single sign-on · eu-west-1 · already added as work" */
export function descriptionOf({ description, leftOut = [], addedAs }: Suggestion): string {
  const omitted = leftOut.length > 0 ? `without ${leftOut.map(({ name }) => name).join(', ')}` : '';
  const added = addedAs === undefined ? '' : `already added as ${addedAs}`;
  return [description, omitted, added].filter(Boolean).join(' · ');
}
