import type { Backend, ConnectionFinding, WizardStep } from '../../backends/backend';
import type { TestChoice } from './connectionTest';
import type { Answers, RemoteDraft } from './remoteDraft';
import type { StepAnswer } from './wizardInput';

interface Given {
  readonly text: string;
  /** The proposal at the time of the answer. */
  readonly proposal: string | undefined;
  /** Whether the answer was one of the choices then. */
  readonly wasChoice: boolean;
}

/**
 * The answers of a wizard. Going back and changing an answer keeps the later answers. An accepted proposal follows its new proposal (a
 * token address derived from the endpoint), and a choice stays while it can be chosen.
 */
export class WizardMemory {
  private readonly given = new Map<string, Given>();

  /** By field, also for steps that no longer apply. */
  get answers(): Answers {
    return Object.fromEntries([...this.given].map(([field, { text }]) => [field, text]));
  }

  initialOf(step: WizardStep): string | undefined {
    const given = this.given.get(step.field);
    if (!given) return step.initial;
    if (given.text === given.proposal && step.initial !== undefined) return step.initial;
    const isGone =
      given.wasChoice && !step.loadChoices && !step.choices?.some(({ value }) => value === given.text);
    return isGone ? step.initial : given.text;
  }

  answer(step: WizardStep, text: string): void {
    const wasChoice = step.choices?.some(({ value }) => value === text) ?? false;
    this.given.set(step.field, { text, proposal: step.initial, wasChoice });
  }
}

/** Settings that a connection test detected. They hold while the answers name the same service. */
export type Detected = Readonly<Record<string, unknown>>;

/**
 * A state of the wizard for a new remote. `storage` asks for the kind of storage; `step` asks the step at `index`, or tests the
 * connection when `index` is past the last step; `end` has the name of the saved remote, or undefined after a cancellation.
 */
export type WizardState =
  | { readonly at: 'storage' }
  | { readonly at: 'step'; readonly backend: Backend; readonly index: number; readonly detected: Detected }
  | { readonly at: 'end'; readonly name: string | undefined };

export type StepState = Extract<WizardState, { at: 'step' }>;

/** The state after the answer to a step. `draft` has the answers before this one. Pure. */
export function afterAnswer(state: StepState, draft: RemoteDraft, answer: StepAnswer): WizardState {
  const { index } = state;
  const step = draft.steps[index];
  if (answer === undefined || !step) return { at: 'end', name: undefined };
  if (answer === 'back') return index === 0 ? { at: 'storage' } : { ...state, index: index - 1 };
  const keepsService =
    draft.answers[step.field] === answer.text || step.field === 'name' || draft.isSecret(step);
  return { ...state, index: index + 1, detected: keepsService ? state.detected : {} };
}

/** The state after the connection test; after `save` the caller has stored the remote. Pure. */
export function afterTest(state: StepState, draft: RemoteDraft, choice: TestChoice): WizardState {
  if (!choice) return { at: 'end', name: undefined };
  if (choice.chosen === 'save') return { at: 'end', name: draft.settings.name };
  if (choice.chosen === 'fix') return { ...state, detected: { ...state.detected, ...choice.settings } };
  return { ...state, index: stepAtFault(draft.steps, choice.failure) };
}

/** The step to return to after a failed connection test: the step of the failure's field, else the last step. Pure. */
export function stepAtFault(steps: readonly WizardStep[], failure: ConnectionFinding | undefined): number {
  const named = [...(failure?.detail.matchAll(/"(\w+)"/g) ?? [])].map(([, word = '']) => word);
  for (const field of [...(failure?.fields ?? []), ...named]) {
    const at = steps.findIndex((step) => step.field === field);
    if (at >= 0) return at;
  }
  return steps.length - 1;
}
