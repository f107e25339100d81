import type { PlanOptions } from '../../src/plan/model/planOptions';
import { ruleMarks, rulesFromText, rulesToText } from '../../src/preview/filterText';
import { fill, type Strings } from '../../src/preview/strings';
import { button } from './controls';
import { element, setText, show } from './dom';
import type { PageText } from './pageText';
import './optionsPanel.css';

/** The services that the panel needs from the page. */
export interface OptionsHost {
  readonly text: PageText;
  /** Applies the options. Resolves to the reason when they are rejected. */
  apply(options: Readonly<Record<string, unknown>>): Promise<string | undefined>;
  /** Called when the panel closes; the focus returns to where it came from. */
  closed(): void;
}

type Name = keyof PlanOptions;

/** One line of the form: shows an option and reads it back. `read` returns undefined for an absent option. */
interface Field {
  readonly name: Name;
  readonly root: HTMLElement;
  readonly input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  show(options: PlanOptions): void;
  /** Throws an Error with a message for the user. */
  read(): unknown;
}

let ids = 0;

/** All options of a plan as a form below the header. Nothing changes before the user applies it. */
export class OptionsPanel {
  readonly root: HTMLElement;
  private readonly fields: readonly Field[];
  private readonly limits: readonly { readonly part: string; readonly field: Field }[];
  private readonly problem = element('div', { class: 'problem', role: 'alert' });
  private readonly rulesHint = element('div', { class: 'hint' });
  /** The options at opening, and the text of each field then. */
  private options: PlanOptions | undefined;
  private readonly asShown = new Map<Field, string | boolean>();

  constructor(private readonly host: OptionsHost) {
    const { words } = host.text;
    const limit = (part: string, label: string) => ({
      part,
      field: numberField('maxDelete', label, words, (options) => {
        return options.maxDelete?.[part as 'files'];
      }),
    });
    this.limits = [
      limit('files', words.maxDeleteFiles),
      limit('percent', words.maxDeletePercent),
      limit('bytes', words.maxDeleteBytes),
    ];
    const flag = (name: Name, label: string) => flagField(name, label);
    const filters = this.filtersField(words);
    const groups: readonly [string, readonly Field[]][] = [
      [
        words.optionsWhat,
        [
          choiceField('verb', words.verb, [
            ['copy', words.verbCopy],
            ['sync', words.verbSync],
            ['move', words.verbMove],
            ['check', words.verbCheck],
          ]),
          choiceField('trackRenames', words.trackRenames, [
            ['none', words.trackNone],
            ['hash', words.trackHash],
            ['modified', words.trackModified],
          ]),
          textField('backupFolder', words.backupFolder, words.backupFolderHint),
        ],
      ],
      [
        words.optionsCompare,
        [
          choiceField('compare', words.compare, [
            ['rclone', words.compareRclone],
            ['checksum', words.compareChecksum],
            ['size-only', words.compareSize],
            ['aws', words.compareAws],
            ['exact-timestamps', words.compareExact],
          ]),
          numberField('modifyWindowMs', words.modifyWindow, words, (options) => options.modifyWindowMs),
          flag('ignoreExisting', words.ignoreExisting),
          flag('ignoreTimes', words.ignoreTimes),
          flag('update', words.updateOption),
          flag('ignoreSize', words.ignoreSize),
          flag('immutable', words.immutableOption),
          flag('keepTargetTimes', words.keepTargetTimes),
          flag('useServerTimes', words.useServerTimes),
          flag('oneWay', words.oneWay),
        ],
      ],
      [
        words.optionsDeletes,
        [
          choiceField('deletes', words.deletesWhen, [
            ['none', words.deletesNone],
            ['after', words.deletesAfter],
            ['before', words.deletesBefore],
            ['during', words.deletesDuring],
          ]),
          ...this.limits.map(({ field }) => field),
          flag('deleteExcluded', words.deleteExcluded),
        ],
      ],
      [
        words.optionsFilters,
        [
          choiceField('filterDialect', words.filterDialect, [
            ['rclone', words.dialectRclone],
            ['aws', words.dialectAws],
            ['gitignore', words.dialectGitignore],
          ]),
          filters,
          listField('ignoreFiles', words.ignoreFiles, '.gitignore'),
          textField('minSize', words.minSize, '10K, 1.5M, 2G'),
          textField('maxSize', words.maxSize, '10K, 1.5M, 2G'),
          textField('minAge', words.minAge, '30m, 12h, 7d'),
          textField('maxAge', words.maxAge, '30m, 12h, 7d'),
          flag('useDefaultExcludes', words.usualExcludes),
          flag('followSymlinks', words.followLinks),
        ],
      ],
    ];
    this.fields = groups.flatMap(([, fields]) => fields);
    this.dialect.input.addEventListener('change', () => this.dialectChosen());
    const apply = button('primary', () => void this.apply());
    apply.set(words.optionsApply);
    const cancel = button('secondary', () => this.close());
    cancel.set(words.cancel);
    this.root = element(
      'section',
      { class: 'optionsPanel', role: 'group', attributes: { 'aria-label': words.optionsTitle } },
      element(
        'div',
        { class: 'groups' },
        ...groups.map(([title, fields]) =>
          element('fieldset', {}, element('legend', { text: title }), ...fields.map(({ root }) => root)),
        ),
      ),
      element('div', { class: 'end' }, this.problem, cancel.element, apply.element),
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
    for (const field of this.fields) {
      field.show(options);
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

  private get dialect(): Field {
    const field = this.fields.find(({ name }) => name === 'filterDialect');
    if (!field) throw new Error('There is no choice of a dialect');
    return field;
  }

  private async apply(): Promise<void> {
    const options: Record<string, unknown> = {};
    for (const field of this.fields) field.root.classList.remove('bad');
    for (const field of this.fields) {
      if (field.name === 'maxDelete') continue;
      // A line of text cannot express every value, so an untouched field keeps its value exactly.
      const untouched = this.options && this.asShown.get(field) === contentOf(field.input);
      const value = untouched ? this.options?.[field.name] : this.readField(field);
      if (value instanceof Error) return;
      if (value !== undefined) options[field.name] = value;
    }
    const maxDelete: Record<string, unknown> = {};
    for (const { part, field } of this.limits) {
      const value = this.readField(field);
      if (value instanceof Error) return;
      if (value !== undefined) maxDelete[part] = value;
    }
    if (Object.keys(maxDelete).length > 0) options['maxDelete'] = maxDelete;
    const problem = await this.host.apply(options);
    if (problem === undefined) this.close();
    else
      this.tell(
        problem,
        this.fields.find(({ name }) => problem.includes(`"${name}`)),
      );
  }

  private readField(field: Field): unknown {
    try {
      return field.read();
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error), field);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private tell(problem: string | undefined, at?: Field): void {
    setText(this.problem, problem ?? '');
    show(this.problem, problem !== undefined);
    at?.root.classList.add('bad');
    at?.input.focus();
  }

  /** Rewrites the rules in the syntax of the chosen dialect; they may match other files there. */
  private dialectChosen(): void {
    this.fields.find(({ name }) => name === 'filters')?.root.dispatchEvent(new Event('dialect'));
    this.showHint();
  }

  private showHint(): void {
    const { words } = this.host.text;
    const hints: Readonly<Record<string, string>> = {
      rclone: words.filterHintRclone,
      aws: words.filterHintAws,
      gitignore: words.filterHintGitignore,
    };
    setText(this.rulesHint, hints[this.dialect.input.value] ?? '');
  }

  private filtersField(words: Strings): Field {
    const area = element('textarea', { attributes: { rows: '4', spellcheck: 'false' } });
    let written: PlanOptions['filterDialect'] = 'rclone';
    const parse = () => {
      const read = rulesFromText(area.value, written);
      if ('rules' in read) return read.rules;
      throw new Error(fill(words.badRule, String(read.badLine), ...marksOf(written)));
    };
    const root = labelled(words.filterRules, area);
    root.append(this.rulesHint);
    root.addEventListener('dialect', () => {
      const chosen = this.dialect.input.value as typeof written;
      const read = rulesFromText(area.value, written);
      if (!('rules' in read)) {
        // Keeps an invalid line, which might mean something else in the other dialect.
        this.dialect.input.value = written;
        this.tell(fill(words.badRule, String(read.badLine), ...marksOf(written)));
        return;
      }
      area.value = rulesToText(read.rules, chosen);
      written = chosen;
    });
    return {
      name: 'filters',
      root,
      input: area,
      show: ({ filters, filterDialect }) => {
        written = filterDialect;
        area.value = rulesToText(filters, filterDialect);
      },
      read: parse,
    };
  }
}

function contentOf(input: Field['input']): string | boolean {
  return input instanceof HTMLInputElement && input.type === 'checkbox' ? input.checked : input.value;
}

function marksOf(dialect: PlanOptions['filterDialect']): readonly [string, string] {
  const { exclude, include } = ruleMarks[dialect];
  return [exclude.trim(), include.trim()];
}

function labelled(label: string, input: HTMLElement): HTMLElement {
  input.id = `planOption${++ids}`;
  const shown = element('label', { text: label, attributes: { for: input.id } });
  return element('div', { class: 'field' }, shown, input);
}

function choiceField(name: Name, label: string, choices: readonly (readonly [string, string])[]): Field {
  const select = element(
    'select',
    {},
    ...choices.map(([value, text]) => element('option', { text, attributes: { value } })),
  );
  const [[usual]] = choices as [readonly [string, string]];
  return {
    name,
    root: labelled(label, select),
    input: select,
    show: (options) => {
      select.value = String(options[name] ?? usual);
    },
    read: () => select.value,
  };
}

function flagField(name: Name, label: string): Field {
  const box = element('input', { attributes: { type: 'checkbox', id: `planOption${++ids}` } });
  const text = element('label', { text: label, attributes: { for: box.id } });
  const standing = name === 'useDefaultExcludes' || name === 'followSymlinks';
  return {
    name,
    root: element('div', { class: 'field flag' }, box, text),
    input: box,
    show: (options) => {
      box.checked = options[name] === true;
    },
    read: () => (standing || box.checked ? box.checked : undefined),
  };
}

function textField(name: Name, label: string, placeholder: string): Field {
  const input = element('input', { title: placeholder, attributes: { type: 'text', placeholder } });
  return {
    name,
    root: labelled(label, input),
    input,
    show: (options) => {
      input.value = String(options[name] ?? '');
    },
    read: () => (input.value.trim() === '' ? undefined : input.value.trim()),
  };
}

function listField(name: Name, label: string, placeholder: string): Field {
  const field = textField(name, label, placeholder);
  const { input } = field;
  return {
    ...field,
    show: (options) => {
      const list = options[name];
      input.value = Array.isArray(list) ? list.join(', ') : '';
    },
    read: () => {
      const list = input.value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      return list.length === 0 ? undefined : list;
    },
  };
}

function numberField(
  name: Name,
  label: string,
  words: Strings,
  get: (options: PlanOptions) => number | undefined,
): Field {
  const field = textField(name, label, '');
  const { input } = field;
  return {
    ...field,
    show: (options) => {
      input.value = String(get(options) ?? '');
    },
    read: () => {
      const text = input.value.trim();
      if (text === '') return undefined;
      const value = Number(text);
      if (!Number.isFinite(value)) throw new Error(fill(words.badNumber, label));
      return value;
    },
  };
}
