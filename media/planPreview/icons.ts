/** Outlines of 16 × 16, so that the page needs no icon font. They have the colour of the text around them. */
const outlines = {
  upload: 'M8 13.5V3M3.5 7.5 8 3l4.5 4.5',
  download: 'M8 2.5V13M3.5 8.5 8 13l4.5-4.5',
  copy: 'M2.5 8H13M8.5 3.5 13 8l-4.5 4.5',
  rename: 'M2.5 5.5h10m-2.8-3 3 3-3 3M3 12.5h7',
  removeSource: 'm3.5 3.5 9 9m0-9-9 9',
  sourceOnly: 'M8 3v10M3 8h10',
  differs: 'M3 6h10M3 10h10M11 3l-6 10',
  targetOnly: 'M3 8h10',
  setTime: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 5v3.2l2.2 1.4',
  delete: 'm3.5 3.5 9 9m0-9-9 9',
  removeFolder: 'm3.5 3.5 9 9m0-9-9 9',
  conflict: 'M8 2 14.5 13.5h-13ZM8 6.5v3.2m0 1.4v1',
  skipped: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM4.2 11.8l7.6-7.6',
  same: 'M3 6h10M3 10h10',
  queued: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z',
  moving: 'M8 2.5a5.5 5.5 0 1 0 5.5 5.5',
  done: 'm2.5 8.5 3.8 3.8 7.2-8.3',
  copied: 'M8 2 14.5 13.5h-13ZM8 6.5v3.2m0 1.4v1',
  failed: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM6 6l4 4m0-4-4 4',
  changed: 'M8 2 14.5 13.5h-13ZM8 6.5v3.2m0 1.4v1',
  cancelled: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM5 8h6',
  notStarted: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Z',
  leftOut: 'M4 8h8',
  folder: 'M1.5 4v9h13V5.2H8.2L6.8 3.5h-5.3Z',
  chevron: 'm6 3.5 4.5 4.5L6 12.5',
  swap: 'M2.5 5.5h10m-2.8-3 3 3-3 3M13.5 10.5h-10m2.8-3-3 3 3 3',
  refresh: 'M13.2 8A5.2 5.2 0 1 1 11 3.7M11.2 1v3H8.2',
  save: 'M2.5 2.5h8.5l2.5 2.5v8.5h-11ZM5 2.5V6h5V2.5M5 13.5V9.5h6v4',
  log: 'M3.5 1.5h9v13h-9ZM6 5h4M6 8h4M6 11h2.5',
  list: 'M2 4h12M2 8h12M2 12h12',
  tree: 'M2 3h6M5 7.5h8M5 12h8M3 3v9h2',
  collapse: 'M5.5 5.5h8v8h-8ZM7.5 9.5h4M3 11V3h8',
  expand: 'M5.5 5.5h8v8h-8ZM7.5 9.5h4M9.5 7.5v4M3 11V3h8',
  close: 'm4 4 8 8m0-8-8 8',
  info: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 7.5V11m0-6v1',
  warning: 'M8 2 14.5 13.5h-13ZM8 6.5v3.2m0 1.4v1',
  error: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM6 6l4 4m0-4-4 4',
  terminal: 'M1.5 3h13v10h-13ZM4 6l2.2 2L4 10M7.5 10.5H11',
  filter: 'M2 3.5h12L9.5 8.8V13l-3-1.5V8.8Z',
} as const;

export type IconName = keyof typeof outlines;

const svg = 'http://www.w3.org/2000/svg';

/** A decorative icon: its meaning is always in a text or label beside it. */
export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(svg, 'svg');
  drawing.setAttribute('viewBox', '0 0 16 16');
  drawing.setAttribute('class', 'icon');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.append(document.createElementNS(svg, 'path'));
  setIcon(drawing, name);
  return drawing;
}

export function setIcon(drawing: SVGSVGElement, name: IconName): void {
  if (drawing.dataset['icon'] === name) return;
  drawing.dataset['icon'] = name;
  drawing.firstElementChild?.setAttribute('d', outlines[name]);
}
