// A provider in GitHub's shape: the npm package oauth2-mock-server, and before it the page on which a person decides.
//
//   node provider.mjs MODULES      prints {"port": N} when somebody is there; ends when its stdin ends
//
// Each line on stdin is the person who sits at the browser from now on: { id, login, name, email }.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

let person = null;
const seated = new Promise((resolve) => {
  createInterface({ input: process.stdin })
    .on('line', (line) => resolve(person = JSON.parse(line)))
    .on('close', () => process.exit(0));
});
const { Events, OAuth2Issuer, OAuth2Service } = await import(
  pathToFileURL(join(process.argv[2], 'oauth2-mock-server', 'dist', 'index.mjs')).href);

const issuer = new OAuth2Issuer();
await issuer.keys.generate('RS256');
const service = new OAuth2Service(issuer, {
  authorize: '/login/oauth/allowed', token: '/login/oauth/token', userinfo: '/api/v3/user' });
const given = new Set(); // its API is for who has one of its tokens
service.on(Events.BeforeResponse, (answer) => given.add(`Bearer ${answer.body.access_token}`));
service.on(Events.BeforeUserinfo, (answer, request) => {
  [answer.statusCode, answer.body] = given.has(request.headers.authorization) ? [200, person] : [401, {}];
});
const json = (response, status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
const away = (response, to) => response.writeHead(302, { location: to }).end();
service.addRoute('GET', '/api/v3/user/emails', (_, response) =>
  json(response, 200, JSON.stringify([{ email: person.email, verified: true, primary: true }])));
// GitHub's token endpoint is asked without a grant_type, its authorize endpoint without a response_type.
service.addRoute('POST', '/login/oauth/access_token', async (request, response) => {
  const body = new URLSearchParams({ ...request.body, grant_type: 'authorization_code' });
  const answer = await fetch(`${issuer.url}/login/oauth/token`, { method: 'POST', body });
  json(response, answer.status, await answer.text());
});

const escaped = (words) => String(words).replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
const page = () => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pretend GitHub</title>
  <meta name="viewport" content="width=device-width"><style>
  :root { color-scheme: light dark } h1 { font-size: 1.4rem }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem }
  button { font: inherit; padding: .4rem 1.4rem; margin-right: .5rem }
  </style></head><body>
  <h1>This is not GitHub</h1>
  <p>It is the demo's own stand-in for it, and it runs on this computer only. A real provider would ask you here whether the
  app may know who you are.</p>
  <p>You are pretending to be <strong>${escaped(person.name)}</strong> (${escaped(person.email)}), who is made up.</p>
  <form method="post"><button name="say" value="yes">Allow</button><button name="say" value="no">Cancel</button></form>
  </body></html>`;
service.addRoute('GET', '/login/oauth/authorize', (_, response) => response.writeHead(200, {
  'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'" }).end(page()));
service.addRoute('POST', '/login/oauth/authorize', (request, response) => {
  const asked = new URL(request.url, issuer.url).searchParams;
  if (request.body.say === 'yes') {
    asked.set('response_type', 'code');
    return away(response, `/login/oauth/allowed?${asked}`);
  }
  const back = new URL(asked.get('redirect_uri'));
  back.searchParams.set('error', 'access_denied');
  back.searchParams.set('error_description', 'The user has denied your application access.');
  back.searchParams.set('state', asked.get('state'));
  away(response, back.href);
});

// No web page is to drive it by a name that it points at 127.0.0.1.
const foreign = ({ headers: { host, origin } }) =>
  `http://${host}` !== issuer.url || !(origin === undefined || origin === issuer.url);
const server = createServer((request, response) =>
  foreign(request) ? response.writeHead(403).end() : service.requestHandler(request, response));
await seated;
server.listen(0, '127.0.0.1', () => {
  issuer.url = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
