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
import { element, setText } from './dom';
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

/** A button whose value is its label. */
export type ButtonControl = Control<string>;

export function button(look: 'primary' | 'secondary', label: string, pressed: () => void): ButtonControl {
  const made = document.createElement('vscode-button') as Button;
  made.setAttribute('appearance', look);
  made.addEventListener('click', pressed);
  setText(made, label);
  return control(made, (text) => setText(made, text));
}

/** The label is also the tooltip. */
export function iconButton(name: IconName, label: string, pressed: () => void): ButtonControl {
  const made = document.createElement('vscode-button') as Button;
  made.setAttribute('appearance', 'icon');
  made.append(icon(name));
  made.addEventListener('click', pressed);
  const set = (text: string) => {
    made.title = text;
    made.ariaLabel = text;
  };
  set(label);
  return control(made, set);
}

export function checkbox(label: string, hint: string, changed: (on: boolean) => void): Control<boolean> {
  const made = document.createElement('vscode-checkbox') as Checkbox;
  made.textContent = label;
  made.title = hint;
  made.addEventListener('change', () => changed(made.checked));
  return control(made, (on) => {
    // Setting it fires a change event, as a click does.
    if (made.checked !== on) silently(made, () => (made.checked = on));
  });
}

export function dropdown<V extends string>(
  label: string,
  values: readonly V[],
  textOf: (value: V) => string,
  changed: (value: V) => void,
): Control<V> {
  const made = document.createElement('vscode-dropdown') as Dropdown;
  made.setAttribute('aria-label', label);
  for (const value of values) {
    const option = document.createElement('vscode-option');
    option.setAttribute('value', value);
    option.textContent = textOf(value);
    made.append(option);
  }
  made.addEventListener('change', () => {
    const chosen = values.find((value) => value === made.value);
    if (chosen) changed(chosen);
  });
  return control(made, (value) => {
    if (made.value !== value) silently(made, () => (made.value = value));
  });
}

export interface TextControl {
  readonly element: HTMLElement;
  set(text: string): void;
  focus(): void;
}

export function textField(label: string, changed: (text: string) => void): TextControl {
  const made = document.createElement('vscode-text-field') as TextField;
  made.placeholder = label;
  made.setAttribute('aria-label', label);
  made.append(element('span', { attributes: { slot: 'start' } }, icon('filter')));
  made.addEventListener('input', () => changed(made.value));
  return {
    element: made,
    set: (text) => {
      if (made.value !== text) made.value = text;
    },
    focus: () => made.focus(),
  };
}

export function progressRing(): HTMLElement {
  return document.createElement('vscode-progress-ring');
}

function control<V>(made: HTMLElement & { disabled: boolean }, set: (value: V) => void): Control<V> {
  return {
    element: made,
    set,
    enable: (enabled) => {
      made.disabled = !enabled;
    },
  };
}

function silently(node: HTMLElement, change: () => void): void {
  const stop = (event: Event) => event.stopImmediatePropagation();
  node.addEventListener('change', stop, { capture: true });
  change();
  node.removeEventListener('change', stop, { capture: true });
}
