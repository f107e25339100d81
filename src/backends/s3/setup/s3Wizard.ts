import type { BackendHost, RemoteSettings, WizardChoice, WizardStep } from '../../backend';
import { textOf } from '../../settingsSchema';
import { presetNamed, type S3Preset, s3Presets } from '../config/s3Presets';
import { endpointProblem, rootProblem } from '../config/textSettings';
import { profileChoices } from '../credentials/awsCredentials';

/** The steps of adding an S3 remote, given the answers so far. Pure; a step's `loadChoices` is not. */
export function s3WizardSteps(answers: RemoteSettings): readonly WizardStep[] {
  const preset = presetNamed(textOf(answers['provider']));
  if (!preset) return [providerStep];
  return [
    providerStep,
    ...endpointSteps(preset),
    ...regionSteps(preset, answers),
    credentialsStep(preset),
    ...credentialSteps(textOf(answers['credentials'])),
    rootStep,
  ];
}

const providerStep: WizardStep = {
  field: 'provider',
  title: 'Provider',
  prompt: 'Which service is it?',
  kind: 'choice',
  choices: [...s3Presets].sort(compareForChoice).map((preset) => ({ value: preset.id, label: preset.title })),
};

/** "Other" comes second, because at the end of the long list nobody would see it without scrolling. */
function compareForChoice(one: S3Preset, another: S3Preset): number {
  const rank = ({ id }: S3Preset) => (id === 'AWS' ? 0 : id === 'Other' ? 1 : 2);
  return rank(one) - rank(another);
}

function endpointSteps(preset: S3Preset): readonly WizardStep[] {
  if (!preset.endpointNeeded) return [];
  const { endpoints, endpointExample: example } = preset;
  return [
    {
      field: 'endpoint',
      title: 'Endpoint',
      prompt: `The URL of ${preset.id === 'Other' ? 'the service' : preset.title}, for example ${example}`,
      ...(endpoints.length === 0
        ? { kind: 'text' }
        : {
            kind: 'choice',
            choices: endpoints.map(({ url, title }) => ({ value: url, label: title, description: url })),
            freeText: true,
          }),
      problem: (answer) =>
        answer.trim() === '' ? `Enter a URL, for example ${example}.` : endpointProblem(answer),
    },
  ];
}

function regionSteps(preset: S3Preset, answers: RemoteSettings): readonly WizardStep[] {
  if (preset.regions.length > 0)
    return [
      {
        field: 'region',
        title: 'Region',
        prompt: 'The region of your buckets. Buckets in other regions work too, a little slower.',
        kind: 'choice',
        choices: preset.regions.map(({ id, title }) => ({ value: id, label: title, description: id })),
        freeText: true,
        initial: preset.defaultRegion,
        problem: regionProblem,
      },
    ];
  const endpoint = textOf(answers['endpoint']);
  const isListed = preset.endpoints.some(({ url }) => url === endpoint);
  // A listed endpoint has its region, and some providers have only one.
  if (isListed || preset.defaultRegion === 'auto') return [];
  const region: WizardStep = {
    field: 'region',
    title: 'Region',
    prompt: `The region that requests are signed for. Leave it empty for ${preset.defaultRegion}, which most services accept.`,
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
      prompt: 'Where new buckets are created. Leave it empty unless the service requires a value.',
      kind: 'text',
      optional: true,
    },
  ];
}

function regionProblem(answer: string): string | undefined {
  return answer === '' || /^[A-Za-z0-9-]+$/.test(answer)
    ? undefined
    : 'A region contains only letters, digits and "-", for example eu-west-1.';
}

const credentialChoices: readonly WizardChoice[] = [
  { value: 'keys', label: 'Access key and secret', description: 'kept in secret storage' },
  {
    value: 'profile',
    label: 'AWS profile',
    description: 'from ~/.aws: keys, single sign-on, role, MFA, credential process',
  },
  {
    value: 'environment',
    label: 'Environment or default chain',
    description: "AWS_ACCESS_KEY_ID, default profile, this machine's role",
  },
  { value: 'anonymous', label: 'Anonymous', description: 'public buckets only' },
];

/** On AWS most people use profiles, so that choice comes first there. */
function credentialsStep({ id }: S3Preset): WizardStep {
  const isFirst = ({ value }: WizardChoice) => value === (id === 'AWS' ? 'profile' : 'keys');
  return {
    field: 'credentials',
    title: 'Credentials',
    prompt: 'How do you sign in?',
    kind: 'choice',
    choices: [
      ...credentialChoices.filter(isFirst),
      ...credentialChoices.filter((choice) => !isFirst(choice)),
    ],
  };
}

function credentialSteps(kind: string | undefined): readonly WizardStep[] {
  if (kind === 'keys')
    return [
      {
        field: 'accessKeyId',
        title: 'Access key ID',
        prompt: 'The public part of the key',
        kind: 'text',
        problem: (answer) =>
          answer.trim() === ''
            ? 'Enter the access key ID.'
            : /\s/.test(answer.trim())
              ? 'An access key ID contains no spaces.'
              : undefined,
      },
      {
        field: 'secretAccessKey',
        title: 'Secret access key',
        prompt: 'The secret part of the key. It is kept in secret storage, never in settings.',
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
  problem: rootProblem,
};
