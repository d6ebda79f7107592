#!/usr/bin/env node
// The browser tests: what a person does and sees, in headless Chromium, against the real program.
//   node run.mjs [--only WORDS] [--pages FILE] path/to/lectern
//   node run.mjs --origin URL --pages FILE     only looks at the pages of the list, on a server that runs already
// Needs `npm ci --ignore-scripts` here and Debian's chromium (or LECTERN_TEST_CHROMIUM). Exits 1 if anything failed.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {parseArgs} from 'node:util';
import {altered} from './altered.mjs';
import {launch, person} from './browser.mjs';
import {enrolAndPay, issueCertificate, planOnBoard, readWeekOne, signInWithApp} from './journeys.mjs';
import {checkPages} from './pages.mjs';
import {start} from './server.mjs';

const TEST_SECONDS = 120;

/** Counts and tells what passed. */
class Run {
  passed = 0;
  failed = 0;
  constructor(only) {
    this.only = only;
    this.shots = path.join(os.tmpdir(), `lectern-browser-failures-${process.pid}`);
  }

  /** Runs one test; returns whether it passed. The body is given `shoot(page, act)`: a failed act leaves a picture. */
  async test(name, body) {
    const started = performance.now();
    let timer, picture = '';
    const shoot = async (page, act) => {
      try {
        return await act();
      } catch (error) {
        picture = await this.#picture(name, page);
        throw error;
      }
    };
    const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`took more than ${TEST_SECONDS} s`)), TEST_SECONDS * 1000); });
    try {
      await Promise.race([body(shoot), late]);
      this.passed += 1;
      console.log(`ok    ${name} (${Math.round(performance.now() - started)} ms)`);
      return true;
    } catch (error) {
      this.failed += 1;
      console.log(`FAIL  ${name}\n${indent(error.message)}${picture && `\n    picture: ${picture}`}`);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Tests that could not be tried count as failed. */
  missed(count, what) {
    this.failed += count;
    console.log(`FAIL  ${count} not tried: ${what}`);
  }

  wants(name) {
    return !this.only || name.includes(this.only);
  }

  async #picture(name, page) {
    fs.mkdirSync(this.shots, {recursive: true});
    const file = path.join(this.shots, `${name.replace(/\W+/g, '-')}.png`);
    return page.screenshot({path: file, fullPage: true}).then(() => `${file} of ${page.url()}`, () => '');
  }
}

function indent(text) {
  return text.replace(/\x1b\[\d+m/g, '').split('\n').map(line => `    ${line}`).join('\n');
}

/** Runs the body with a program of its own, which is stopped and must stop well. */
async function withServer(run, name, binary, body, options) {
  let server;
  if (!await run.test(`${name}: the program starts`, async () => { server = await start(binary, options); })) return;
  const before = run.failed;
  await body(server);
  if (run.failed > before) console.log(`the end of the log of ${name}:\n${server.tail()}`);
  await run.test(`${name}: the program stops`, () => server.stop());
}

/** S1 and S4 by one student, from the first page to the first reading. */
async function journeys(run, browser, binary, {scripts}) {
  const how = scripts ? 'with scripts' : 'without scripts';
  const student = {name: 'Demo Browser Student', email: `${scripts ? 'scripted' : 'plain'}@students.example`};
  await withServer(run, `journeys ${how}`, binary, async server => {
    const who = await person(browser, {scripts, origins: [server.origin, server.gateway]});
    const enrolled = await run.test(`S1 browse, enrol, pay, enrolled (${how})`, shoot => shoot(who.page, () => enrolAndPay(who, server, student)));
    const reads = `S4 the module opens, the mail arrives, read, mark as read (${how})`;
    if (enrolled) await run.test(reads, shoot => shoot(who.page, () => readWeekOne(who, server, student)));
    else run.missed(1, reads);
    await who.context.close();
    const staff = await person(browser, {scripts, origins: [server.origin, server.gateway]});
    await run.test(`staff sign in with an app’s code (${how})`, shoot => shoot(staff.page, () => signInWithApp(staff, server, 'instructor@example.org')));
    await staff.context.close();
  });
}

/** What staff do, with scripts: the same forms as without. */
async function staffJourneys(run, browser, binary, {admin}) {
  await withServer(run, 'staff', binary, async server => {
    const who = await person(browser, {scripts: true, origins: [server.origin, server.gateway]});
    await run.test('A6 issue a certificate, see it valid', shoot => shoot(who.page, () => issueCertificate(who, server, {email: admin})));
    await who.context.close();
  });
}

const {values, positionals: [binary]} = parseArgs({allowPositionals: true, options: {
  only: {type: 'string'}, origin: {type: 'string'}, pages: {type: 'string', default: path.join(import.meta.dirname, 'pages.json')}}});
if (!binary === !values.origin) {
  console.error('give the path of the program, or --origin URL of one that runs');
  process.exit(2);
}
const list = JSON.parse(fs.readFileSync(values.pages, 'utf8'));
const run = new Run(values.only);
const browser = await launch();
if (values.origin) await checkPages(run, browser, {origin: values.origin}, list);
else {
  const program = path.resolve(binary);
  for (const scripts of [true, false]) {
    if (run.wants(scripts ? 'journeys with scripts' : 'journeys without scripts')) await journeys(run, browser, program, {scripts});
  }
  if (run.wants('board')) {
    await withServer(run, 'board', program, async server => {
      const who = await person(browser, {origins: [server.origin]});
      await run.test('I1 weeks are moved and keyed on the board', shoot => shoot(who.page, () => planOnBoard(who, server, list.cast.instructor)));
      await who.context.close();
    });
  }
  if (run.wants('staff')) await staffJourneys(run, browser, program, list.cast);
  if (run.wants('pages')) await withServer(run, 'pages', program, server => checkPages(run, browser, server, list));
  const {cast, altered: pages} = list;
  if (pages && run.wants('altered')) {
    await withServer(run, 'altered', program, server => checkPages(run, browser, server, {cast, pages}), {alter: packed => altered(packed, cast)});
  }
}
await browser.close();
if (run.failed) console.log(`pictures of failures: ${run.shots}`);
console.log(`${run.passed} passed, ${run.failed} failed`);
process.exitCode = run.failed || !run.passed ? 1 : 0;
