import { randomBytes } from 'node:crypto';

export interface PageParts {
  /** As `webview.asWebviewUri` gives them. */
  readonly script: string;
  readonly style: string;
  /** `webview.cspSource` */
  readonly cspSource: string;
  readonly language: string;
  readonly title: string;
}

/** The HTML shell of the preview. It holds no data: all that is shown comes by messages and is set as text. */
export function planPreviewPage(parts: PageParts): string {
  const nonce = randomBytes(16).toString('base64');
  // The toolkit's components bring their styles as constructed style sheets, which no policy forbids. Only its look at
  // what the browser can do needs a style element, for which it takes the nonce from the meta element below.
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${parts.cspSource} 'nonce-${nonce}';`;
  return `<!DOCTYPE html>
<html lang="${escaped(parts.language)}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta property="csp-nonce" content="${nonce}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(parts.style)}">
<title>${escaped(parts.title)}</title>
</head>
<body data-page="planPreview">
<script nonce="${nonce}" src="${escaped(parts.script)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
