import type { ConnectionFinding, WizardStep } from '../../backends/backend';

/** The answers so far, by field, including secrets, which never go into the settings. */
export type Answers = Readonly<Record<string, string>>;

interface Given {
  readonly text: string;
  /** The proposal at the time of the answer. */
  readonly proposal: string | undefined;
  /** Whether the answer was one of the choices then. */
  readonly wasChoice: boolean;
}

/**
 * The answers of a wizard. Going back and changing an answer keeps the later ones. An accepted proposal follows its new proposal (a
 * token address derived from the endpoint), and a choice stays while it can be chosen.
 */
export class WizardMemory {
  private readonly given = new Map<string, Given>();

  /** By field, also for steps that no longer apply. */
  get answers(): Answers {
    return Object.fromEntries([...this.given].map(([field, { text }]) => [field, text]));
  }

  /** Returns the initial value of a step. */
  initialOf(step: WizardStep): string | undefined {
    const given = this.given.get(step.field);
    if (!given) return step.initial;
    if (given.text === given.proposal && step.initial !== undefined) return step.initial;
    const isGone =
      given.wasChoice && !step.loadChoices && !step.choices?.some(({ value }) => value === given.text);
    return isGone ? step.initial : given.text;
  }

  answer(step: WizardStep, text: string): void {
    this.given.set(step.field, {
      text,
      proposal: step.initial,
      wasChoice: step.choices?.some(({ value }) => value === text) ?? false,
    });
  }
}

/**
 * Returns the step to go back to after a connection test: the step of the first failure's field, else the last step. Pure.
 */
export function stepAtFault(steps: readonly WizardStep[], failure: ConnectionFinding | undefined): number {
  const named = [...(failure?.detail.matchAll(/"(\w+)"/g) ?? [])].map(([, word = '']) => word);
  for (const field of [...(failure?.fields ?? []), ...named]) {
    const at = steps.findIndex((step) => step.field === field);
    if (at >= 0) return at;
  }
  return steps.length - 1;
}
