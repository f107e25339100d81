/** One OAuth client at one authorization service. Sessions belong to it. Contains no secrets. */
export interface SignInService {
  /** The editor's authentication provider. */
  readonly providerId: string;
  /** The page that the user's browser opens. */
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The loopback URL, byte for byte as registered for the client: `http://127.0.0.1:53682/`. */
  readonly redirectUri: string;
}

export interface SignedInAccount {
  /** Unique and permanent at the service. */
  readonly id: string;
  /** For display. */
  readonly label: string;
  /** The label is made up, because the service reported no name. */
  readonly isNameless?: true;
}

/** The settings of a remote, as a sign-in reads them. */
export type SignInSettings = Readonly<Record<string, unknown>>;

/** Describes the sign-in service that the remotes of a backend need. */
export interface SignInRequirement {
  /** The id of the authentication provider, as declared in package.json. */
  readonly providerId: string;
  /** The name of the provider for display: "Amazon Drive". */
  readonly title: string;
  /** The setting with the id of a remote's account. Without it the remote uses the only account. */
  readonly accountField: string;
  /** The secret field with the client secret, if the client has one. */
  readonly clientSecretField: string;
  /** The service that the settings name. Pure. Throws RemoteError `badSettings`. */
  service(settings: SignInSettings): SignInService;
  /** Requests the account of a token. Throws RemoteErrors. */
  identify(settings: SignInSettings, accessToken: string, signal: AbortSignal): Promise<SignedInAccount>;
}
