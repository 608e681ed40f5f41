// A provider in GitHub's shape: the npm package oauth2-mock-server, and before it the page on which a person decides.
//
//   node provider.mjs MODULES      prints {"port": N}; ends when its stdin ends
//
// Each line on stdin is the person who sits at the browser from now on: { id, login, name, email }.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { Events, OAuth2Issuer, OAuth2Service } = await import(
  pathToFileURL(join(process.argv[2], 'oauth2-mock-server', 'dist', 'index.mjs')).href);
let person = null;
createInterface({ input: process.stdin })
  .on('line', (line) => { person = JSON.parse(line); })
  .on('close', () => process.exit(0));

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
const page = `<!doctype html><html lang="en"><head><title>Authorize Example</title></head><body>
  <h1>Example wants to know who you are</h1>
  <form method="post"><button name="say" value="yes">Allow</button><button name="say" value="no">Cancel</button></form>
  </body></html>`;
service.addRoute('GET', '/login/oauth/authorize', (_, response) =>
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page));
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

const server = createServer(service.requestHandler).listen(0, '127.0.0.1', () => {
  issuer.url = `http://127.0.0.1:${server.address().port}`;
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
