// The worker between the pages and the network. Once they were opened, the forms that are
// filled in the street open without a network: the entry page of a wave, the form of a new
// placement, and the list of what is unsent. Nothing else is kept, and these only for the
// person who opened them; signing out removes them.
//
// While the network answers, its answer is shown, always: what is kept is for when it
// doesn't. Static files carry a hash of their content in their name, so one that is kept
// is never an old one.
//
// The server puts the line "const version = …" before this file.

const pages = "shuixuan-pages", files = "shuixuan-files";
const ownerKey = "/offline/owner", leavingKey = "/offline/leaving", offline = "/offline";
const kept = [/^\/c\/[^/]+\/waves\/[^/]+\/entry$/, /^\/c\/[^/]+\/placements\/new$/, /^\/c\/[^/]+\/unsent$/];
const hashed = /^\/static\/.+\.[0-9a-f]{10}\.\w+$/;
// patience is how long a kept page waits for a network that says nothing.
const patience = 10_000;

self.addEventListener("install", event => event.waitUntil((async () => {
  await keep(offline);
  await self.skipWaiting(); // what waits is in a database that every version can read
})()));

self.addEventListener("activate", event => event.waitUntil((async () => {
  await self.clients.claim();
  // Pages of the old version lead to old files: both are renewed while there is a network.
  const cache = await caches.open(pages);
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname;
    if (path !== ownerKey && path !== leavingKey) await keep(path).catch(() => {});
  }
  await sweep();
})()));

self.addEventListener("message", event => event.waitUntil((async () => {
  const { account, keep: path } = event.data ?? {};
  if (account) await belongTo(account);
  if (!account || !kept.some(one => one.test(path))) return;
  for (const one of [path, path.split("/").slice(0, 3).join("/") + "/unsent"]) if (!await fresh(one)) await keep(one).catch(() => {});
})()));

self.addEventListener("fetch", event => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && (request.method === "GET" || ownForm(request))) event.respondWith(navigate(event, request, url));
  else if (request.method === "GET" && url.pathname.startsWith("/static/")) event.respondWith(file(request, url));
});

// ownForm tells a form of a page of ours. What another site's page sends must reach the
// server as theirs, and an upload goes best without us.
const ownForm = request => request.referrer.startsWith(location.origin + "/") && !/multipart/.test(request.headers.get("Content-Type") ?? "");

async function file(request, url) {
  if (!hashed.test(url.pathname)) return fetch(request).catch(async error => await caches.match(request) ?? Promise.reject(error)); // in development
  return await caches.match(request) ?? fetch(request);
}

async function navigate(event, request, url) {
  const form = kept.some(one => one.test(url.pathname));
  try {
    await leave();
    const answer = await (form && request.method === "GET" ? soon(fetch(request)) : fetch(request));
    if (url.pathname === "/login" && /^(signedout|everywhere)$/.test(url.searchParams.get("done") ?? "")) event.waitUntil(forget());
    if (form && !url.search && answer.ok && !answer.redirected) event.waitUntil(store(url.pathname, answer.clone()).catch(() => {}));
    return answer;
  } catch (error) {
    return without(request, url, form);
  }
}

// soon gives up on a network that has not answered for long.
const soon = answer => Promise.race([answer, new Promise((_, no) => setTimeout(() => no(new Error("slow")), patience))]);

// without answers a navigation when there is no network.
async function without(request, url, form) {
  const cache = await caches.open(pages);
  if (request.method === "GET" && form) {
    const page = await cache.match(url.pathname);
    if (page) return page;
  }
  // "Enter sheets" leads to the wave that is open: the one that was opened before.
  const home = /^\/c\/[^/]+\/entry$/.test(url.pathname) && url.pathname.slice(0, -"entry".length) + "waves/";
  if (home) {
    const waves = (await cache.keys()).map(one => new URL(one.url).pathname).filter(path => path.startsWith(home));
    if (waves.length === 1) return Response.redirect(waves[0], 302);
  }
  if (url.pathname === "/logout" || url.pathname === "/me/sign-out") {
    await forget();
    await cache.put(leavingKey, new Response("1"));
    return Response.redirect(offline + "?leaving=1", 303);
  }
  if (request.method !== "GET") return Response.redirect(offline + "?lost=1", 303);
  const page = await cache.match(offline);
  if (page) return new Response(page.body, { status: 503, headers: page.headers });
  return new Response("没有网络。请联网后再打开这一页。", { status: 503, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

// leave ends the session of whoever signed out while there was no network, before
// anything else is shown.
async function leave() {
  const cache = await caches.open(pages);
  if (!await cache.match(leavingKey)) return;
  const answer = await fetch("/me/token", { headers: { Accept: "application/json" } });
  if (answer.ok) {
    const { token } = await answer.json();
    await fetch("/logout", { method: "POST", headers: { Accept: "application/json", "X-CSRF-Token": token, "Content-Type": "application/x-www-form-urlencoded" }, body: "" });
  }
  if (answer.ok || answer.status === 401) await cache.delete(leavingKey);
}

// fresh tells a page that was kept a moment ago.
const keptAt = new Map();
async function fresh(path) {
  return performance.now() - (keptAt.get(path) ?? -Infinity) < 600_000 && Boolean(await (await caches.open(pages)).match(path));
}

// keep fetches a page as its address alone shows it, and keeps it.
async function keep(path) {
  const answer = await fetch(path, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (!answer.ok || answer.redirected) {
    // No longer theirs to see, or nobody is signed in any more: an old copy stays only for
    // the latter, since the next person who signs in removes it.
    if (answer.status === 403 || answer.status === 404) await (await caches.open(pages)).delete(path);
    return;
  }
  await store(path, answer);
}

// store keeps a page with the files it needs. A page of somebody else replaces all of the
// person before.
async function store(path, answer) {
  const text = await answer.text();
  const account = /<meta name="account" content="([^"]*)"/.exec(text)?.[1];
  if (path !== offline) {
    if (!account) return;
    await belongTo(account.replace(/&#(\d+);|&amp;/g, (_, code) => code ? String.fromCodePoint(code) : "&"));
  }
  const held = await caches.open(files);
  for (const [, address] of text.matchAll(/"(\/static\/[^"]+)"/g)) {
    if (!await held.match(address) || !hashed.test(address)) await held.add(address);
  }
  await (await caches.open(pages)).put(path, new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": answer.headers.get("Content-Security-Policy") ?? "default-src 'self'", "Permissions-Policy": answer.headers.get("Permissions-Policy") ?? "", "X-Frame-Options": "DENY" } }));
  keptAt.set(path, performance.now());
}

// belongTo removes the pages of another person.
async function belongTo(account) {
  const cache = await caches.open(pages), owner = await (await cache.match(ownerKey))?.text();
  if (owner === account) return;
  if (owner) await forget();
  await cache.put(ownerKey, new Response(account));
}

// forget removes everything that is a person's.
async function forget() {
  const cache = await caches.open(pages);
  for (const request of await cache.keys()) if (new URL(request.url).pathname !== offline) await cache.delete(request);
  keptAt.clear();
}

// sweep removes files that no kept page needs.
async function sweep() {
  const cache = await caches.open(pages), held = await caches.open(files), needed = new Set();
  for (const request of await cache.keys()) {
    const text = await (await cache.match(request)).text();
    for (const [, address] of text.matchAll(/"(\/static\/[^"]+)"/g)) needed.add(address);
  }
  for (const request of await held.keys()) if (!needed.has(new URL(request.url).pathname)) await held.delete(request);
}
