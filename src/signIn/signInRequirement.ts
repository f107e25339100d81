/** Says that a backend's remotes need an account of a sign-in service of the editor. */
export interface SignInRequirement {
  /** The id of the authentication provider. */
  readonly providerId: string;
  readonly scopes: readonly string[];
}
