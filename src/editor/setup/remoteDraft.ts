import type { Backend, RemoteSettings, WizardStep } from '../../backends/backend';
import { freeRemoteName, newNameProblem } from './savedRemotes';

/** Answers by field, also secrets, which never go into the settings. */
export type Answers = Readonly<Record<string, string>>;

const maxTitleLength = 60;

/** A remote that the user is adding or editing: the steps of its backend and the answers so far. */
export class RemoteDraft {
  /** The name is the last step. */
  readonly steps: readonly WizardStep[];

  /** `ownName` is the current name of an edited remote. */
  constructor(
    readonly backend: Backend,
    readonly answers: Answers,
    ownName?: string,
  ) {
    const given = Object.entries(answers).filter(
      ([field, text]) => text !== '' && !backend.secretFields.includes(field),
    );
    const settings = Object.fromEntries(given.map(([field, text]) => [field, asSetting(text)]));
    const steps = backend.wizardSteps({ name: '', ...settings, backend: backend.id });
    const asked = steps.find(({ field }) => field === 'name');
    const nameStep: WizardStep = {
      field: 'name',
      title: 'Name',
      prompt: 'The name of the remote, as in name:bucket/path.',
      kind: 'text',
      initial: ownName ?? freeRemoteName(asked?.initial ?? backend.id),
      problem: (text) => asked?.problem?.(text) ?? newNameProblem(text, ownName),
    };
    this.steps = [...steps.filter((step) => step !== asked), nameStep];
  }

  isSecret(step: WizardStep): boolean {
    return step.kind === 'secret' || this.backend.secretFields.includes(step.field);
  }

  /** The answers to the steps, without secrets and empty answers. */
  get settings(): RemoteSettings {
    const settings: Record<string, unknown> = {};
    for (const step of this.steps) {
      const text = (this.answers[step.field] ?? '').trim();
      if (text !== '' && step.field !== 'name' && !this.isSecret(step))
        settings[step.field] = asSetting(text);
    }
    return { name: (this.answers['name'] ?? '').trim(), backend: this.backend.id, ...settings };
  }

  /** The answers for secret storage. */
  get secrets(): Answers {
    const fields = this.steps.filter((step) => this.isSecret(step)).map(({ field }) => field);
    return Object.fromEntries(
      fields.map((field) => [field, this.answers[field] ?? '']).filter(([, text]) => text),
    );
  }

  /** The number of steps if the user accepts all remaining proposals. */
  get stepCount(): number {
    const open = this.steps.find(({ field }) => this.answers[field] === undefined);
    if (!open) return this.steps.length;
    const proposal = open.initial ?? open.choices?.[0]?.value ?? '';
    return new RemoteDraft(this.backend, { ...this.answers, [open.field]: proposal }).stepCount;
  }

  /** The answer as the window shows it; undefined for a secret and without an answer. */
  labelOf(step: WizardStep): string | undefined {
    const text = this.answers[step.field];
    if (!text || this.isSecret(step)) return undefined;
    return step.choices?.find(({ value }) => value === text)?.label ?? text;
  }

  /** "New S3 remote · MinIO · http://127.0.0.1:9000": the answers before the step at `index`, as many as fit. */
  titleBefore(index: number): string {
    let shown = '';
    for (const label of this.steps.slice(0, index).flatMap((step) => this.labelOf(step) ?? [])) {
      if (shown.length + label.length > maxTitleLength) break;
      shown += ` · ${label}`;
    }
    return `New ${this.backend.title} remote${shown}`;
  }
}

/** Yes-or-no questions are choices of "true" and "false", stored as booleans. */
function asSetting(text: string): unknown {
  return text === 'true' || text === 'false' ? text === 'true' : text;
}
