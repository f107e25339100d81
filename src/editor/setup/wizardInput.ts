import * as vscode from 'vscode';
import type { WizardStep } from '../../backends/backend';
import * as window from '../window/window';

/** An answer, a step back, or undefined when the user cancels. */
export type StepAnswer = Answered | undefined;
type Answered = { readonly text: string } | 'back';

export interface StepOptions {
  /** "New S3 remote · MinIO — Step 2 of 5" */
  readonly title: string;
  readonly initial: string | undefined;
  readonly canGoBack: boolean;
}

/** Asks one step in the quick input. Resolves only to an answer that the step accepts. */
export async function askStep(step: WizardStep, options: StepOptions): Promise<StepAnswer> {
  if (step.kind === 'choice') return askChoice(step, options);
  const initial = options.initial ?? (await step.loadInitial?.({ env: process.env }));
  return askText(step, { ...options, initial });
}

export function backButtons({ canGoBack }: StepOptions): vscode.QuickInputButton[] {
  return canGoBack ? [vscode.QuickInputButtons.Back] : [];
}

function askText(step: WizardStep, options: StepOptions): Promise<StepAnswer> {
  const input = new window.InputBox();
  input.title = options.title;
  input.prompt = step.prompt;
  input.placeholder = step.optional ? `${step.title} (optional)` : step.title;
  input.password = step.kind === 'secret';
  input.value = options.initial ?? '';
  input.buttons = backButtons(options);
  const isValid = () => {
    const problem = answerProblem(step, input.value);
    input.validationMessage = problem;
    return problem === undefined;
  };
  input.onDidChangeValue(isValid);
  return input.ask<Answered>(
    () => (isValid() ? { text: input.value } : undefined),
    () => 'back',
  );
}

interface ChoiceItem extends window.Row {
  readonly value?: string;
}

function askChoice(step: WizardStep, options: StepOptions): Promise<StepAnswer> {
  const pick = new window.QuickPick<ChoiceItem>({ matchOnDescription: true, matchOnDetail: true });
  let choices = step.choices ?? [];
  pick.title = options.title;
  pick.placeholder = step.freeText ? `${step.prompt} (choose, or type another)` : step.prompt;
  pick.buttons = backButtons(options);

  const draw = () => {
    const typed = step.freeText ? pick.value.trim() : '';
    if (typed !== '') {
      const isListed = choices.some(({ value, label }) => value === typed || label === typed);
      pick.items = isListed ? choices : [...choices, typedItem(step, typed)];
      return;
    }
    const { initial = '' } = options;
    const listed = choices.find(({ value }) => value === initial);
    const isOther = !listed && initial !== '' && step.freeText;
    pick.items = isOther ? [typedItem(step, initial), ...choices] : choices;
    const first = listed ?? pick.items[0];
    if (first) pick.activeItems = [first];
  };
  const loadChoices = async () => {
    if (!step.loadChoices) return;
    pick.busy = true;
    choices = [...choices, ...(await step.loadChoices({ env: process.env }))];
    pick.busy = false;
    draw();
  };

  pick.onDidChangeValue(() => step.freeText && draw());
  draw();
  const answer = pick.ask<Answered>(
    () => {
      const { value } = pick.selectedItems[0] ?? pick.activeItems[0] ?? {};
      return value !== undefined && answerProblem(step, value) === undefined ? { text: value } : undefined;
    },
    () => 'back',
  );
  void loadChoices();
  return answer;
}

/** The row for a typed text that isn't in the list, with its problem. */
function typedItem(step: WizardStep, text: string): ChoiceItem {
  const problem = answerProblem(step, text);
  return problem === undefined
    ? { label: text, value: text, description: `use this as ${step.title.toLowerCase()}`, alwaysShow: true }
    : { icon: 'error', label: text, detail: problem, alwaysShow: true };
}

/** Why `step` rejects `text`, as a sentence, or undefined. Pure. */
export function answerProblem(step: WizardStep, text: string): string | undefined {
  if (text.trim() === '') return step.optional ? undefined : `${step.title} is required.`;
  return step.problem?.(text);
}
