import {
  type Button,
  type Checkbox,
  type Dropdown,
  provideVSCodeDesignSystem,
  type TextField,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { setText } from './dom';
import { type IconName, icon } from './icons';

// The only file that imports the toolkit, which is no longer maintained: replacing the toolkit means replacing this file.
provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeProgressRing(),
  vsCodeTextField(),
);

/** A control that the page places and updates. */
export interface Control<V> {
  readonly element: HTMLElement;
  /** Shows a value without a change event. */
  set(value: V): void;
  enable(enabled: boolean): void;
}

export type ButtonControl = Control<string>;

/** Maps a value to its label. */
export function button(look: 'primary' | 'secondary', pressed: () => void): ButtonControl {
  const made = document.createElement('vscode-button') as Button;
  made.setAttribute('appearance', look);
  made.addEventListener('click', pressed);
  return {
    element: made,
    set: (label) => setText(made, label),
    enable: (enabled) => {
      made.disabled = !enabled;
    },
  };
}

/** Maps a value to its name, which is also its tooltip. */
export function iconButton(name: IconName, pressed: () => void): ButtonControl {
  const made = document.createElement('vscode-button') as Button;
  made.setAttribute('appearance', 'icon');
  made.append(icon(name));
  made.addEventListener('click', pressed);
  return {
    element: made,
    set: (label) => {
      made.title = label;
      made.ariaLabel = label;
    },
    enable: (enabled) => {
      made.disabled = !enabled;
    },
  };
}

export function checkbox(label: string, hint: string, changed: (on: boolean) => void): Control<boolean> {
  const made = document.createElement('vscode-checkbox') as Checkbox;
  made.textContent = label;
  made.title = hint;
  made.addEventListener('change', () => changed(made.checked));
  return {
    element: made,
    set: (on) => {
      // Setting it fires a change event, as a click does.
      if (made.checked !== on) silently(made, 'change', () => (made.checked = on));
    },
    enable: (enabled) => {
      made.disabled = !enabled;
    },
  };
}

export function dropdown<V extends string>(
  label: string,
  choices: readonly { readonly value: V; readonly label: string }[],
  changed: (value: V) => void,
): Control<V> {
  const made = document.createElement('vscode-dropdown') as Dropdown;
  made.setAttribute('aria-label', label);
  for (const choice of choices) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', choice.value);
    option.textContent = choice.label;
    made.append(option);
  }
  made.addEventListener('change', () => {
    const chosen = choices.find((choice) => choice.value === made.value);
    if (chosen) changed(chosen.value);
  });
  return {
    element: made,
    set: (value) => {
      if (made.value !== value) silently(made, 'change', () => (made.value = value));
    },
    enable: (enabled) => {
      made.disabled = !enabled;
    },
  };
}

export interface TextControl extends Control<string> {
  focus(): void;
}

export function textField(label: string, changed: (text: string) => void): TextControl {
  const made = document.createElement('vscode-text-field') as TextField;
  made.placeholder = label;
  made.setAttribute('aria-label', label);
  const start = document.createElement('span');
  start.slot = 'start';
  start.append(icon('filter'));
  made.append(start);
  made.addEventListener('input', () => changed(made.value));
  return {
    element: made,
    set: (text) => {
      if (made.value !== text) made.value = text;
    },
    enable: (enabled) => {
      made.disabled = !enabled;
    },
    focus: () => made.focus(),
  };
}

export function progressRing(): HTMLElement {
  return document.createElement('vscode-progress-ring');
}

function silently(element: HTMLElement, event: string, change: () => void): void {
  const stop = (e: Event) => e.stopImmediatePropagation();
  element.addEventListener(event, stop, { capture: true });
  change();
  element.removeEventListener(event, stop, { capture: true });
}
