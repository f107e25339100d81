import type { ConnectionFinding, WizardStep } from '../../backends/backend';

/** What was answered so far, by field; secrets among them, which never reach the settings. */
export type Answers = Readonly<Record<string, string>>;

interface Given {
  readonly text: string;
  /** What was proposed when it was answered. */
  readonly proposal: string | undefined;
  /** Whether it was one of the choices then. */
  readonly wasChoice: boolean;
}

/**
 * What a wizard was told. Whoever goes back and answers a step again finds all later answers still there; those that were only what the
 * wizard itself had proposed follow what is now proposed (a token's address that is made from the endpoint), and a choice stands as
 * long as it can be chosen.
 */
export class WizardMemory {
  private readonly given = new Map<string, Given>();

  /** By field, for the steps that are still asked and for others. */
  get answers(): Answers {
    return Object.fromEntries([...this.given].map(([field, { text }]) => [field, text]));
  }

  /** What a step begins with when it is asked. */
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
 * The step to go back to after a connection test: the one whose answer is at fault, as far as the first failure tells, else the
 * last. Pure.
 */
export function stepAtFault(steps: readonly WizardStep[], failure: ConnectionFinding | undefined): number {
  const named = [...(failure?.detail.matchAll(/"(\w+)"/g) ?? [])].map(([, word = '']) => word);
  for (const field of [...(failure?.fields ?? []), ...named]) {
    const at = steps.findIndex((step) => step.field === field);
    if (at >= 0) return at;
  }
  return steps.length - 1;
}
