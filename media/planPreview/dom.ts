/** The few things said about an element when it is made. Text is always set as text, never as HTML. */
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
  if (facts.text !== undefined) made.textContent = facts.text;
  if (facts.title) made.title = facts.title;
  if (facts.role) made.setAttribute('role', facts.role);
  for (const [name, value] of Object.entries(facts.attributes ?? {})) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets text and tooltip only where they differ: rows are redrawn many times a second. */
export function setText(node: HTMLElement, text: string, title = ''): void {
  if (node.textContent !== text) node.textContent = text;
  if (node.title !== title) node.title = title;
}

export function setAttribute(node: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function show(node: HTMLElement, shown: boolean): void {
  if (node.hidden === shown) node.hidden = !shown;
}
