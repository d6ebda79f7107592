// Every page of the list, as its person sees it, in each view.
import assert from 'node:assert/strict';
import {LONG_AGO} from './altered.mjs';
import {VIEWS, contextOf, faults, person, tab} from './browser.mjs';
import {enterCode, findCohort, giveDetails, moveClock, pay, reloadUntil, setUpFactor, signIn} from './journeys.mjs';

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

/** Presses a button of the gateway's page that pays nothing now. */
async function pressAtGateway({page}, button, said) {
  await Promise.all([page.waitForURL(url => url.pathname.startsWith('/pay/')), page.getByRole('button', {name: 'Pay with card'}).click()]);
  await page.getByRole('button', {name: button}).click();
  await page.getByText(said).waitFor();
}

/** The same, and comes back. */
async function leave(who, button, said) {
  const order = who.page.url();
  await pressAtGateway(who, button, said);
  await who.page.goto(`${order}/return`);
}

/** Time passes until a mail is sent that its reader may turn off; stops at the way out. */
async function beTold(who, server, email) {
  await moveClock(who, server, Date.now() + 8 * 24 * 60 * 60_000);
  const ways = (await server.mailsTo(email)).map(mail => /https?:\/\/\S+\/unsubscribe\/\S+/.exec(mail.text ?? '')?.[0]);
  const way = ways.find(Boolean);
  assert.ok(way, `a mail to ${email} has a way out`);
  await who.page.goto(way);
}

/** Chooses to pay by UPI, and says that it is done. */
async function tell({page}) {
  await page.getByRole('button', {name: 'Pay by UPI'}).click();
  await page.getByLabel(/reference|UTR/i).fill('412345678901');
  await page.getByRole('button', {name: 'I have paid'}).click();
  await page.getByText('412345678901').waitFor();
}

/** Sends a part of the payer's money back, stops at what became of it, and has the gateway pay out what it holds. */
async function giveBack(who, server) {
  const {page} = who;
  await page.goto(`${server.origin}/staff/enrolments?q=payer`);
  await page.locator('main a[href^="/staff/orders/"]').first().click();
  await page.getByRole('link', {name: 'Send money back'}).click();
  await page.getByLabel('Amount').fill('100.00');
  await page.getByLabel('Why').fill('A part of it, as agreed.');
  await page.getByRole('button', {name: 'Send it back'}).click();
  await page.waitForURL(/\/staff\/refunds\//);
  const stop = page.url();
  await page.goto(`${server.gateway}/dashboard`);
  await page.getByRole('button', {name: /^Pay out/}).click();
  await page.getByRole('button', {name: 'Let it arrive'}).click();
  await page.goto(`${server.origin}/admin/reports`);
  await page.locator('main a[href^="/admin/reports/"]').first().click();
  await reloadUntil(page, page.locator('main a[href^="/admin/payouts/"]'));
  await page.goto(stop);
}

/** Opens a cohort of two months from now, and stops at its board. */
async function openCohort({page}, server, name) {
  const at = days => new Date(Date.now() + days * 24 * 60 * 60_000).toISOString();
  await page.goto(`${server.origin}/staff/cohorts/new`);
  await page.getByLabel('Name', {exact: true}).fill(name);
  await page.getByLabel('Time zone').selectOption('Asia/Kolkata');
  await page.getByLabel('First day').fill(at(60).slice(0, 10));
  await page.getByLabel('Seats').fill('20');
  await page.getByLabel('Price', {exact: true}).fill('6500');
  await page.getByLabel('Opens', {exact: true}).fill(at(30).slice(0, 16));
  await page.getByLabel('Closes', {exact: true}).fill(at(59).slice(0, 16));
  await page.getByRole('button', {name: 'Open the cohort'}).click();
  await page.waitForURL(/\/board\?/);
}

/** What each person of the list does first; the page they stop at is `@stopped` in the list. */
const FIRST = {
  visitor: async () => {},
  asker: (who, server) => ask(who, server, 'asker'),
  holder: (who, server) => hold(who, server, 'holder'),
  declined: async (who, server) => {
    await hold(who, server, 'declined');
    await leave(who, 'Have the card declined', 'The card was declined.');
  },
  bank: async (who, server) => {
    await hold(who, server, 'bank');
    await leave(who, 'Pay late, by bank', 'The bank is working');
  },
  refused: async (who, server) => {
    await hold(who, server, 'refused');
    const order = who.page.url();
    await pressAtGateway(who, 'Pay late, by bank', 'The bank is working');
    await who.page.getByRole('button', {name: 'The bank refuses'}).click();
    await who.page.getByText('The bank refused').waitFor();
    await who.page.goto(`${order}/return`);
    await reloadUntil(who.page, who.page.getByRole('heading', {level: 1, name: 'The payment was declined'}));
  },
  lapsed: async (who, server) => {
    await hold(who, server, 'lapsed');
    const order = who.page.url();
    // The hold of half an hour is over. Nobody after this one has a hold to lose.
    await moveClock(who, server, Date.now() + 40 * 60_000);
    await who.page.goto(`${order}/return`);
  },
  told: (who, server, cast) => beTold(who, server, cast.student),
  factored: async (who, server, cast) => {
    await setUpFactor(who, server, cast.instructor);
    await who.page.goto(`${server.origin}/account/second-factor`);
  },
  proving: (who, server, cast) => signIn(who, server, cast.instructor, /\/sign-in\/sgn_/),
  payer: async (who, server) => {
    await hold(who, server, 'payer');
    await pay(who, server);
  },
  teller: async (who, server) => {
    await hold(who, server, 'teller');
    await tell(who);
  },
  treasurer: async (who, server, cast) => {
    await signIn(who, server, cast.admin);
    await giveBack(who, server);
  },
  unconfirmed: async ({context, page}, server) => {
    await context.addCookies([{name: 'lectern', value: LONG_AGO, url: server.origin}]);
    await page.goto(`${server.origin}/staff/settings/bank`);
  },
  opener: async (who, server, cast) => {
    await signIn(who, server, cast.admin);
    await openCohort(who, server, 'Demonstration to come');
  },
  publisher: async (who, server, cast) => {
    await signIn(who, server, cast.admin);
    await openCohort(who, server, 'Demonstration without students');
    await who.page.getByRole('link', {name: 'Publish'}).click();
    await who.page.getByRole('button', {name: 'Publish'}).click();
    await who.page.waitForURL(/\/board\?/);
  },
  student: (who, server, cast) => signIn(who, server, cast.student),
  waiting: (who, server, cast) => signIn(who, server, cast.waiting),
  certified: (who, server, cast) => signIn(who, server, cast.certified),
  instructor: (who, server, cast) => signIn(who, server, cast.instructor),
  admin: (who, server, cast) => signIn(who, server, cast.admin),
};

/**
 * What asks for a confirmation of the last ten minutes is looked at by those who have just signed in: those of the cast do so again
 * after so long.
 */
const FRESH = 6 * 60_000;

/** Adds a test for every page and view to the run. */
export async function checkPages(run, browser, server, {cast, pages}) {
  const origins = [server.origin, server.gateway].filter(Boolean);
  for (const name of new Set(pages.map(page => page.as))) {
    let stopped, since, contexts = {};
    const leave = () => Promise.all(Object.values(contexts).map(context => context.close()));
    const arrive = () => run.test(`pages: the ${name} arrives`, async shoot => {
      await leave();
      contexts = {};
      const who = await person(browser, {origins});
      try {
        await shoot(who.page, () => FIRST[name](who, server, cast));
        [stopped, since] = [who.page.url(), Date.now()];
        const state = await who.context.storageState();
        // One for each view, for all of the person's pages: to make one takes as long as to look at a page.
        for (const [view, {context}] of Object.entries(VIEWS)) contexts[view] = await contextOf(browser, {state, context});
      } finally {
        await who.context.close();
      }
    });
    const theirs = pages.filter(page => page.as === name);
    let arrived = await arrive();
    for (const page of theirs) {
      if (arrived && name in cast && Date.now() - since > FRESH) arrived = await arrive();
      if (arrived) await checkPage(run, {server, origins, contexts, stopped, page});
      else run.missed(Object.keys(VIEWS).length, `${go(page)}, by the ${name}`);
    }
    await leave();
  }
}

const go = page => page.go.map(step => typeof step === 'string' ? step : Object.values(step).map(it => JSON.stringify(it)).join(' ')).join(' > ');

/** The addresses of a route, written as the program's table has it. */
const like = route => new RegExp(`^${route.replace(/\{[^}]+\}/g, '[^/]+')}$`);

async function checkPage(run, {server, origins, contexts, stopped, page}) {
  const {as, status = 200} = page;
  for (const [view, {axe, media}] of Object.entries(VIEWS)) {
    await run.test(`pages: ${as} ${go(page)} (${view})`, async shoot => {
      const {page: sheet, problems} = await tab(contexts[view], origins);
      try {
        await shoot(sheet, async () => {
          const answer = await follow(sheet, server, page.go, stopped);
          const {pathname} = new URL(sheet.url());
          if (page.route) assert.match(pathname, like(page.route), 'the page itself, not the confirmation before it');
          assert.equal(answer.status(), status, `the status of ${sheet.url()}`);
          if (media) await sheet.emulateMedia({media});
          const found = [...await faults(sheet, {axe}), ...problems];
          assert.deepEqual(found, [], `what is wrong with ${sheet.url()}`);
        });
      } finally {
        await sheet.close();
      }
    });
  }
}

/**
 * Opens the first address, then takes a step from page to page: a text is the first link whose address is like it, `last` the last
 * such; `words` the first link of these words; `open` an address, with what the links before were named; `press` a button, after
 * `fill` and `check`.
 */
async function follow(page, server, [first, ...steps], stopped) {
  let answer = await page.goto(first === '@stopped' ? stopped : server.origin + first);
  const named = {};
  for (const step of steps) {
    if (typeof step === 'string') answer = await page.goto(await link(page, new RegExp(step), named));
    else if (step.last) answer = await page.goto(await link(page, new RegExp(step.last), named, -1));
    else if (step.words) answer = await page.goto(await page.getByRole('main').getByRole('link', {name: step.words}).first().evaluate(it => it.href));
    else if (step.open) answer = await page.goto(server.origin + step.open.replace(/\{(\w+)\}/g, (_, name) => named[name]));
    else answer = await press(page, step);
  }
  return answer;
}

/** The first link (or the one at `place`) whose address is like `pattern`; what the pattern names is kept. */
async function link(page, pattern, named, place = 0) {
  const found = await page.locator('main a[href]').evaluateAll(all => all.map(link => link.href));
  const next = found.filter(href => pattern.test(new URL(href).pathname)).at(place);
  assert.ok(next, `${page.url()} has a link like ${pattern}; it has ${found.join(' ')}`);
  Object.assign(named, pattern.exec(new URL(next).pathname).groups);
  return next;
}

/** Fills in and presses, as far as asked; the answer is the page that comes. */
async function press(page, {fill = {}, check, press: words}) {
  for (const [label, value] of Object.entries(fill)) await page.getByLabel(label, {exact: true}).fill(value);
  if (check) await page.getByLabel(check).check();
  const navigation = page.waitForResponse(answer => answer.request().isNavigationRequest() && ![301, 302, 303].includes(answer.status()));
  const [answer] = await Promise.all([navigation, page.getByRole('main').getByRole('button', {name: words}).first().click()]);
  await page.waitForLoadState();
  return answer;
}
