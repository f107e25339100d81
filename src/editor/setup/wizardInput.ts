import * as vscode from 'vscode';
import type { WizardChoice, WizardStep } from '../../backends/backend';
import * as window from '../window/window';

/** The result of a question: an answer, a step back, or undefined when the user cancelled. */
export type StepAnswer = { readonly text: string } | 'back' | undefined;

export interface StepSurroundings {
  /** "New S3 remote · MinIO — Step 2 of 5" */
  readonly title: string;
  readonly initial: string | undefined;
  readonly canGoBack: boolean;
}

/** Asks one step in the quick input. Resolves only to an answer that the step accepts. */
export async function askStep(step: WizardStep, around: StepSurroundings): Promise<StepAnswer> {
  if (step.kind === 'choice') return askChoice(step, around);
  const initial = around.initial ?? (await step.loadInitial?.({ env: process.env }));
  return askText(step, { ...around, initial });
}

function askText(step: WizardStep, around: StepSurroundings): Promise<StepAnswer> {
  const input = new window.InputBox();
  input.title = around.title;
  input.prompt = step.prompt;
  input.placeholder = step.optional ? `${step.title} (may stay empty)` : step.title;
  input.password = step.kind === 'secret';
  input.ignoreFocusOut = true;
  input.value = around.initial ?? '';
  if (around.canGoBack) input.buttons = [vscode.QuickInputButtons.Back];
  const check = () => {
    input.validationMessage = answerProblem(step, input.value);
    return input.validationMessage === undefined;
  };
  return new Promise((resolve) => {
    input.onDidChangeValue(check);
    input.onDidAccept(() => {
      if (!check()) return;
      resolve({ text: input.value });
      input.hide();
    });
    input.onDidTriggerButton(() => {
      resolve('back');
      input.hide();
    });
    input.onDidHide(() => {
      resolve(undefined);
      input.dispose();
    });
    input.show();
  });
}

interface ChoiceItem extends window.Row {
  readonly value?: string;
}

function askChoice(step: WizardStep, around: StepSurroundings): Promise<StepAnswer> {
  const pick = new window.QuickPick<ChoiceItem>();
  let choices = step.choices ?? [];
  pick.title = around.title;
  pick.placeholder = step.freeText ? `${step.prompt} (choose, or type another)` : step.prompt;
  pick.ignoreFocusOut = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  if (around.canGoBack) pick.buttons = [vscode.QuickInputButtons.Back];

  const draw = () => {
    const items = choices.map(choiceItem);
    const typed = step.freeText ? pick.value.trim() : '';
    const known = choices.some((choice) => choice.value === typed || choice.label === typed);
    if (typed !== '') pick.items = known ? items : [...items, typedItem(step, typed)];
    else {
      const own = around.initial ?? '';
      const listed = items.find((item) => item.value === own);
      const offered = !listed && own !== '' && step.freeText ? [typedItem(step, own), ...items] : items;
      pick.items = offered;
      const first = listed ?? offered[0];
      if (first) pick.activeItems = [first];
    }
  };
  const lookUp = async () => {
    if (!step.loadChoices) return;
    pick.busy = true;
    choices = [...choices, ...(await step.loadChoices({ env: process.env }))];
    pick.busy = false;
    draw();
  };

  return new Promise((resolve) => {
    pick.onDidChangeValue(() => step.freeText && draw());
    pick.onDidAccept(() => {
      const chosen = pick.selectedItems[0] ?? pick.activeItems[0];
      if (chosen?.value === undefined || answerProblem(step, chosen.value) !== undefined) return;
      resolve({ text: chosen.value });
      pick.hide();
    });
    pick.onDidTriggerButton(() => {
      resolve('back');
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    draw();
    pick.show();
    void lookUp();
  });
}

function choiceItem(choice: WizardChoice): ChoiceItem {
  return {
    label: choice.label,
    value: choice.value,
    ...(choice.description !== undefined && { description: choice.description }),
    ...(choice.detail !== undefined && { detail: choice.detail }),
  };
}

/** Returns the row for a typed text that isn't in the list, with its problem. */
function typedItem(step: WizardStep, text: string): ChoiceItem {
  const problem = answerProblem(step, text);
  return problem === undefined
    ? { label: text, value: text, description: `use this as ${step.title.toLowerCase()}`, alwaysShow: true }
    : { icon: 'error', label: text, detail: problem, alwaysShow: true };
}

/** Returns why `step` rejects `text`, as a sentence, or undefined. Pure. */
export function answerProblem(step: WizardStep, text: string): string | undefined {
  if (text.trim() === '') return step.optional ? undefined : `${step.title} is needed.`;
  return step.problem?.(text);
}
