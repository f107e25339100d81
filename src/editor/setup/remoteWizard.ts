import * as vscode from 'vscode';
import type { Backend, ConnectionFinding, RemoteSettings, WizardStep } from '../../backends/backend';
import type { CommandContext } from '../tree/commandContext';
import * as window from '../window/window';
import { askAccount } from './accountStep';
import { showConnectionTest } from './connectionTest';
import { importRcloneConfig } from './importRemotes';
import { freeRemoteName, newNameProblem, saveRemote } from './savedRemotes';
import { addSuggestions, descriptionOf, findSuggestions, type Suggestion } from './suggestedRemotes';
import { type Answers, stepAtFault, WizardMemory } from './wizardAnswers';
import { askStep, type StepAnswer, type StepSurroundings } from './wizardInput';

/**
 * Asks for a new remote step by step, tests the connection and saves it. Resolves to the remote's name, or undefined when the user
 * cancels. Nothing is stored before the last step.
 */
export async function addRemote(shell: CommandContext): Promise<string | undefined> {
  /** Answers by kind of storage: going back and choosing the same kind restores them. */
  const memories = new Map<Backend, WizardMemory>();
  for (;;) {
    const way = await chooseWay(shell);
    if (!way) return undefined;
    if (way === 'import') return (await importRcloneConfig(shell))[0];
    if ('source' in way) return (await addSuggestions(shell, [way]))[0];
    const memory = memories.get(way) ?? new WizardMemory();
    memories.set(way, memory);
    const name = await askRemote(shell, way, memory);
    if (name !== 'back') return name;
  }
}

interface WayItem extends window.Row {
  readonly way?: Backend | Suggestion | 'import';
}

/** A kind of storage, or a remote that can be added in one step. */
async function chooseWay(shell: CommandContext): Promise<WayItem['way']> {
  const chosen = await window.showQuickPick(wayItems(shell), {
    title: 'New remote',
    placeHolder: 'What kind of storage is it?',
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return chosen?.way;
}

async function wayItems(shell: CommandContext): Promise<WayItem[]> {
  const suggestions = (await findSuggestions(shell)).filter(({ problem }) => problem === undefined);
  return [
    ...shell.app.backends.map((way) => ({ label: way.title, description: way.summary, way })),
    { label: 'In one step', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Import from rclone.conf…',
      description: 'remotes of rclone, with their secrets',
      way: 'import' as const,
    },
    ...suggestions.map((way) => ({
      label: `${way.source}: ${way.label}`,
      description: descriptionOf(way),
      way,
    })),
  ];
}

async function askRemote(
  shell: CommandContext,
  backend: Backend,
  memory: WizardMemory,
): Promise<string | 'back' | undefined> {
  let fixes: Readonly<Record<string, unknown>> = {};
  for (let at = 0; ; ) {
    const { answers } = memory;
    const steps = stepsOf(backend, answers);
    const step = steps[at];
    if (!step) {
      const settings = { ...settingsOf(backend, steps, answers), ...fixes };
      const secrets = secretsOf(backend, steps, answers);
      const choice = await showConnectionTest(shell.app, {
        title: `${settings.name}: connection test`,
        settings,
        secrets,
        within: 'wizard',
      });
      if (!choice) return undefined;
      if (choice.chosen === 'fix') fixes = { ...fixes, ...choice.settings };
      else if (choice.chosen === 'save') {
        await saveRemote(shell, backend, settings, secrets);
        return settings.name;
      } else at = stepAtFault(steps, choice.failure);
      continue;
    }
    const answer = await askAny(shell, backend, step, steps, answers, {
      title: `${titleOf(backend, steps.slice(0, at), answers)} — Step ${at + 1} of ${countSteps(backend, answers)}`,
      initial: memory.initialOf(step),
      canGoBack: true,
    });
    if (answer === undefined) return undefined;
    if (answer === 'back') {
      if (at === 0) return 'back';
      at--;
      continue;
    }
    // Facts that a test detected are dropped when the service may be another one.
    const isSame = answers[step.field] === answer.text || step.field === 'name' || isSecret(backend, step);
    if (!isSame) fixes = {};
    memory.answer(step, answer.text);
    at++;
  }
}

/** Asks one step; a step for an account may sign in. */
async function askAny(
  shell: CommandContext,
  backend: Backend,
  step: WizardStep,
  steps: readonly WizardStep[],
  answers: Answers,
  around: StepSurroundings,
): Promise<StepAnswer> {
  if (step.kind !== 'account' || !backend.signIn) return askStep(step, around);
  const clientSecret = answers[backend.signIn.clientSecretField];
  return askAccount(shell.signIns, {
    backend,
    step,
    settings: settingsOf(backend, steps, answers),
    clientSecret: clientSecret || undefined,
    around,
  });
}

/** The backend's steps, and the name as the last one unless the backend asks for it itself. */
export function stepsOf(backend: Backend, answers: Answers, own?: string): readonly WizardStep[] {
  const settings = { name: '', ...withoutSecrets(backend, answers), backend: backend.id } as RemoteSettings;
  const steps = backend.wizardSteps(settings).filter((step) => step.field !== 'name');
  return [...steps, nameStep(backend, settings, own)];
}

/** Counts the steps, assuming that the user accepts all remaining proposals. */
function countSteps(backend: Backend, answers: Answers): number {
  let guess = answers;
  for (;;) {
    const steps = stepsOf(backend, guess);
    const open = steps.find((step) => guess[step.field] === undefined);
    if (!open) return steps.length;
    guess = { ...guess, [open.field]: open.initial ?? open.choices?.[0]?.value ?? '' };
  }
}

function nameStep(backend: Backend, settings: RemoteSettings, own: string | undefined): WizardStep {
  const asked = backend.wizardSteps(settings).find((step) => step.field === 'name');
  return {
    field: 'name',
    title: 'Name',
    prompt: 'The name of the remote, as in name:bucket/path.',
    kind: 'text',
    initial: own ?? freeRemoteName(asked?.initial ?? backend.id),
    problem: (text) => asked?.problem?.(text) ?? newNameProblem(text, own),
  };
}

/** Returns the answers for the settings: those that are neither secret nor empty. */
export function settingsOf(backend: Backend, steps: readonly WizardStep[], answers: Answers): RemoteSettings {
  const kept: Record<string, unknown> = {};
  for (const step of steps) {
    const text = (answers[step.field] ?? '').trim();
    if (step.field !== 'name' && !isSecret(backend, step) && text !== '') kept[step.field] = asSetting(text);
  }
  return { name: (answers['name'] ?? '').trim(), backend: backend.id, ...kept };
}

/** Returns the answers for secret storage. */
export function secretsOf(
  backend: Backend,
  steps: readonly WizardStep[],
  answers: Answers,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const step of steps) {
    const text = answers[step.field];
    if (isSecret(backend, step) && text) kept[step.field] = text;
  }
  return kept;
}

/** Yes-or-no questions are choices of "true" and "false", stored as booleans. */
function asSetting(text: string): unknown {
  return text === 'true' ? true : text === 'false' ? false : text;
}

function isSecret(backend: Backend, step: WizardStep): boolean {
  return step.kind === 'secret' || backend.secretFields.includes(step.field);
}

function withoutSecrets(backend: Backend, answers: Answers): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answers)
      .filter(([field, text]) => !backend.secretFields.includes(field) && text !== '')
      .map(([field, text]) => [field, asSetting(text)]),
  );
}

const longestTitle = 60;

/** "New S3 remote · MinIO · http://127.0.0.1:9000": as many answers as fit. */
function titleOf(backend: Backend, steps: readonly WizardStep[], answers: Answers): string {
  const told = steps.flatMap((step) => {
    const text = answers[step.field];
    if (!text || isSecret(backend, step)) return [];
    return [step.choices?.find((choice) => choice.value === text)?.label ?? text];
  });
  let title = '';
  for (const part of told) {
    if (title.length + part.length > longestTitle) break;
    title += ` · ${part}`;
  }
  return `New ${backend.title} remote${title}`;
}

interface EditItem extends window.Row {
  readonly does?: WizardStep | 'save' | 'test' | 'settings';
}

/**
 * Shows the settings of a remote as a list to change one by one, then tests or saves. Resolves to its name when saved.
 * `renamingProblem` says why it can't be renamed now, as a sentence. `failure` is the failure of a connection test; its field is
 * asked first.
 */
export async function editRemote(
  shell: CommandContext,
  backend: Backend,
  before: RemoteSettings,
  renamingProblem: string | undefined,
  failure?: ConnectionFinding,
): Promise<string | undefined> {
  const stored = await shell.secrets.getAll(before.name, backend.secretFields);
  let answers: Answers = { ...asAnswers(before), ...stored };
  let fixes: Readonly<Record<string, unknown>> = {};
  let changed = false;
  let failed = failure;
  for (;;) {
    const steps = stepsOf(backend, answers, before.name);
    const settings = editedSettings(backend, before, steps, answers, fixes);
    const secrets = secretsOf(backend, steps, answers);
    const atFault = failed && steps[stepAtFault(steps, failed)];
    failed = undefined;
    const item: EditItem | undefined =
      atFault && atFault.field !== 'name'
        ? { label: '', does: atFault }
        : await window.showQuickPick(editItems(backend, steps, answers, settings, changed), {
            title: `Edit ${before.name}`,
            placeHolder: 'Choose what to change',
            ignoreFocusOut: true,
            matchOnDescription: true,
          });
    if (!item?.does) return undefined;
    if (item.does === 'settings') {
      await vscode.commands.executeCommand('cloudRemotes.openRemotesSettings', before.name);
      return undefined;
    }
    if (item.does === 'test') {
      const choice = await showConnectionTest(shell.app, {
        title: `${settings.name}: connection test`,
        settings,
        secrets,
        within: 'wizard',
      });
      if (!choice) return undefined;
      if (choice.chosen === 'fix') {
        fixes = { ...fixes, ...choice.settings };
        changed = true;
      }
      if (choice.chosen === 'back') failed = choice.failure;
      if (choice.chosen !== 'save') continue;
    }
    if (item.does === 'save' || item.does === 'test') {
      await saveRemote(shell, backend, settings, secrets, before.name);
      return settings.name;
    }
    const step: WizardStep =
      item.does.field === 'name' ? keepingName(item.does, before.name, renamingProblem) : item.does;
    const answer = await askAny(shell, backend, step, steps, answers, {
      title: `Edit ${before.name}: ${step.title}`,
      initial: answers[step.field] ?? step.initial,
      canGoBack: true,
    });
    if (answer === undefined) return undefined;
    if (answer === 'back') continue;
    changed ||= answer.text !== answers[step.field];
    answers = { ...answers, [step.field]: answer.text };
    fixes = Object.fromEntries(Object.entries(fixes).filter(([field]) => field !== step.field));
  }
}

/** Returns the step for the name, which rejects another name because of `problem`. */
function keepingName(step: WizardStep, own: string, problem: string | undefined): WizardStep {
  return { ...step, problem: (text) => step.problem?.(text) ?? (text.trim() === own ? undefined : problem) };
}

function asAnswers(settings: RemoteSettings): Answers {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(
        ([, value]) => typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number',
      )
      .map(([field, value]) => [field, String(value)]),
  );
}

/** Returns the edited settings. Keeps settings that no step asks for, such as a storage class. */
function editedSettings(
  backend: Backend,
  before: RemoteSettings,
  steps: readonly WizardStep[],
  answers: Answers,
  fixes: Readonly<Record<string, unknown>>,
): RemoteSettings {
  const everAsked = new Set(
    [...steps, ...stepsOf(backend, asAnswers(before), before.name)].map((step) => step.field),
  );
  const untouched = Object.fromEntries(
    Object.entries(before).filter(
      ([field]) => !everAsked.has(field) && !backend.secretFields.includes(field),
    ),
  );
  return { ...settingsOf(backend, steps, answers), ...untouched, ...fixes };
}

function editItems(
  backend: Backend,
  steps: readonly WizardStep[],
  answers: Answers,
  settings: RemoteSettings,
  changed: boolean,
): EditItem[] {
  const fields = steps.map(
    (step): EditItem => ({ label: step.title, description: shownAnswer(backend, step, answers), does: step }),
  );
  const problems = backend.check(settings).map((problem): EditItem => ({ icon: 'warning', label: problem }));
  const test: EditItem = {
    icon: 'plug',
    label: 'Test Connection',
    does: 'test',
  };
  const save: EditItem = { icon: 'save', label: 'Save', does: 'save' };
  return [
    ...fields,
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    ...problems,
    test,
    ...(changed ? [save] : []),
    { icon: 'settings-gear', label: 'More Settings', description: 'in settings.json', does: 'settings' },
  ];
}

function shownAnswer(backend: Backend, step: WizardStep, answers: Answers): string {
  const text = answers[step.field];
  if (isSecret(backend, step)) return text ? 'stored' : 'not stored';
  if (!text) return step.optional ? 'not set' : '— needed —';
  return step.choices?.find((choice) => choice.value === text)?.label ?? text;
}
