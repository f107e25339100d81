import { planOptionSchema } from '../../src/plan/model/optionSchema';
import type { FilterDialect, FilterRule, PlanOptions } from '../../src/plan/model/planOptions';
import { ruleMarks, rulesFromText, rulesToText } from '../../src/preview/filterText';
import { fill, type Strings } from '../../src/preview/strings';
import { button } from './controls';
import { element, setText, show } from './dom';
import type { PageText } from './pageText';
import './styles/optionsPanel.css';

/** The services that the panel needs from the page. */
export interface OptionsHost {
  readonly text: PageText;
  /** Applies the options. Resolves to the reason when they are rejected. */
  apply(options: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  /** Called when the panel closes; the focus returns to where it came from. */
  closed(): void;
}

/** The comparison modes in the order shown. */
export const shownCompareModes = ['rclone', 'checksum', 'size-only', 'aws', 'exact-timestamps'] as const;

/** The values of each choice in the order shown; a new plan has the first. */
const choices = {
  verb: planOptionSchema.verb.choices,
  trackRenames: planOptionSchema.trackRenames.choices,
  compare: shownCompareModes,
  deletes: ['none', 'after', 'before', 'during'],
  filterDialect: planOptionSchema.filterDialect.choices,
} as const;
type ChoiceName = keyof typeof choices;
type ChoiceText = { [N in ChoiceName]: `${N}:${(typeof choices)[N][number]}` }[ChoiceName];

const limits = ['files', 'percent', 'bytes'] as const;

const placeholders = { size: '10K, 1.5M, 2G', age: '30m, 12h, 7d' };

/** The form: its groups and their options in order. The schema decides the control of each option. */
const groups = [
  ['optionsWhat', ['verb', 'trackRenames', 'backupFolder']],
  [
    'optionsCompare',
    [
      'compare',
      'modifyWindowMs',
      'ignoreExisting',
      'ignoreTimes',
      'update',
      'ignoreSize',
      'immutable',
      'keepTargetTimes',
      'refreshTimes',
      'useServerTimes',
      'oneWay',
    ],
  ],
  ['optionsDeletes', ['deletes', 'maxDelete', 'deleteExcluded']],
  [
    'optionsFilters',
    [
      'filterDialect',
      'filters',
      'ignoreFiles',
      'minSize',
      'maxSize',
      'minAge',
      'maxAge',
      'useDefaultExcludes',
      'followSymlinks',
    ],
  ],
] as const;
type Name = (typeof groups)[number][1][number];

/** One line of the form: shows the value of an option and reads it back. Undefined stands for an absent option. */
interface Field {
  readonly name: Name;
  /** The part of `maxDelete`. */
  readonly part?: (typeof limits)[number];
  readonly root: HTMLElement;
  readonly input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  show(value: unknown): void;
  /** Throws an Error with a message for the user. */
  read(): unknown;
}

let ids = 0;

/** All options of a plan as a form below the header. Nothing changes before the user applies it. */
export class OptionsPanel {
  readonly root: HTMLElement;
  private readonly fields: readonly Field[];
  private readonly dialect: Field;
  private readonly problem = element('div', { class: 'problem', role: 'alert' });
  private readonly rulesHint = element('div', { class: 'hint' });
  /** The dialect of the rules as they are written in the form. */
  private written: FilterDialect = 'rclone';
  private options: PlanOptions | undefined;
  /** The content of each field when the panel opened. */
  private readonly asShown = new Map<Field, string | boolean>();

  constructor(private readonly host: OptionsHost) {
    const { words } = host.text;
    this.dialect = choiceField('filterDialect', words);
    const filters = this.filtersField();
    const made = groups.map(([title, names]) => {
      const fields = names.flatMap((name) =>
        name === 'filters' ? filters : name === 'filterDialect' ? this.dialect : fieldsOf(name, words),
      );
      return { title: words[title], fields };
    });
    this.fields = made.flatMap(({ fields }) => fields);
    this.dialect.input.addEventListener('change', () => this.dialectChosen(filters.input));
    this.root = element(
      'section',
      { class: 'optionsPanel', role: 'group', attributes: { 'aria-label': words.optionsTitle } },
      element(
        'div',
        { class: 'groups' },
        ...made.map(({ title, fields }) =>
          element('fieldset', {}, element('legend', { text: title }), ...fields.map(({ root }) => root)),
        ),
      ),
      element(
        'div',
        { class: 'end' },
        this.problem,
        button('secondary', words.cancel, () => this.close()).element,
        button('primary', words.optionsApply, () => void this.apply()).element,
      ),
    );
    this.root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
      else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.apply();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    show(this.root, false);
  }

  get isOpen(): boolean {
    return !this.root.hidden;
  }

  open(options: PlanOptions): void {
    this.options = options;
    this.written = options.filterDialect;
    for (const field of this.fields) {
      field.show(storedValue(options, field));
      this.asShown.set(field, contentOf(field.input));
    }
    this.showHint();
    this.tell(undefined);
    show(this.root, true);
    this.fields[0]?.input.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    show(this.root, false);
    this.host.closed();
  }

  private async apply(): Promise<void> {
    const options: Record<string, unknown> = {};
    for (const field of this.fields) field.root.classList.remove('bad');
    for (const field of this.fields) {
      const { name, part } = field;
      try {
        // A line of text cannot express every value, so an untouched field keeps its value exactly.
        const isUntouched = this.options && this.asShown.get(field) === contentOf(field.input);
        const value = isUntouched ? storedValue(this.options, field) : field.read();
        if (value === undefined) continue;
        options[name] = part ? { ...(options[name] as object), [part]: value } : value;
      } catch (error) {
        this.tell(error instanceof Error ? error.message : String(error), field);
        return;
      }
    }
    const problem = await this.host.apply(options);
    if (problem === undefined) this.close();
    else
      this.tell(
        problem,
        this.fields.find(({ name }) => problem.includes(`"${name}`)),
      );
  }

  private tell(problem: string | undefined, at?: Field): void {
    setText(this.problem, problem ?? '');
    show(this.problem, problem !== undefined);
    at?.root.classList.add('bad');
    at?.input.focus();
  }

  /** Rewrites the rules in the syntax of the chosen dialect; they may match other files there. */
  private dialectChosen(rules: Field['input']): void {
    const chosen = this.dialect.input.value as FilterDialect;
    const read = rulesFromText(rules.value, this.written);
    if ('rules' in read) {
      rules.value = rulesToText(read.rules, chosen);
      this.written = chosen;
    } else {
      // Keeps an invalid line, which might mean something else in the other dialect.
      this.dialect.input.value = this.written;
      this.tell(this.badRule(read.badLine));
    }
    this.showHint();
  }

  private showHint(): void {
    setText(this.rulesHint, this.host.text.words[`filterHint:${this.written}`]);
  }

  private badRule(line: number): string {
    const { exclude, include } = ruleMarks[this.written];
    return fill(this.host.text.words.badRule, String(line), exclude.trim(), include.trim());
  }

  private filtersField(): Field {
    const input = element('textarea', { attributes: { rows: '4', spellcheck: 'false' } });
    const root = labelled(this.host.text.words['option:filters'], input);
    root.append(this.rulesHint);
    return {
      name: 'filters',
      root,
      input,
      show: (rules) => {
        input.value = rulesToText(rules as readonly FilterRule[], this.written);
      },
      read: () => {
        const read = rulesFromText(input.value, this.written);
        if ('rules' in read) return read.rules;
        throw new Error(this.badRule(read.badLine));
      },
    };
  }
}

function storedValue(options: PlanOptions | undefined, { name, part }: Field): unknown {
  return part ? options?.maxDelete?.[part] : options?.[name];
}

function contentOf(input: Field['input']): string | boolean {
  return input instanceof HTMLInputElement && input.type === 'checkbox' ? input.checked : input.value;
}

/** The fields of an option: one, and for limits one a limit. */
function fieldsOf(name: Exclude<Name, 'filters' | 'filterDialect'>, words: Strings): readonly Field[] {
  if (name === 'maxDelete')
    return limits.map((part) => ({ ...numberField(name, words[`option:maxDelete.${part}`], words), part }));
  const label = words[`option:${name}`];
  const { kind } = planOptionSchema[name];
  switch (kind) {
    case 'choice':
      return [choiceField(name as ChoiceName, words)];
    case 'flag':
      return [flagField(name, label)];
    case 'milliseconds':
      return [numberField(name, label, words)];
    case 'backupFolder':
      return [textField(name, label, words.backupFolderHint)];
    case 'fileNames':
      return [listField(name, label)];
    default:
      return [textField(name, label, placeholders[kind])];
  }
}

function labelled(label: string, input: HTMLElement): HTMLElement {
  input.id = `planOption${++ids}`;
  const shown = element('label', { text: label, attributes: { for: input.id } });
  return element('div', { class: 'field' }, shown, input);
}

function choiceField(name: ChoiceName, words: Strings): Field {
  const [usual, ...others] = choices[name];
  const input = element(
    'select',
    {},
    ...[usual, ...others].map((value) =>
      element('option', { text: words[`${name}:${value}` as ChoiceText], attributes: { value } }),
    ),
  );
  return {
    name,
    root: labelled(words[`option:${name}`], input),
    input,
    show: (value) => {
      input.value = String(value ?? usual);
    },
    read: () => input.value,
  };
}

function flagField(name: Name, label: string): Field {
  const input = element('input', { attributes: { type: 'checkbox', id: `planOption${++ids}` } });
  const text = element('label', { text: label, attributes: { for: input.id } });
  return {
    name,
    root: element('div', { class: 'field flag' }, input, text),
    input,
    show: (value) => {
      input.checked = value === true;
    },
    read: () => input.checked || ('default' in planOptionSchema[name] ? false : undefined),
  };
}

function textField(name: Name, label: string, placeholder: string): Field & { input: HTMLInputElement } {
  const input = element('input', { title: placeholder, attributes: { type: 'text', placeholder } });
  return {
    name,
    root: labelled(label, input),
    input,
    show: (value) => {
      input.value = String(value ?? '');
    },
    read: () => input.value.trim() || undefined,
  };
}

function listField(name: Name, label: string): Field {
  const field = textField(name, label, '.gitignore');
  return {
    ...field,
    show: (list) => field.show((list as readonly string[] | undefined)?.join(', ')),
    read: () => {
      const list = field.input.value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      return list.length === 0 ? undefined : list;
    },
  };
}

function numberField(name: Name, label: string, words: Strings): Field {
  const field = textField(name, label, '');
  return {
    ...field,
    read: () => {
      const text = field.read();
      if (text === undefined) return undefined;
      const value = Number(text);
      if (!Number.isFinite(value)) throw new Error(fill(words.badNumber, label));
      return value;
    },
  };
}
