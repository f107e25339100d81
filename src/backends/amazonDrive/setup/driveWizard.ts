import type { RemoteSettings, WizardStep } from '../../backend';
import { addressProblem, rootProblem } from '../config/driveConfig';
import { amazonEndpoint, driveFields } from '../config/driveFields';

/** What has to be said before anything else, since most people remember the service only. */
const closed =
  'Amazon closed Amazon Drive at the end of 2023. You need the addresses of a service that is compatible with it, and a client ID of that service.';

/** Set in the demo only: the service that comes with it is proposed. */
const demoEndpoint = 'CLOUD_REMOTES_DEMO_DRIVE';
const demoClient = 'CLOUD_REMOTES_DEMO_DRIVE_CLIENT';

/** The steps of adding an Amazon Drive remote. Pure. */
export function driveWizardSteps(answers: RemoteSettings): readonly WizardStep[] {
  const host = originOf(answers['endpoint']);
  return [
    {
      ...addressStep(
        'endpoint',
        `${closed} First its endpoint, for example https://drive.example.com/drive/v1/`,
      ),
      loadInitial: async ({ env }) => env[demoEndpoint],
    },
    addressStep(
      'auth_url',
      'The page on which you allow the access, for example https://drive.example.com/ap/oa',
      host && `${host}/ap/oa`,
    ),
    addressStep(
      'token_url',
      'Where tokens are fetched, for example https://drive.example.com/auth/o2/token',
      host && `${host}/auth/o2/token`,
    ),
    {
      field: 'client_id',
      title: 'Client ID',
      prompt: 'The OAuth client that the service gave you for Cloud Remotes',
      kind: 'text',
      loadInitial: async ({ env }) =>
        env[demoEndpoint] === answers['endpoint'] ? env[demoClient] : undefined,
      problem: (answer) =>
        answer.trim() === ''
          ? 'Enter the client ID. The service, or whoever runs it, gives you one.'
          : /\s/.test(answer.trim())
            ? 'A client ID has no spaces.'
            : undefined,
    },
    {
      field: 'client_secret',
      title: 'Client secret',
      prompt:
        'Leave it empty for a public client, which has none. It is kept in secret storage, never in settings.',
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

/** Most services have all their addresses on one host; Amazon's own are of no use any more. */
function originOf(endpoint: unknown): string | undefined {
  if (typeof endpoint !== 'string' || endpoint === amazonEndpoint || !URL.canParse(endpoint))
    return undefined;
  return new URL(endpoint).origin;
}

function addressStep(field: string, prompt: string, initial?: string): WizardStep {
  return {
    ...(initial !== undefined && { initial }),
    field,
    title: driveFields.find(({ name }) => name === field)?.title ?? field,
    prompt,
    kind: 'text',
    problem: (answer) => (answer.trim() === '' ? 'Enter an address.' : addressProblem(field, answer)),
  };
}
