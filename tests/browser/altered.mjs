// A demonstration in which things went wrong that no walk brings about in its time: its own backup, altered and restored.
import assert from 'node:assert/strict';
import {createHash, randomUUID} from 'node:crypto';
import zlib from 'node:zlib';

/** The cookie of an admin who signed in hours ago. */
export const LONG_AGO = 'long-ago'.padEnd(43, '0');

/** A name with letters that the font does not have. */
const UNPRINTABLE = 'डेमो';

const sha256 = text => createHash('sha256').update(text).digest('hex');
const ago = hours => new Date(Date.now() - hours * 60 * 60_000).toISOString();

/** A backup's tables: lines of JSON between a header and a last line with their sums. */
class Backup {
  constructor(packed) {
    const [header, ...lines] = zlib.gunzipSync(packed).toString().trimEnd().split('\n').map(line => JSON.parse(line));
    this.header = header;
    this.tables = new Map();
    for (const line of lines.slice(0, -1)) {
      if (Array.isArray(line)) [...this.tables.values()].at(-1).push(line);
      else this.tables.set(line.table, []);
    }
  }

  #columns(table) {
    return this.header.tables.find(({name}) => name === table).columns;
  }

  rows(table) {
    const columns = this.#columns(table);
    return this.tables.get(table).map(row => Object.fromEntries(columns.map((column, place) => [column, row[place]])));
  }

  /** Writes a table anew, with null where a row says nothing. */
  write(table, rows) {
    const columns = this.#columns(table);
    for (const row of rows) assert.deepEqual(Object.keys(row).filter(name => !columns.includes(name)), [], `columns of ${table}`);
    this.tables.set(table, rows.map(row => columns.map(column => row[column] ?? null)));
  }

  add(table, row) {
    this.write(table, [...this.rows(table), row]);
  }

  pack() {
    for (const table of this.header.tables) table.rows = this.tables.get(table.name).length;
    const lines = [this.header, ...[...this.tables].flatMap(([table, rows]) => [{table}, ...rows])];
    const text = lines.map(line => `${JSON.stringify(line)}\n`).join('');
    const rows = this.header.tables.reduce((sum, table) => sum + table.rows, 0);
    return zlib.gzipSync(`${text}${JSON.stringify({rows, sha256: sha256(text)})}\n`);
  }
}

/**
 * Another backup of a demonstration: an old session, revoked certificates, work and an event given up, money in the queue,
 * documents missing.
 */
export function altered(packed, cast) {
  const backup = new Backup(packed);
  const admin = backup.rows('users').find(user => user.email === cast.admin).id;
  backup.add('sessions', {id: randomUUID(), token_hash: sha256(LONG_AGO), user_id: admin, created_at: ago(3), last_seen_at: ago(0),
    expires_at: ago(-24), confirmed_at: ago(3)});

  const [first, second] = backup.rows('documents');
  const unprintable = {...first, unprintable: [...new Set(UNPRINTABLE)].join(''), waiting_since: ago(3)};
  unprintable.facts[0].buyer.name = UNPRINTABLE;
  const without = new Set([first.id, second.id]);
  backup.write('document_pdfs', backup.rows('document_pdfs').filter(pdf => !without.has(pdf.document_id)));
  backup.write('documents', [unprintable, ...backup.rows('documents').filter(document => !without.has(document.id))]);

  const revoked = {state: 'revoked', revoked_at: ago(3), revoked_by: admin, reason: 'Issued by mistake.'};
  backup.write('certificates', backup.rows('certificates').map(certificate => ({...certificate, ...revoked})));

  backup.add('payment_exceptions', {id: randomUUID(), dedupe_key: 'demonstration', gateway_reference: 'cs_test_demonstration',
    reason: 'unknown_order', detail: [{}], created_at: ago(3)});
  const event = 'evt_demonstration';
  const body = JSON.stringify({data: {object: {object: 'checkout.session', id: 'cs_test_demonstration'}}});
  backup.add('gateway_events', {id: event, kind: 'checkout.session.completed', body: Buffer.from(body).toString('base64'), live: false,
    // The sweep replays what came long ago, and would find that the gateway knows nothing of it.
    received_at: ago(-1)});
  const dead = {state: 'dead', attempts: 12, last_error: 'the gateway did not answer', due_at: ago(3), created_at: ago(3)};
  backup.add('jobs', {...dead, id: randomUUID(), kind: 'payment.expire_pages', payload: [{order: first.key.replace('paid:', '')}]});
  backup.add('jobs', {...dead, id: randomUUID(), kind: 'payment.process_event', payload: [{event}]});
  return backup.pack();
}
