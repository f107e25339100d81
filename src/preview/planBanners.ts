import type { Plan } from '../plan/model/plan';
import type { Banner } from './previewProtocol';
import { fill, type Words } from './words';

/** So many listing problems are told one by one. */
const mostTold = 3;

/** What stays true of a plan while it runs and after that: what could not be listed, and why nothing is deleted. */
export function lastingBanners(plan: Plan, words: Words): Banner[] {
  const withheld = new Set(
    plan.safety.filter(({ effect }) => effect === 'deletesWithheld').map(({ message }) => message),
  );
  return planBanners(plan, words).filter(({ tone, text }) => tone === 'error' || withheld.has(text));
}

/** What a person must know of a plan before looking at its rows: dangers, and what could not be listed. */
export function planBanners(plan: Plan, words: Words): Banner[] {
  const banners: Banner[] = plan.safety.map(({ message }) => ({ tone: 'warning', text: message }));
  if (plan.withoutTimes?.length) {
    const template = plan.withoutTimes.length > 1 ? words.noTimesBoth : words.noTimes;
    const [side] = plan.withoutTimes;
    banners.push({
      tone: 'info',
      text: fill(template, side === 'source' ? words.theSource : words.theTarget),
    });
  }
  for (const { side, message } of plan.problems.slice(0, mostTold)) {
    const template = side === 'source' ? words.problemSource : words.problemTarget;
    banners.push({ tone: 'error', text: fill(template, message) });
  }
  const more = plan.problems.length - mostTold;
  if (more > 0) banners.push({ tone: 'error', text: fill(words.moreProblems, String(more)) });
  return banners;
}
