// The README for the extension's page in the editor, which can't show pictures of the repository or follow links into it.

const cell = /!\[[^\]]*\]\([^)]*\)/; // one picture
const onlyPictures = new RegExp(`^(?:\\s*\\|?\\s*${cell.source}\\s*\\|?)+\\s*$`);
const away = /^(?:[a-z][a-z0-9+.-]*:|#|\/\/)/i;

/**
 * The Markdown without pictures of the repository, and with the text of links into it. Drops a table that has only such pictures, with
 * its heading. Keeps fenced code. Pure.
 * @param {string} markdown
 * @returns {string}
 */
export function packedReadme(markdown) {
  const kept = [];
  let fence;
  const lines = markdown.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === undefined ? mark !== undefined : mark?.startsWith(fence))
      fence = fence === undefined ? mark : undefined;
    else if (fence === undefined) {
      if (isTable(lines, i)) {
        let end = i + 2;
        while (lines[end]?.trim().startsWith('|')) end++;
        const rows = lines.slice(i + 2, end);
        if (rows.length > 0 && rows.every((row) => onlyPictures.test(row) && !hasElsewhere(row))) {
          i = end - 1;
          continue;
        }
      } else if (onlyPictures.test(line) && !hasElsewhere(line)) continue;
      kept.push(withoutLinks(line));
      continue;
    }
    kept.push(line);
  }
  return kept.join('\n').replace(/\n{3,}/g, '\n\n');
}

function isTable(lines, at) {
  return lines[at].trim().startsWith('|') && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[at + 1] ?? '');
}

/** Whether a line has a picture on a server. */
function hasElsewhere(line) {
  return [...line.matchAll(/!\[[^\]]*\]\(([^)\s]*)/g)].some(([, target]) => away.test(target));
}

function withoutLinks(line) {
  return line
    .replace(/<img\b[^>]*\bsrc=["']?([^"'\s>]*)[^>]*>/gi, (tag, target) => (away.test(target) ? tag : ''))
    .replace(/!\[[^\]]*\]\(([^)\s]*)[^)]*\)/g, (picture, target) => (away.test(target) ? picture : ''))
    .replace(/(?<!!)\[((?:[^[\]]|!\[[^\]]*\]\([^)]*\))*)\]\(([^)\s]*)[^)]*\)/g, (link, text, target) =>
      away.test(target) ? link : text,
    );
}
