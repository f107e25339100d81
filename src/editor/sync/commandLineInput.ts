import * as vscode from 'vscode';
import type { LineProblem } from '../../commandLine/lineProblem';
import * as window from '../window/window';

const nextSteps = {
  addRemote: { command: 'cloudRemotes.addRemote', tooltip: 'Add Remote…', icon: 'add' },
  importRclone: {
    command: 'cloudRemotes.importRcloneConfig',
    tooltip: 'Import Remotes from rclone.conf…',
    icon: 'cloud-download',
  },
} as const;

/**
 * Asks for a command line. While the user types, shows its first problem with a button that helps, or its summary. Undefined when
 * the user cancels or takes the button.
 */
export async function askCommandLine(
  start: string,
  judge: (text: string) => LineProblem | { readonly summary: string },
): Promise<string | undefined> {
  const box = new window.InputBox();
  box.title = 'Sync from Command Line';
  box.prompt = 'A line for "aws s3" (sync, cp, mv) or rclone (sync, copy, move, check)';
  box.placeholder = 'aws s3 sync ./dist s3://bucket/site --delete';
  box.ignoreFocusOut = true;
  box.value = start;
  let problem: string | undefined;
  const check = (): void => {
    const judged = judge(box.value);
    const step = 'problem' in judged && judged.next ? nextSteps[judged.next] : undefined;
    box.buttons = step ? [{ iconPath: new vscode.ThemeIcon(step.icon), tooltip: step.tooltip }] : [];
    problem = 'problem' in judged ? judged.problem : undefined;
    // An empty box shows no problem before the user types.
    if (box.value.trim() === '') box.validationMessage = undefined;
    else
      box.validationMessage =
        'problem' in judged
          ? judged.problem
          : { message: judged.summary, severity: vscode.InputBoxValidationSeverity.Info };
  };
  check();
  box.show();
  try {
    return await new Promise<string | undefined>((resolve) => {
      box.onDidChangeValue(check);
      box.onDidTriggerButton(({ tooltip }) => {
        const step = Object.values(nextSteps).find((one) => one.tooltip === tooltip);
        resolve(undefined);
        if (step) void vscode.commands.executeCommand(step.command);
      });
      box.onDidAccept(() => {
        check();
        if (problem === undefined) resolve(box.value);
        else box.validationMessage = problem;
      });
      box.onDidHide(() => resolve(undefined));
    });
  } finally {
    box.dispose();
  }
}
