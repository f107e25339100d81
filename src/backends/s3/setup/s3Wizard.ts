import type { BackendHost, RemoteSettings, WizardChoice, WizardStep } from '../../backend';
import { endpointProblem, rootProblem } from '../config/s3Config';
import { presetNamed, type S3Preset, s3Presets } from '../config/s3Presets';
import { profileChoices } from '../credentials/awsCredentials';

/** The steps of adding an S3 remote, given what is answered so far. Pure; a step's `loadChoices` is not. */
export function s3WizardSteps(answers: RemoteSettings): readonly WizardStep[] {
  const preset = presetNamed(textAnswer(answers, 'provider'));
  if (!preset) return [providerStep];
  return [
    providerStep,
    ...endpointSteps(preset),
    ...regionSteps(preset, answers),
    credentialsStep(preset),
    ...credentialSteps(textAnswer(answers, 'credentials')),
    rootStep,
  ];
}

function textAnswer(answers: RemoteSettings, field: string): string | undefined {
  const value = answers[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const providerStep: WizardStep = {
  field: 'provider',
  title: 'Provider',
  prompt: 'Who runs the storage?',
  kind: 'choice',
  choices: [...s3Presets].sort(compareForChoice).map((preset) => ({ value: preset.id, label: preset.title })),
};

/** The row for whatever isn't listed stands second: at the end of a long list nobody would see it without scrolling. */
function compareForChoice(one: S3Preset, another: S3Preset): number {
  const rank = ({ id }: S3Preset) => (id === 'AWS' ? 0 : id === 'Other' ? 1 : 2);
  return rank(one) - rank(another);
}

function endpointSteps(preset: S3Preset): readonly WizardStep[] {
  if (!preset.endpointNeeded) return [];
  const prompt = `The web address of ${preset.id === 'Other' ? 'the service' : preset.title}, for example ${preset.endpointExample}`;
  const problem = (answer: string) =>
    answer.trim() === ''
      ? `Enter an address, for example ${preset.endpointExample}.`
      : endpointProblem(answer);
  if (preset.endpoints.length === 0)
    return [{ field: 'endpoint', title: 'Endpoint', prompt, kind: 'text', problem }];
  return [
    {
      field: 'endpoint',
      title: 'Endpoint',
      prompt,
      kind: 'choice',
      choices: preset.endpoints.map(({ url, title }) => ({ value: url, label: title, description: url })),
      freeText: true,
      problem,
    },
  ];
}

function regionSteps(preset: S3Preset, answers: RemoteSettings): readonly WizardStep[] {
  if (preset.regions.length > 0)
    return [
      {
        field: 'region',
        title: 'Region',
        prompt: 'The region of your buckets. Those elsewhere are found as well, a little slower.',
        kind: 'choice',
        choices: preset.regions.map(({ id, title }) => ({ value: id, label: title, description: id })),
        freeText: true,
        initial: preset.defaultRegion,
        problem: regionProblem,
      },
    ];
  const endpoint = textAnswer(answers, 'endpoint');
  const known = preset.endpoints.find(({ url }) => url === endpoint);
  // A listed endpoint tells its region, and some providers have but one.
  if (known || preset.defaultRegion === 'auto') return [];
  const region: WizardStep = {
    field: 'region',
    title: 'Region',
    prompt: `The region that requests are signed for. Leave it empty for ${preset.defaultRegion}, which most services take.`,
    kind: 'text',
    optional: true,
    problem: regionProblem,
  };
  if (!preset.asksLocation) return [region];
  return [
    region,
    {
      field: 'locationConstraint',
      title: 'Location constraint',
      prompt: 'Where new buckets are made. Leave it empty unless the service tells you otherwise.',
      kind: 'text',
      optional: true,
    },
  ];
}

function regionProblem(answer: string): string | undefined {
  return answer === '' || /^[A-Za-z0-9-]+$/.test(answer)
    ? undefined
    : 'A region has letters, digits and "-" only, for example eu-west-1.';
}

function credentialsStep(preset: S3Preset): WizardStep {
  const keys: WizardChoice = {
    value: 'keys',
    label: 'Access key and secret',
    description: 'kept in secret storage',
  };
  const profile: WizardChoice = {
    value: 'profile',
    label: 'AWS profile',
    description: 'from ~/.aws: keys, single sign-on, role, MFA, program',
  };
  const environment: WizardChoice = {
    value: 'environment',
    label: 'Environment or default chain',
    description: "AWS_ACCESS_KEY_ID, default profile, this machine's role",
  };
  const anonymous: WizardChoice = {
    value: 'anonymous',
    label: 'Anonymous',
    description: 'public buckets only',
  };
  return {
    field: 'credentials',
    title: 'Credentials',
    prompt: 'How do you sign in?',
    kind: 'choice',
    choices:
      preset.id === 'AWS' ? [profile, keys, environment, anonymous] : [keys, profile, environment, anonymous],
  };
}

function credentialSteps(kind: string | undefined): readonly WizardStep[] {
  if (kind === 'keys')
    return [
      {
        field: 'accessKeyId',
        title: 'Access key ID',
        prompt: 'The public half of the key',
        kind: 'text',
        problem: (answer) =>
          answer.trim() === ''
            ? 'Enter the access key ID.'
            : /\s/.test(answer.trim())
              ? 'An access key ID has no spaces.'
              : undefined,
      },
      {
        field: 'secretAccessKey',
        title: 'Secret access key',
        prompt: 'The secret half of the key. It is kept in secret storage, never in settings.',
        kind: 'secret',
        problem: (answer) => (answer === '' ? 'Enter the secret access key.' : undefined),
      },
      {
        field: 'sessionToken',
        title: 'Session token',
        prompt: 'Only for temporary credentials; leave it empty otherwise.',
        kind: 'secret',
        optional: true,
      },
    ];
  if (kind === 'profile')
    return [
      {
        field: 'profile',
        title: 'AWS profile',
        prompt: 'A profile of ~/.aws/config or ~/.aws/credentials',
        kind: 'choice',
        choices: [],
        loadChoices: (host: Pick<BackendHost, 'env'>) => profileChoices(host.env),
        freeText: true,
        initial: 'default',
        problem: (answer) => (answer.trim() === '' ? 'Enter the name of a profile.' : undefined),
      },
    ];
  return [];
}

const rootStep: WizardStep = {
  field: 'root',
  title: 'Root',
  prompt: 'A bucket, bucket/prefix or access point ARN to start at. Leave it empty to see all buckets.',
  kind: 'text',
  optional: true,
  problem: (answer) => rootProblem(answer),
};
