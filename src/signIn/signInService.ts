/** One OAuth client at one authorization service, which is what a session belongs to. No secrets. */
export interface SignInService {
  /** The editor's authentication provider. */
  readonly providerId: string;
  /** The page that the user's browser opens. */
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The loopback address that is registered for the client, byte for byte: `http://127.0.0.1:53682/`. */
  readonly redirectUri: string;
}

/** Who signed in. `id` is unique and lasting at the service, `label` is shown to people. */
export interface SignedInAccount {
  readonly id: string;
  readonly label: string;
  /** The service told no name, so the label is made up; a name that was known before is better. */
  readonly isNameless?: true;
}

/** A remote's settings as a sign-in sees them. */
export type SignInSettings = Readonly<Record<string, unknown>>;

/** Says that a backend's remotes need an account of a sign-in service of the editor, and all that signing in must know of it. */
export interface SignInRequirement {
  /** The id of the authentication provider, as declared in package.json. */
  readonly providerId: string;
  /** The provider's name for people: "Amazon Drive". */
  readonly title: string;
  /** The setting that names the account of a remote by its id. A remote without it takes the only account there is. */
  readonly accountField: string;
  /** The secret that holds the client's secret, where the client has one. */
  readonly clientSecretField: string;
  /** The service that these settings speak of. Pure. Throws RemoteError `badSettings`. */
  service(settings: SignInSettings): SignInService;
  /** Asks the service whose token this is. Throws RemoteErrors. */
  identify(settings: SignInSettings, accessToken: string, signal: AbortSignal): Promise<SignedInAccount>;
}
