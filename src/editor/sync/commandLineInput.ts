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
 * the user cancels or presses the button.
 */
export function askCommandLine(
  start: string,
  read: (text: string) => LineProblem | { readonly summary: string },
): Promise<string | undefined> {
  const box = new window.InputBox();
  box.title = 'Sync from Command Line';
  box.prompt = 'A line for "aws s3" (sync, cp, mv) or rclone (sync, copy, move, check)';
  box.placeholder = 'aws s3 sync ./dist s3://bucket/site --delete';
  box.value = start;
  /** Shows the problem or the summary of the text, and returns the problem. */
  const check = () => {
    const line = read(box.value);
    const problem = 'problem' in line ? line.problem : undefined;
    const step = 'problem' in line && line.next ? nextSteps[line.next] : undefined;
    box.buttons = step ? [{ iconPath: new vscode.ThemeIcon(step.icon), tooltip: step.tooltip }] : [];
    box.validationMessage =
      'problem' in line
        ? line.problem
        : { message: line.summary, severity: vscode.InputBoxValidationSeverity.Info };
    return problem;
  };
  const checkTyped = () => {
    check();
    // An empty box shows no problem before Enter.
    if (box.value.trim() === '') box.validationMessage = undefined;
  };
  box.onDidChangeValue(checkTyped);
  checkTyped();
  return box.ask(
    () => (check() === undefined ? box.value : undefined),
    ({ tooltip }) => {
      const step = Object.values(nextSteps).find((next) => next.tooltip === tooltip);
      box.hide();
      if (step) void vscode.commands.executeCommand(step.command);
      return undefined;
    },
  );
}
