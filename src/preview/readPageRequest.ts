import { rowClasses } from './planIndex';
import { rowStates } from './planRow';
import type { RowFilter, ViewState } from './planView';
import { type CompareMode, compareModes, type PageRequest, pageCommands } from './previewProtocol';

/** More rows than any window shows; a request for more is invalid. */
const maxWindow = 2000;
const maxText = 8192;
/** Far more characters than options with long lists of rules have. */
const maxOptions = 1 << 20;

/**
 * Validates a message from the page. Returns undefined for an invalid one: the page shows names that others chose, so its
 * messages are not trusted.
 */
export function readPageRequest(message: unknown): PageRequest | undefined {
  if (!isRecord(message)) return undefined;
  const { type } = message;
  const command = pageCommands.find((name) => name === type);
  if (command) return { type: command };
  switch (type) {
    case 'ready':
      return { type };
    case 'rows':
      return isCount(message['from']) && isCount(message['count']) && message['count'] <= maxWindow
        ? { type, from: message['from'], count: message['count'] }
        : undefined;
    case 'locate':
      return isTexts(message['keys'], 4) ? { type, keys: message['keys'] } : undefined;
    case 'find':
      return isText(message['start']) && message['start'] !== '' && isPlace(message['after'])
        ? { type, start: message['start'], after: message['after'] }
        : undefined;
    case 'filter': {
      const filter = readFilter(message);
      return filter && isTexts(message['anchors'], 4)
        ? { type, ...filter, anchors: message['anchors'] }
        : undefined;
    }
    case 'flat':
      return isFlag(message['flat']) && isTexts(message['anchors'], 4)
        ? { type, flat: message['flat'], anchors: message['anchors'] }
        : undefined;
    case 'expand':
      return isText(message['key']) && isFlag(message['expanded']) && isTexts(message['anchors'], 4)
        ? { type, key: message['key'], expanded: message['expanded'], anchors: message['anchors'] }
        : undefined;
    case 'expandAll':
      return isFlag(message['expanded']) && isTexts(message['anchors'], 4)
        ? { type, expanded: message['expanded'], anchors: message['anchors'] }
        : undefined;
    case 'tick':
      return isText(message['key']) && isFlag(message['on'])
        ? { type, key: message['key'], on: message['on'] }
        : undefined;
    case 'toggleRange':
      return isCount(message['table']) && isCount(message['from']) && isCount(message['to'])
        ? { type, table: message['table'], from: message['from'], to: message['to'] }
        : undefined;
    case 'tickClass': {
      const rowClass = rowClasses.find((name) => name === message['class']);
      return rowClass && isFlag(message['on']) ? { type, class: rowClass, on: message['on'] } : undefined;
    }
    case 'tickShown':
    case 'includeDeletes':
    case 'deletes':
      return isFlag(message['on']) ? { type, on: message['on'] } : undefined;
    case 'compare': {
      const mode = readCompareMode(message['mode']);
      return mode ? { type, mode } : undefined;
    }
    case 'setOptions': {
      const { options } = message;
      return isRecord(options) && JSON.stringify(options).length <= maxOptions
        ? { type, options }
        : undefined;
    }
    case 'open':
    case 'explain':
      return isText(message['key']) ? { type, key: message['key'] } : undefined;
    default:
      return undefined;
  }
}

export function readCompareMode(value: unknown): CompareMode | undefined {
  return compareModes.find((mode) => mode === value);
}

/** The state of a view as the page saved it, also with the older keys `gate` and `turned`; undefined when a part is missing or wrong. */
export function readViewState(value: unknown): ViewState | undefined {
  if (!isRecord(value)) return undefined;
  const filter = isRecord(value['filter']) ? readFilter(value['filter']) : undefined;
  const { flat, collapsed, deletesEnabled = value['gate'], toggled = value['turned'] } = value;
  if (!filter || !isFlag(flat) || !isFlag(deletesEnabled)) return undefined;
  if (!isTexts(collapsed, Number.POSITIVE_INFINITY) || !isTexts(toggled, Number.POSITIVE_INFINITY))
    return undefined;
  return { filter, flat, deletesEnabled, collapsed, toggled };
}

function readFilter(value: Record<string, unknown>): RowFilter | undefined {
  const { text, classes, states } = value;
  if (!isText(text) || !isTexts(classes, rowClasses.length) || !isTexts(states, rowStates.length))
    return undefined;
  const knownClasses = rowClasses.filter((name) => classes.includes(name));
  const knownStates = rowStates.filter((name) => states.includes(name));
  if (knownClasses.length !== classes.length || knownStates.length !== states.length) return undefined;
  return { text, classes: knownClasses, states: knownStates };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxText;
}

function isTexts(value: unknown, most: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= most && value.every(isText);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A row's position, or −1 for the position before the first row. */
function isPlace(value: unknown): value is number {
  return value === -1 || isCount(value);
}
