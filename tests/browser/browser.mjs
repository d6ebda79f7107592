// Chromium, and the ways in which people look at a page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import {createRequire} from 'node:module';
import {chromium} from 'playwright-core';

const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const AXE_RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const COMMON = {locale: 'en-GB', timezoneId: 'Asia/Kolkata'};

/** How a page is looked at. `axe` where it is checked for accessibility: axe needs scripts, and knows screens only. */
export const VIEWS = {
  wide: {axe: true, context: {viewport: {width: 1280, height: 900}}},
  phone: {axe: true, context: {viewport: {width: 320, height: 640}, hasTouch: true}},
  dark: {axe: true, context: {viewport: {width: 1280, height: 900}, colorScheme: 'dark'}},
  noscript: {axe: false, context: {viewport: {width: 320, height: 640}, javaScriptEnabled: false}},
  print: {axe: false, context: {viewport: {width: 794, height: 1123}}, media: 'print'},
};

export function launch() {
  return chromium.launch({executablePath: process.env.LECTERN_TEST_CHROMIUM ?? '/usr/bin/chromium', args: FLAGS});
}

/** A person at a browser of their own: a context, its page, and what went wrong on the way. */
export async function person(browser, {scripts = true, origins} = {}) {
  const context = await contextOf(browser, {scripts});
  return {context, scripts, ...await tab(context, origins)};
}

/** A browser of somebody's own, with the cookies of `state`. */
export async function contextOf(browser, {scripts = true, state, context: options = {}}) {
  const context = await browser.newContext({...COMMON, javaScriptEnabled: scripts, storageState: state, ...options});
  context.setDefaultTimeout(10_000);
  return context;
}

/** A new page in it, and what goes wrong there. */
export async function tab(context, origins) {
  const page = await context.newPage();
  return {page, problems: watch(page, origins)};
}

/** Collects console errors, script errors, and requests to origins other than these. */
function watch(page, origins) {
  const problems = [], documents = new Set();
  page.on('request', request => {
    if (request.isNavigationRequest()) documents.add(request.url());
    const {protocol, origin} = new URL(request.url());
    if (!['data:', 'blob:', 'about:'].includes(protocol) && !origins.includes(origin)) problems.push(`asks another origin: ${request.url()}`);
  });
  page.on('console', message => {
    // A refused page is reported as a failed load of itself; its status is checked where it is asked for.
    const itself = /^Failed to load resource/.test(message.text()) && documents.has(message.location().url);
    if (message.type() === 'error' && !itself) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => problems.push(`script: ${error}`));
  return problems;
}

/** What is wrong with the page as it stands. */
export async function faults(page, {axe}) {
  const found = [];
  const {wide, name, lang} = await evaluate(page, `({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    name: document.title, lang: document.documentElement.lang})`);
  if (wide > 0) found.push(`scrolls sideways by ${wide} px`);
  if (!name) found.push('has no title');
  if (!lang) found.push('has no language');
  if (axe) {
    await evaluate(page, `${AXE}; undefined`);
    const {violations} = await evaluate(page, `axe.run(document, {runOnly: ${JSON.stringify(AXE_RULES)}})`);
    found.push(...violations.map(({impact, id, nodes}) => `axe ${impact} ${id}: ${nodes.map(node => node.target.join(' ')).slice(0, 3).join(' | ')}`));
  }
  return found;
}

/** Evaluates as a debugger does: no content security policy stands in the way, so none need be switched off. */
async function evaluate(page, expression) {
  const session = await page.context().newCDPSession(page);
  try {
    const {result, exceptionDetails} = await session.send('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  } finally {
    await session.detach();
  }
}

/** Asserts that nothing went wrong for this person so far. */
export function assertCalm({problems}) {
  assert.deepEqual(problems, [], 'the browser reports');
}
