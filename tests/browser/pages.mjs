// Every page of the list, as its person sees it, in each view.
import assert from 'node:assert/strict';
import {VIEWS, faults, person} from './browser.mjs';
import {enterCode, findCohort, giveDetails, pay, signIn} from './journeys.mjs';

/** Asks for a code, to stop there. */
async function ask(who, server, name) {
  await findCohort(who, server);
  await giveDetails(who, {name: `Demo Browser ${name}`, email: `${name}@students.example`});
}

/** Holds a seat that is not paid. */
async function hold(who, server, name) {
  await ask(who, server, name);
  await enterCode(who, server, `${name}@students.example`, {then: /\/orders\/[^/]+$/});
}

/** What each person of the list does first; the page they stop at is `@stopped` in the list. */
const FIRST = {
  visitor: async () => {},
  asker: (who, server) => ask(who, server, 'asker'),
  holder: (who, server) => hold(who, server, 'holder'),
  payer: async (who, server) => {
    await hold(who, server, 'payer');
    await pay(who, server);
  },
  student: (who, server, cast) => signIn(who, server, cast.student),
  certified: (who, server, cast) => signIn(who, server, cast.certified),
  instructor: (who, server, cast) => signIn(who, server, cast.instructor),
  admin: (who, server, cast) => signIn(who, server, cast.admin),
};

/** What asks for a confirmation of the last ten minutes is looked at by those who have just signed in: they do so again after so long. */
const FRESH = 6 * 60_000;

/** Adds a test for every page and view to the run. */
export async function checkPages(run, browser, server, {cast, pages}) {
  const origins = [server.origin, server.gateway].filter(Boolean);
  for (const name of new Set(pages.map(page => page.as))) {
    let state, stopped, since;
    const arrive = () => run.test(`pages: the ${name} arrives`, async shoot => {
      const who = await person(browser, {origins});
      try {
        await shoot(who.page, () => FIRST[name](who, server, cast));
        [stopped, since] = [who.page.url(), Date.now()];
        state = await who.context.storageState();
      } finally {
        await who.context.close();
      }
    });
    const theirs = pages.filter(page => page.as === name);
    let arrived = await arrive();
    for (const page of theirs) {
      if (arrived && name in cast && Date.now() - since > FRESH) arrived = await arrive();
      if (arrived) await checkPage(run, browser, {server, origins, state, stopped, page});
      else run.missed(Object.keys(VIEWS).length, `${go(page)}, by the ${name}`);
    }
  }
}

const go = page => page.go.join(' > ');

async function checkPage(run, browser, {server, origins, state, stopped, page}) {
  const {as, status = 200} = page;
  for (const [view, {axe, context, media}] of Object.entries(VIEWS)) {
    await run.test(`pages: ${as} ${go(page)} (${view})`, async shoot => {
      const who = await person(browser, {origins, state, context});
      try {
        await shoot(who.page, async () => {
          const answer = await follow(who.page, server.origin, page.go, stopped);
          assert.doesNotMatch(new URL(who.page.url()).pathname, /^\/step-up/, 'the page itself, not the confirmation before it');
          assert.equal(answer.status(), status, `the status of ${who.page.url()}`);
          if (media) await who.page.emulateMedia({media});
          const found = [...await faults(who.page, {axe}), ...who.problems];
          assert.deepEqual(found, [], `what is wrong with ${who.page.url()}`);
        });
      } finally {
        await who.context.close();
      }
    });
  }
}

/** Opens the first address, then follows, from page to page, the first link whose address is like the next. */
async function follow(page, origin, [first, ...links], stopped) {
  let answer = await page.goto(first === '@stopped' ? stopped : origin + first);
  for (const pattern of links) {
    const found = await page.locator('main a[href]').evaluateAll(all => all.map(link => link.href));
    const next = found.find(href => new RegExp(pattern).test(new URL(href).pathname));
    assert.ok(next, `${page.url()} has a link like ${pattern}; it has ${found.join(' ')}`);
    answer = await page.goto(next);
  }
  return answer;
}
