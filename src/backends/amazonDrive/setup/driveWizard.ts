import type { RemoteSettings, WizardStep } from '../../backend';
import { driveFields } from '../config/driveFields';
import { amazonEndpoint, clientIdProblem, rootProblem, urlProblem } from '../config/textSettings';

/** Comes first, because many people do not know that the service is closed. */
const closed =
  'Amazon closed Amazon Drive at the end of 2023. You need the URLs of a compatible service, and a client ID of that service.';

/** Only the demo sets these variables, to propose its service. */
const demoEndpoint = 'CLOUD_REMOTES_DEMO_DRIVE';
const demoClient = 'CLOUD_REMOTES_DEMO_DRIVE_CLIENT';

/** The steps of adding an Amazon Drive remote. Pure. */
export function driveWizardSteps(answers: RemoteSettings): readonly WizardStep[] {
  const host = originOf(answers['endpoint']);
  return [
    {
      ...urlStep('endpoint', `${closed} First its endpoint, for example https://drive.example.com/drive/v1/`),
      loadInitial: async ({ env }) => env[demoEndpoint],
    },
    urlStep(
      'auth_url',
      'The page where you grant access, for example https://drive.example.com/ap/oa',
      host && `${host}/ap/oa`,
    ),
    urlStep(
      'token_url',
      'The URL that issues tokens, for example https://drive.example.com/auth/o2/token',
      host && `${host}/auth/o2/token`,
    ),
    {
      field: 'client_id',
      title: 'Client ID',
      prompt: 'The OAuth client that is registered with the service for Cloud Remotes',
      kind: 'text',
      loadInitial: async ({ env }) =>
        env[demoEndpoint] === answers['endpoint'] ? env[demoClient] : undefined,
      problem: (answer) =>
        answer.trim() === ''
          ? 'Enter the client ID. The operator of the service provides one.'
          : clientIdProblem(answer),
    },
    {
      field: 'client_secret',
      title: 'Client secret',
      prompt: 'Leave it empty for a public client. It is kept in secret storage, never in settings.',
      kind: 'secret',
      optional: true,
    },
    { field: 'account', title: 'Account', prompt: 'Whose drive is it?', kind: 'account' },
    {
      field: 'root',
      title: 'Root',
      prompt: 'The folder to start at. Leave it empty to see the whole drive.',
      kind: 'text',
      optional: true,
      problem: rootProblem,
    },
  ];
}

/** Most services have all their URLs on one host. Amazon's own endpoint is closed, so nothing follows from it. */
function originOf(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'string' || endpoint === amazonEndpoint || !URL.canParse(endpoint))
    return undefined;
  return new URL(endpoint).origin;
}

function urlStep(field: string, prompt: string, initial?: string): WizardStep {
  return {
    ...(initial !== undefined && { initial }),
    field,
    title: driveFields.find(({ name }) => name === field)?.title ?? field,
    prompt,
    kind: 'text',
    problem: (answer) => (answer.trim() === '' ? 'Enter a URL.' : urlProblem(field, answer)),
  };
}
