import type { Reply } from '../../http/reply';
import { DriveError, driveJson } from '../requests/driveError';
import type { DriveRequest } from '../requests/driveRequest';
import type { Accounts, Client } from './accounts';
import { profileOf } from './accounts';
import { consentPage, errorPage } from './authorizePage';
import { allowedAddress, errorAddress, readAuthorizeRequest } from './authorizeRequest';
import { exchangeToken } from './tokenEndpoint';

export interface SignInServiceOptions {
  readonly accounts: Accounts;
  readonly clients: ReadonlyMap<string, Client>;
  /** Accounts to choose from on the page. */
  readonly choices: () => readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Login with Amazon: the authorize page, tokens, and the profile behind a token. */
export class SignInService {
  /** The account that signs in and consents without a page. */
  autoConsent: string | undefined;

  constructor(private readonly options: SignInServiceOptions) {}

  /** @param form the body of the page's form; undefined for GET */
  authorize(request: DriveRequest, form: URLSearchParams | undefined): Reply {
    const { accounts, clients, choices } = this.options;
    const read = readAuthorizeRequest(request.query, clients);
    if ('page' in read) return htmlReply(400, errorPage(read.page));
    if ('redirect' in read) return redirect(read.redirect);
    const { ask } = read;
    if (form === undefined) {
      if (this.autoConsent !== undefined) return redirect(allowedAddress(accounts, ask, this.autoConsent));
      return htmlReply(200, consentPage(ask, choices(), undefined));
    }
    if (form.get('decision') !== 'allow')
      return redirect(errorAddress(ask, 'access_denied', 'Access not permitted.'));
    // A typed name has precedence over the selected account.
    const account = (form.get('other') || form.get('account') || '').trim();
    if (account === '') return htmlReply(200, consentPage(ask, choices(), 'Enter an account first.'));
    return redirect(allowedAddress(accounts, ask, account));
  }

  token(form: URLSearchParams, authorization: string | undefined): Reply {
    const { accounts, clients } = this.options;
    return {
      status: 200,
      headers: {
        'Content-Type': 'application/json;charset=UTF-8',
        'Cache-Control': 'no-store',
        Pragma: 'no-cache',
      },
      body: driveJson(exchangeToken(accounts, clients, form, authorization)),
    };
  }

  profile(authorization: string | undefined): Reply {
    const grant = this.options.accounts.accessGrant(bearerOf(authorization) ?? '');
    if (grant === undefined)
      throw new DriveError(400, {
        error: 'invalid_token',
        error_description: 'The access token provided has expired or is invalid',
      });
    const { user_id, name, email } = profileOf(grant.account);
    if (grant.scopes.includes('profile')) return json({ user_id, name, email });
    if (grant.scopes.includes('profile:user_id')) return json({ user_id });
    throw new DriveError(403, {
      error: 'insufficient_scope',
      error_description: 'The access token does not have the scope profile',
    });
  }

  tokenInfo(query: URLSearchParams): Reply {
    const { accounts, now } = this.options;
    const grant = accounts.accessGrant(query.get('access_token') ?? '');
    if (grant === undefined)
      throw new DriveError(400, {
        error: 'invalid_token',
        error_description: 'The access token provided has expired or is invalid',
      });
    const issued = grant.expiresAt - accounts.lifeSeconds * 1000;
    return json({
      iss: 'https://www.amazon.com',
      aud: grant.clientId ?? [...this.options.clients.keys()][0],
      user_id: profileOf(grant.account).user_id,
      exp: Math.max(0, Math.floor((grant.expiresAt - now()) / 1000)),
      iat: Math.floor(issued / 1000),
    });
  }
}

/** The access token of an Authorization header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
}

function json(value: unknown): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json;charset=UTF-8' },
    body: driveJson(value),
  };
}

function redirect(location: string): Reply {
  return { status: 302, headers: { Location: location, 'Cache-Control': 'no-store' }, body: '' };
}

function htmlReply(status: number, body: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'text/html;charset=UTF-8', 'Cache-Control': 'no-store' },
    body,
  };
}
