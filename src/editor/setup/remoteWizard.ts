import * as vscode from 'vscode';
import type { Backend, ConnectionFinding, RemoteSettings, WizardStep } from '../../backends/backend';
import type { CommandContext } from '../tree/commandContext';
import * as window from '../window/window';
import { askAccount } from './accountStep';
import { showConnectionTest } from './connectionTest';
import { importRcloneConfig } from './importRemotes';
import { type Answers, RemoteDraft } from './remoteDraft';
import { saveRemotes } from './savedRemotes';
import { addSuggestions, descriptionOf, findSuggestions, type Suggestion } from './suggestedRemotes';
import {
  afterAnswer,
  afterTest,
  type Detected,
  type StepState,
  stepAtFault,
  WizardMemory,
  type WizardState,
} from './wizardAnswers';
import { askStep, type StepAnswer, type StepOptions } from './wizardInput';

/**
 * Asks for a new remote step by step, tests the connection and saves it. Resolves to the remote's name, or undefined when the user
 * cancels. Stores nothing before the last step.
 */
export async function addRemote(context: CommandContext): Promise<string | undefined> {
  /** Choosing the same kind of storage again restores its answers. */
  const memories = new Map<Backend, WizardMemory>();
  let state: WizardState = { at: 'storage' };
  while (state.at !== 'end') {
    if (state.at === 'storage') state = await askStorage(context);
    else {
      const memory = memories.get(state.backend) ?? new WizardMemory();
      memories.set(state.backend, memory);
      state = await askOrTest(context, state, memory);
    }
  }
  return state.name;
}

interface StorageItem extends window.Row {
  readonly choice?: Backend | Suggestion | 'import';
}

/** Asks for a kind of storage, or adds a remote in one step. */
async function askStorage(context: CommandContext): Promise<WizardState> {
  const chosen = await window.showQuickPick(storageItems(context), {
    title: 'New remote',
    placeHolder: 'What kind of storage is it?',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  const choice = chosen?.choice;
  if (!choice) return { at: 'end', name: undefined };
  if (choice === 'import') return { at: 'end', name: (await importRcloneConfig(context))[0] };
  if ('source' in choice) return { at: 'end', name: (await addSuggestions(context, [choice]))[0] };
  return { at: 'step', backend: choice, index: 0, detected: {} };
}

async function storageItems(context: CommandContext): Promise<StorageItem[]> {
  const suggestions = (await findSuggestions(context)).filter(({ problem }) => problem === undefined);
  return [
    ...context.app.backends.map((choice) => ({ label: choice.title, description: choice.summary, choice })),
    { label: 'In one step', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Import from rclone.conf…',
      description: 'remotes of rclone, with their secrets',
      choice: 'import' as const,
    },
    ...suggestions.map((choice) => ({
      label: `${choice.source}: ${choice.label}`,
      description: descriptionOf(choice),
      choice,
    })),
  ];
}

async function askOrTest(
  context: CommandContext,
  state: StepState,
  memory: WizardMemory,
): Promise<WizardState> {
  const { backend, index } = state;
  const draft = new RemoteDraft(backend, memory.answers);
  const step = draft.steps[index];
  if (!step) {
    const { secrets } = draft;
    const settings = { ...draft.settings, ...state.detected };
    const choice = await showConnectionTest(context.app, { settings, secrets, within: 'wizard' });
    if (choice?.chosen === 'save') await saveRemotes(context, [{ backend, settings, secrets }]);
    return afterTest(state, draft, choice);
  }
  const answer = await askDraftStep(context, draft, step, {
    title: `${draft.titleBefore(index)} — Step ${index + 1} of ${draft.stepCount}`,
    initial: memory.initialOf(step),
    canGoBack: true,
  });
  if (typeof answer === 'object') memory.answer(step, answer.text);
  return afterAnswer(state, draft, answer);
}

/** Asks one step; a step for an account may sign in. */
async function askDraftStep(
  context: CommandContext,
  draft: RemoteDraft,
  step: WizardStep,
  options: StepOptions,
): Promise<StepAnswer> {
  const { signIn } = draft.backend;
  if (step.kind !== 'account' || !signIn) return askStep(step, options);
  return askAccount(context.signIns, signIn, draft, step, options);
}

interface EditItem extends window.Row {
  readonly action?: WizardStep | 'save' | 'test' | 'settings';
}

/**
 * Shows the settings of a remote as a list to change one by one, then tests or saves. Resolves to its name when saved.
 * `renamingProblem` says why it can't be renamed now, as a sentence. `failure` is the failure of a connection test; its field is
 * asked first.
 */
export async function editRemote(
  context: CommandContext,
  backend: Backend,
  before: RemoteSettings,
  renamingProblem: string | undefined,
  failure?: ConnectionFinding,
): Promise<string | undefined> {
  const stored = await context.secrets.getAll(before.name, backend.secretFields);
  let answers: Answers = { ...asAnswers(before), ...stored };
  let detected: Detected = {};
  let changed = false;
  let failed = failure;
  for (;;) {
    const draft = new RemoteDraft(backend, answers, before.name);
    const settings = editedSettings(draft, before, detected);
    const { secrets, steps } = draft;
    const atFault = failed && steps[stepAtFault(steps, failed)];
    failed = undefined;
    const action: EditItem['action'] =
      atFault && atFault.field !== 'name' ? atFault : await chooseAction(draft, settings, before, changed);
    if (!action) return undefined;
    if (action === 'settings') {
      await vscode.commands.executeCommand('cloudRemotes.openRemotesSettings', before.name);
      return undefined;
    }
    if (action === 'save' || action === 'test') {
      const choice =
        action === 'save'
          ? ({ chosen: 'save' } as const)
          : await showConnectionTest(context.app, { settings, secrets, within: 'wizard' });
      if (!choice) return undefined;
      if (choice.chosen === 'save') {
        await saveRemotes(context, [{ backend, settings, secrets, replaces: before.name }]);
        return settings.name;
      }
      if (choice.chosen === 'fix') {
        detected = { ...detected, ...choice.settings };
        changed = true;
      } else failed = choice.failure;
      continue;
    }
    const step: WizardStep =
      action.field === 'name' ? keepName(action, before.name, renamingProblem) : action;
    const answer = await askDraftStep(context, draft, step, {
      title: `Edit ${before.name}: ${step.title}`,
      initial: answers[step.field] ?? step.initial,
      canGoBack: true,
    });
    if (answer === undefined) return undefined;
    if (answer === 'back') continue;
    changed ||= answer.text !== answers[step.field];
    answers = { ...answers, [step.field]: answer.text };
    detected = Object.fromEntries(Object.entries(detected).filter(([field]) => field !== step.field));
  }
}

/** The step for the name, which rejects another name because of `problem`. */
function keepName(step: WizardStep, own: string, problem: string | undefined): WizardStep {
  return { ...step, problem: (text) => step.problem?.(text) ?? (text.trim() === own ? undefined : problem) };
}

function asAnswers(settings: RemoteSettings): Answers {
  const plain = Object.entries(settings).filter(([, value]) =>
    ['string', 'boolean', 'number'].includes(typeof value),
  );
  return Object.fromEntries(plain.map(([field, value]) => [field, String(value)]));
}

/** The edited settings. Keeps settings that no step asks for, such as a storage class. */
function editedSettings(draft: RemoteDraft, before: RemoteSettings, detected: Detected): RemoteSettings {
  const { backend, steps } = draft;
  const stepsBefore = new RemoteDraft(backend, asAnswers(before), before.name).steps;
  const asked = new Set([...steps, ...stepsBefore].map(({ field }) => field));
  const kept = Object.entries(before).filter(
    ([field]) => !asked.has(field) && !backend.secretFields.includes(field),
  );
  return { ...draft.settings, ...Object.fromEntries(kept), ...detected };
}

async function chooseAction(
  draft: RemoteDraft,
  settings: RemoteSettings,
  before: RemoteSettings,
  changed: boolean,
): Promise<EditItem['action']> {
  const problems = draft.backend.check(settings);
  const items: EditItem[] = [
    ...draft.steps.map((step) => ({
      label: step.title,
      description: shownAnswer(draft, step),
      action: step,
    })),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...problems.map((problem) => ({ icon: 'warning', label: problem })),
    { icon: 'plug', label: 'Test Connection', action: 'test' },
    ...(changed ? [{ icon: 'save', label: 'Save', action: 'save' as const }] : []),
    { icon: 'settings-gear', label: 'More Settings', description: 'in settings.json', action: 'settings' },
  ];
  const chosen = await window.showQuickPick(items, {
    title: `Edit ${before.name}`,
    placeHolder: 'Choose what to change',
    ignoreFocusOut: true,
    matchOnDescription: true,
  });
  return chosen?.action;
}

function shownAnswer(draft: RemoteDraft, step: WizardStep): string {
  if (draft.isSecret(step)) return draft.answers[step.field] ? 'stored' : 'not stored';
  return draft.labelOf(step) ?? (step.optional ? 'not set' : '— required —');
}
