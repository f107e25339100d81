import type { AuthorizeRequest } from './authorizeRequest';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.5 system-ui, sans-serif; background: #f3f4f4; color: #111; margin: 0; }
  main { max-width: 24rem; margin: 3rem auto; background: #fff; border: 1px solid #ddd; border-radius: 8px; padding: 1.5rem 2rem; }
  h1 { font-size: 1.3rem; font-weight: 600; margin: 0 0 .5rem; }
  fieldset { border: 1px solid #ccc; border-radius: 6px; margin: 1rem 0; padding: .5rem 1rem 1rem; }
  label { display: block; padding: .3rem 0; }
  input[type=text] { width: 100%; box-sizing: border-box; font: inherit; padding: .4rem .5rem; }
  ul { padding-left: 1.2rem; }
  .alert { color: #b12704; }
  .buttons { display: flex; gap: .75rem; }
  button { flex: 1; font: inherit; padding: .5rem; border-radius: 6px; border: 1px solid #a88734; background: #f0c14b; color: #111; cursor: pointer; }
  button.deny { border-color: #adb1b8; background: #e7e9ec; }
  @media (prefers-color-scheme: dark) {
    body { background: #16191c; color: #eee; } main { background: #22262a; border-color: #3a4046; } .alert { color: #ff8a65; }
  }`;

const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  'clouddrive:read_all': 'Read all files in your drive',
  'clouddrive:write': 'Add, change and trash files in your drive',
  profile: 'Your name and e-mail address',
  'profile:user_id': 'Your user id',
  postal_code: 'Your postal code',
};

/**
 * The page on which a person chooses an account and allows or denies access. The form posts to the page's own address and
 * so works under any host name.
 */
export function consentPage(
  ask: AuthorizeRequest,
  accounts: readonly string[],
  alert: string | undefined,
): string {
  const choices = accounts
    .map(
      (account, number) =>
        `<label><input type="radio" name="account" value="${escapeHtml(account)}"${number === 0 ? ' checked' : ''}> ${escapeHtml(account)}</label>`,
    )
    .join('\n        ');
  const scopes = ask.scopes.map((scope) => `<li>${escapeHtml(SCOPE_TEXTS[scope] ?? scope)}</li>`).join('');
  return page(
    'Sign in to the test drive',
    `<h1>Sign in to the test drive</h1>
    ${alert === undefined ? '' : `<p class="alert" role="alert">${escapeHtml(alert)}</p>`}
    <p>An app (<code>${escapeHtml(ask.clientId)}</code>) asks to:</p>
    <ul>${scopes}</ul>
    <form method="post">
      <fieldset>
        <legend>Account</legend>
        ${choices}
        <label><input type="radio" name="account" value=""> Another account:</label>
        <input type="text" name="other" aria-label="Another account" placeholder="name@example.com" autocomplete="off">
      </fieldset>
      <div class="buttons">
        <button type="submit" name="decision" value="allow" id="allow">Allow</button>
        <button type="submit" name="decision" value="deny" id="deny" class="deny">Deny</button>
      </div>
    </form>`,
  );
}

/** The page for an error that the return address must not receive. */
export function errorPage(text: string): string {
  return page(
    'Error',
    `<h1>We're sorry</h1><p class="alert" role="alert">400 Bad Request: ${escapeHtml(text)}</p>`,
  );
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <style>${STYLE}
  </style>
</head>
<body>
  <main>
    ${content}
  </main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
