import { printable } from '../../src/base/printable';

/** The properties of a new element. Text is always set as text, never as HTML. */
export interface ElementFacts {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly role?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  facts: ElementFacts = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (facts.class) made.className = facts.class;
  if (facts.text !== undefined) made.textContent = seen(facts.text);
  if (facts.title) made.title = seen(facts.title);
  if (facts.role) made.setAttribute('role', facts.role);
  for (const [name, value] of Object.entries(facts.attributes ?? {})) made.setAttribute(name, seen(value));
  made.append(...children.map((child) => (typeof child === 'string' ? seen(child) : child)));
  return made;
}

/** Sets text and tooltip only when they differ, because rows are redrawn many times a second. */
export function setText(node: HTMLElement, text: string, title = ''): void {
  const [shown, hint] = [seen(text), seen(title)];
  if (node.textContent !== shown) node.textContent = shown;
  if (node.title !== hint) node.title = hint;
}

/** Many texts hold names and server responses: their control characters must not reverse, hide or break the text around them. */
function seen(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== seen(value)) node.setAttribute(name, seen(value));
}

export function show(node: HTMLElement, shown: boolean): void {
  if (node.hidden === shown) node.hidden = !shown;
}
