// The program under test: started on free ports with an empty folder, and asked what only its development pages tell.
import {spawn, spawnSync} from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const START_SECONDS = 60, COMMAND_SECONDS = 30, STOP_SECONDS = 15, MAIL_SECONDS = 30;

/**
 * Starts `lectern serve` and waits until it answers. The practice gateway takes the port after ours. `alter` makes another backup of
 * that of the demonstration, to begin with.
 */
export async function start(binary, {alter} = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lectern-browser-'));
  // The test run's own variables are no settings of the program, which refuses those it does not know.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LECTERN_')));
  const where = ['--profile', 'development', '--data', path.join(folder, 'data')];
  try {
    if (alter) restoreAltered((...words) => finish(binary, [...words, ...where], {cwd: folder, env}), folder, alter);
  } catch (error) {
    fs.rmSync(folder, {recursive: true, force: true});
    throw error;
  }
  const port = await freePair();
  const origin = `http://127.0.0.1:${port}`, gateway = `http://localhost:${port + 1}`;
  const log = path.join(folder, 'server.log');
  const out = fs.openSync(log, 'w');
  const settings = {
    LECTERN_SERVER__PUBLIC_URL: origin,
    LECTERN_GATEWAY__BASE_URL: `${gateway}/`,
    LECTERN_GATEWAY__HOSTED_ORIGIN: gateway,
    LECTERN_LIMITS__BURST: '100000', // one browser asks for hundreds of pages here
    LECTERN_LIMITS__PER_MINUTE: '100000',
  };
  const args = ['serve', ...where, '--listen', `127.0.0.1:${port}`];
  const child = spawn(binary, args, {cwd: folder, env: {...env, ...settings}, stdio: ['ignore', out, out]});
  const server = new Server({child, folder, log, origin, gateway});
  await server.ready();
  return server;
}

/** Runs a command of the program to its end, which must be good. */
function finish(binary, args, options) {
  const {error, status, stdout, stderr} = spawnSync(binary, args, {...options, timeout: COMMAND_SECONDS * 1000});
  if (error) throw error;
  if (status !== 0) throw new Error(`lectern ${args.join(' ')} exited with ${status}\n${stdout}${stderr}`);
}

function restoreAltered(run, folder, alter) {
  const [from, to] = ['demonstration.backup', 'altered.backup'].map(name => path.join(folder, name));
  run('demo');
  run('backup', from);
  fs.writeFileSync(to, alter(fs.readFileSync(from)));
  run('restore', to, '--replace', '--keep-sessions');
}

class Server {
  constructor(parts) {
    Object.assign(this, parts);
    this.ended = new Promise(resolve => {
      this.child.once('exit', (code, signal) => resolve(`exited with ${signal ?? code}`));
      this.child.once('error', error => resolve(`did not start: ${error.message}`));
    });
    this.ended.then(how => { this.end = how; });
  }

  async ready() {
    for (let tries = START_SECONDS * 10; tries > 0 && !this.end; tries--) {
      if (await fetch(`${this.origin}/readyz`).then(answer => answer.ok, () => false)) return;
      await sleep(100);
    }
    const how = this.end ?? `not ready after ${START_SECONDS} s`;
    const tail = this.tail();
    this.child.kill('SIGKILL');
    fs.rmSync(this.folder, {recursive: true, force: true});
    throw new Error(`lectern ${how}\n${tail}`);
  }

  /** The end of the server's log. */
  tail() {
    return fs.readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-30).map(line => `    | ${line}`).join('\n');
  }

  async stop() {
    this.child.kill('SIGTERM');
    const late = await Promise.race([this.ended.then(() => false), sleep(STOP_SECONDS * 1000, true, {ref: false})]);
    if (late) this.child.kill('SIGKILL');
    fs.rmSync(this.folder, {recursive: true, force: true});
    if (late) throw new Error(`lectern did not stop within ${STOP_SECONDS} s of SIGTERM`);
  }

  /** Mails sent to an address, newest first: {to, subject, text, html, headers}. */
  async mailsTo(address) {
    const answer = await fetch(`${this.origin}/dev/mailbox.json`);
    if (!answer.ok) throw new Error(`/dev/mailbox.json answers ${answer.status}`);
    const told = await answer.json();
    const mails = Array.isArray(told) ? told : told.mails;
    return mails.filter(mail => mail.to.includes(address));
  }

  /** Waits for a mail to the address that is none of `before` and whose subject is like `subject`. */
  async mail(address, subject, before = []) {
    const known = new Set(before.map(mail => JSON.stringify(mail)));
    let mails = [];
    for (let tries = MAIL_SECONDS * 5; tries > 0; tries--) {
      mails = await this.mailsTo(address);
      const found = mails.find(mail => subject.test(mail.subject) && !known.has(JSON.stringify(mail)));
      if (found) return found;
      await sleep(200);
    }
    throw new Error(`no mail like ${subject} to ${address}; there are: ${mails.map(mail => mail.subject).join(' | ') || 'none'}`);
  }
}

/** A free port whose successor is free too. */
async function freePair() {
  for (let tries = 50; tries > 0; tries--) {
    const port = await listen(0);
    if (await listen(port + 1) !== null) return port;
  }
  throw new Error('no two free ports side by side');
}

/** Listens for a moment and tells on which port, or null if the port is taken. */
function listen(port) {
  return new Promise(resolve => {
    const server = net.createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const {port: got} = server.address();
      server.close(() => resolve(got < 65535 ? got : null));
    });
  });
}
