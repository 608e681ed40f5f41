// The demo's server: the unmodified App of Supabase Lite behind an HTTP server of our own on 127.0.0.1.
//
// The parent writes one line of JSON to our stdin and keeps that pipe open:
//   { nonce, modules, folder, schema, port, jwtSecret, publishableKey, secretKey, jwtExpiry, bcryptCost,
//     providers: { NAME: { enabled, client_id, secret, url } } }
// We answer with one line on stdout: { nonce, ready: true, port } or { nonce, failed: REASON }, and end when stdin ends.
// Secrets come by that pipe only: argv, environment and temporary files can be read by others.
import { Console } from 'node:console';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

process.umask(0o077); // database and mailbox hold password hashes, refresh tokens and codes
const answer = (line, then) => process.stdout.write(JSON.stringify(line) + '\n', then);
globalThis.console = new Console(process.stderr); // stdout carries our one answer and nothing else

const end = () => process.exit(0);
process.on('SIGTERM', end);
const config = await new Promise((resolve) => {
  createInterface({ input: process.stdin }).once('line', (line) => resolve(JSON.parse(line))).once('close', end);
});
const database = join(config.folder, 'data.db');
const mailbox = join(config.folder, 'mailbox.jsonl');

function fail(reason, error) {
  console.error(error);
  answer({ nonce: config.nonce, failed: reason }, () => process.exit(1)); // not before it is written
}

let own = null; // "127.0.0.1:PORT" once we listen
let listener = null; // Lite's request listener once it is initialised
const refuse = (response, status, message) =>
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ message }));
// Lite answers any Host and any Origin; a web page must not be able to drive a server of this machine, also not by a
// name that it points at 127.0.0.1.
const foreign = ({ url, headers: { host, origin } }) =>
  host !== own || !(origin === undefined || origin === `http://${own}`) || !url.startsWith('/');
const server = createServer((request, response) => {
  if (foreign(request)) refuse(response, 403, 'This server answers only requests to its own address.');
  else if (listener === null) refuse(response, 503, 'This server is starting.');
  else listener(request, response.setHeader('cache-control', 'no-store')); // RFC 6749 §5.1, which Lite leaves out
});

async function listen() {
  await new Promise((resolve, reject) => server.once('error', reject).listen(config.port, '127.0.0.1', resolve));
  own = `127.0.0.1:${server.address().port}`;
}

async function checkDatabase() {
  if (!existsSync(database)) return;
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(database); // writable: after a crash SQLite first rolls its journal back
  try {
    const found = Object.values(db.prepare('pragma quick_check(1)').get())[0];
    if (found !== 'ok') throw Object.assign(new Error(found), { errcode: 11 });
  } finally {
    db.close();
  }
}

async function startLite() {
  process.env.LITE_AUTH_BCRYPT_COST = String(config.bcryptCost);
  const from = (path) => import(pathToFileURL(join(config.modules, path)).href);
  const [{ App }, { createConnection }, { getRequestListener }] = await Promise.all([
    from('@supabase/lite/dist/index.js'), from('@supabase/lite/dist/db/node/index.js'), from('@hono/node-server/dist/index.mjs'),
  ]);
  const url = `http://${own}`;
  const email = {
    async send(mail) {
      appendFileSync(mailbox, JSON.stringify({ at: Date.now() / 1000, ...mail }) + '\n', { mode: 0o600 });
    },
  };
  const app = new App({
    connection: await createConnection({ url: database, ddlDialect: 'postgres' }),
    api: { external_url: url },
    auth: {
      enabled: true, enable_signup: true, site_url: url, jwt_secret: config.jwtSecret, jwt_expiry: config.jwtExpiry,
      publishable_key: config.publishableKey, secret_key: config.secretKey, minimum_password_length: 8,
      email: { enable_signup: true, enable_confirmations: true, otp_length: 6, otp_expiry: 3600, double_confirm_changes: false },
      external: config.providers,
    },
    options: { drivers: { email }, server: { admin: false } },
  });
  await app.init(); // makes auth.users, which the schema refers to
  await app.connection.createMigrator(readFileSync(config.schema, 'utf8')).migrate();
  listener = getRequestListener((request, { incoming }) =>
    app.fetch(request, { peerAddress: incoming.socket.remoteAddress ?? null }));
}

const damaged = new Set([11, 26]); // SQLITE_CORRUPT, SQLITE_NOTADB
try {
  await listen();
  await checkDatabase();
  await startLite();
  answer({ nonce: config.nonce, ready: true, port: server.address().port });
} catch (error) {
  const reasons = { EADDRINUSE: 'port_in_use', EACCES: 'port_refused', ERR_SOCKET_BAD_PORT: 'port_refused' };
  const reason = own === null ? reasons[error.code] : damaged.has(error.errcode & 0xff) ? 'database_damaged' : null;
  fail(reason ?? 'other', error);
}
