export function findChromium(): { readonly path: string } | undefined;
export function getChromium():
  | { readonly path: string }
  | { readonly path?: undefined; readonly reason: string };
