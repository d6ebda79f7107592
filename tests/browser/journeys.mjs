// What people do from the first page to the last: the words on the buttons are those the pages show.
import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {assertCalm} from './browser.mjs';

const BANK_SECONDS = 20;

/** Presses a button or follows a link by its words, and waits for the page that comes. */
async function press(page, role, name, url) {
  const target = page.getByRole('main').getByRole(role, {name}).first();
  await Promise.all([page.waitForURL(url), target.click()]);
}

async function heading(page, words) {
  const found = (await page.getByRole('heading', {level: 1}).first().innerText()).trim();
  assert.match(found, words, `the heading of ${page.url()}`);
}

/** From the course page to the form of the first cohort that is open. */
export async function findCohort({page}, server) {
  await page.goto(`${server.origin}/`);
  await press(page, 'link', 'All cohorts and dates', /\/cohorts$/);
  await press(page, 'link', /^Enrol/, /\/cohorts\/[^/]+\/enrol$/);
  await heading(page, /^Enrol/);
}

/** Fills in the form; the first try leaves out the name and is told so, with everything else kept. */
export async function giveDetails({page, scripts}, {name, email}) {
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Country').selectOption('IN');
  await page.getByLabel('Billing address').fill('12 Demonstration Road, Exampleville');
  await page.getByLabel('Postal code').fill('560001');
  await page.getByLabel('State, for an address in India').selectOption('29');
  await page.getByLabel('Time zone').selectOption('Asia/Kolkata');
  await page.getByRole('checkbox').check();
  await page.getByRole('button', {name: 'Continue'}).click();
  const summary = page.locator('#error-summary');
  await summary.waitFor();
  assert.match(await page.title(), /^Error:/);
  assert.equal(await page.getByLabel('Email').inputValue(), email, 'the input is kept');
  assert.equal(await page.getByLabel('Time zone').inputValue(), 'Asia/Kolkata', 'the choice is kept');
  if (scripts) assert.ok(await summary.evaluate(it => it === document.activeElement), 'the summary of errors has the focus');
  await page.getByLabel('Full name').fill(name);
  if (!await page.getByRole('checkbox').isChecked()) await page.getByRole('checkbox').check();
  await press(page, 'button', 'Continue', /\/codes\//);
}

/** Reads the code in the mail and enters it, first a wrong one if asked to. */
export async function enterCode({page}, server, email, {wrongFirst, before = [], then}) {
  await heading(page, /code/i);
  const {subject, text} = await server.mail(email, /code/i, before);
  const code = /\b(\d{3}) ?(\d{3})\b/.exec(`${subject}\n${text}`);
  assert.ok(code, `the mail tells a code: ${subject}`);
  const right = code[1] + code[2];
  if (wrongFirst) {
    await page.getByLabel('Six-digit code').fill(right === '123456' ? '654321' : '123456');
    await page.getByRole('main').getByRole('button', {name: 'Continue'}).click();
    await page.locator('#error-summary').waitFor();
    assert.match(page.url(), /\/codes\//);
  }
  await page.getByLabel('Six-digit code').fill(right);
  await press(page, 'button', 'Continue', then);
}

/** Looks at the order while the seat is kept, pays at the practice gateway, and waits for the truth. */
export async function pay({page, scripts}, server) {
  const countdown = page.locator('time[data-countdown]');
  assert.match(await countdown.innerText(), scripts ? /^\d+:\d\d$/ : /minute/, 'the time that is left');
  await press(page, 'button', 'Pay with card', url => url.origin === server.gateway);
  await page.getByText(/practice gateway/i).waitFor();
  await Promise.all([
    page.waitForURL(/\/orders\/[^/]+\/return/),
    page.getByRole('button', {name: /^Pay ₹/}).click(),
  ]);
  await reloadUntil(page, page.getByRole('heading', {level: 1, name: 'You are enrolled'}));
}

/** Asks for the page again each second until it shows what the gateway tells in its time. */
export async function reloadUntil(page, shown) {
  for (let tries = BANK_SECONDS; tries > 0 && !await shown.count(); tries--) {
    await sleep(1000);
    await page.reload();
  }
  assert.ok(await shown.count(), `${page.url()} shows ${shown}; its heading is ${await page.getByRole('heading', {level: 1}).first().innerText()}`);
}

export async function signIn({page}, server, email, then = /\/(learn|staff)/) {
  const before = await server.mailsTo(email);
  await page.goto(`${server.origin}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await press(page, 'button', 'Send the code', /\/codes\//);
  await enterCode({page}, server, email, {before, then});
}

/** S1: browse, enrol, prove the address, pay, enrolled. */
export async function enrolAndPay(who, server, {name, email}) {
  await findCohort(who, server);
  await giveDetails(who, {name, email});
  await enterCode(who, server, email, {wrongFirst: true, then: /\/orders\/[^/]+$/});
  await pay(who, server);
  await server.mail(email, /enrolled/i);
  await press(who.page, 'link', 'Go to your course', /\/learn/);
  assertCalm(who);
}

/** S4: the module is locked; its moment comes, a mail says so, its link opens it; read, and mark as read. */
export async function readWeekOne(who, server, {email}) {
  const {page} = who;
  const opens = await seeItLocked(who, server);
  await moveClock(who, server, opens);
  const mail = await server.mail(email, /week 1|module 1/i);
  const link = /https?:\/\/\S+\/learn\/\S+/.exec(mail.text ?? '');
  assert.ok(link, `the mail links to the module: ${mail.text}`);
  const answer = await page.goto(link[0]);
  assert.equal(answer.status(), 200);
  const readings = page.locator('ol.readings > li');
  assert.ok(await readings.count() > 0, 'the module shows its readings');
  assert.doesNotMatch(await readings.first().locator('.state').innerText(), /^Read$/);
  const module = page.url();
  await Promise.all([page.waitForURL(/\/readings\//), readings.first().getByRole('link').first().click()]);
  const reflection = page.locator('#reflection');
  if (await reflection.count()) await reflection.fill('The host gains something even when one party stays away.');
  await Promise.all([page.waitForURL(module), page.getByRole('button', {name: 'I have read this'}).click()]);
  assert.match(await readings.first().locator('.state').innerText(), /^Read$/);
  assertCalm(who);
}

/** Opens week one before its time; returns when it opens, in milliseconds. */
async function seeItLocked({page}, server) {
  await page.goto(`${server.origin}/learn`);
  const enrolment = await page.locator('a[href^="/learn/"]').first().getAttribute('href');
  const week = `${/^\/learn\/[^/]+/.exec(enrolment)[0]}/weeks/1`;
  const answer = await page.goto(server.origin + week);
  assert.equal(answer.status(), 403, 'a locked module is refused');
  const main = page.getByRole('main');
  assert.equal(await main.locator('a[href*="/readings/"]').count(), 0, 'a locked module leaks none of its readings');
  assert.match(await main.innerText(), /Asia\/Kolkata.*UTC\+05:30/, 'the reader’s zone and its offset');
  const opens = Date.parse(await main.locator('time').first().getAttribute('datetime'));
  assert.ok(Number.isFinite(opens), 'the page tells when it opens');
  return opens;
}

/** I1, in part: an instructor moves a week on the board, and keys it to a reading and back. */
export async function planOnBoard(who, server, email) {
  const {page} = who;
  await signIn(who, server, email, /\/staff\//);
  await page.goto(`${server.origin}/staff/cohorts`);
  const board = page.getByRole('link', {name: /^Board of/}).last();
  await Promise.all([page.waitForURL(/\/board$/), board.click()]);
  await press(page, 'link', 'Move week 6', /\/weeks\/6\/release$/);
  await press(page, 'button', 'A day later', /by=1$/);
  await heading(page, /^Move week 6\?/);
  await press(page, 'button', 'Move the week', /\/board\?done=moved$/);
  await page.getByText('The release is moved.').waitFor();
  await press(page, 'link', /^6\. /, /\/weeks\/6$/);
  const readings = page.locator('ol.readings > li');
  const before = await readings.count();
  await page.getByLabel('Reading', {exact: true}).selectOption({index: 1});
  await press(page, 'button', 'Attach', url => url.pathname.endsWith('/readings'));
  await page.locator('#error-summary').waitFor();
  await page.getByLabel('Why to read it').fill('It looks back.');
  await press(page, 'button', 'Attach', /done=attached$/);
  assert.equal(await readings.count(), before + 1);
  const title = await readings.last().locator('cite').innerText();
  await Promise.all([page.waitForURL(/done=ordered$/), readings.last().getByRole('button', {name: /^Up/}).click()]);
  assert.equal(await readings.nth(before - 1).locator('cite').innerText(), title, 'the reading has moved up');
  await Promise.all([page.waitForURL(/\/detach$/), readings.nth(before - 1).getByRole('link', {name: /^Detach/}).click()]);
  await press(page, 'button', 'Detach it', /done=detached$/);
  assert.equal(await readings.count(), before);
  assertCalm(who);
}

/** Moves service time forward to an instant (milliseconds), in a tab of its own. */
export async function moveClock({context}, server, to) {
  const page = await context.newPage();
  await page.goto(`${server.origin}/dev/clock`);
  // The control's own form of a whole minute has no seconds.
  await page.getByLabel('Date and time, in UTC').fill(new Date(to).toISOString().slice(0, 19).replace(/:00$/, ''));
  // Everything that falls due on the way is done before the answer.
  await page.getByRole('button', {name: 'Move the clock'}).click({timeout: 60_000});
  const shown = async () => Date.parse(await page.locator('main h1 time').getAttribute('datetime'));
  for (let tries = 60; tries > 0 && await shown() < to; tries--) {
    await sleep(1000);
    await page.goto(`${server.origin}/dev/clock`);
  }
  assert.ok(await shown() >= to, 'the clock has moved');
  await page.close();
}

/** What an authenticator app shows: RFC 6238 with SHA-1, six digits and steps of thirty seconds. */
function totp(key, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replace(/\s/g, '')].map(letter => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** A member of the staff sets up a second factor, and stands before its recovery codes; the key, and the code that was used. */
export async function setUpFactor(who, server, email) {
  const {page} = who;
  await signIn(who, server, email);
  await page.goto(`${server.origin}/account`);
  await press(page, 'link', 'Second factor', /\/account\/second-factor$/);
  await press(page, 'button', 'Set it up', /\/account\/second-factor\/new$/);
  assert.ok((await page.locator('figure.qr svg').boundingBox()).width > 100, 'the QR code is drawn');
  const key = await page.locator('main code').first().innerText();
  const first = totp(key);
  await page.getByLabel('Code from your app').fill(first);
  await page.getByRole('button', {name: 'Take it into use'}).click();
  await page.getByRole('heading', {level: 1, name: 'Your recovery codes'}).waitFor();
  assert.equal(await page.locator('main li code').count(), 10, 'ten recovery codes');
  return {key, first};
}

/** An instructor sets up a second factor, signs out, and signs in with both: the mailed code and the app's. */
export async function signInWithApp(who, server, email) {
  const {page} = who;
  const {key, first} = await setUpFactor(who, server, email);
  await page.getByRole('button', {name: 'Sign out'}).click();

  await signIn(who, server, email, /\/sign-in\/sgn_/);
  await heading(page, /second factor/i);
  await page.getByLabel('Code from your app').fill(first);
  await page.getByRole('main').getByRole('button', {name: 'Sign in'}).click();
  await page.locator('#error-summary').waitFor();
  assert.match(await page.locator('#error-summary').innerText(), /used already/, 'a code signs in once');
  // The next step's code passes a little before its time.
  await page.getByLabel('Code from your app').fill(totp(key, Date.now() + 30_000));
  await press(page, 'button', 'Sign in', /\/staff/);
  await heading(page, /^Cohorts/);
  assertCalm(who);
}

/** A6: an admin issues a certificate to one of the finished cohort; anybody sees that it is valid. */
export async function issueCertificate(who, server, {email}) {
  const {page} = who;
  await signIn(who, server, email, /\/staff/);
  await page.goto(`${server.origin}/staff/cohorts`);
  await page.locator('main a[href$="/roster"]').first().click();
  await press(page, 'link', 'Certificates', /\/certificates$/);
  const ready = page.getByRole('button', {name: /^Issue to/}).first();
  const name = /^Issue to (.*)$/.exec((await ready.innerText()).trim().replace(/\s+/g, ' '))[1];
  await Promise.all([page.waitForURL(/\/staff\/certificates\/[^/]+\?done=issued$/), ready.click()]);
  await heading(page, new RegExp(name));
  await press(page, 'link', /^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/, /\/verify\//);
  await heading(page, /^This certificate is valid/);
  assert.ok((await page.getByRole('main').innerText()).includes(name), 'the public page names the student');
  assertCalm(who);
}
