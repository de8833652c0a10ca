// The page without a network: which forms open all the same, and how many records wait.
// It is kept for everybody; whose pages are kept, the worker has noted.

const { outbox } = await import(document.querySelector("meta[name=outbox]").content);
const find = name => document.querySelector(`[data-${name}]`);

const asked = new URLSearchParams(location.search);
const again = () => location.pathname === "/offline" ? location.replace("/") : location.reload();
find("lost").hidden = !asked.has("lost");
find("leaving").hidden = !asked.has("leaving");
find("again").addEventListener("click", again);
// A browser calls itself online with any network, also one that leads nowhere.
if (!asked.has("lost")) addEventListener("online", () => fetch("/healthz", { cache: "no-store" }).then(answer => { if (answer.ok) again(); }, () => {}));

const words = path => /\/entry$/.test(path) ? "录入问卷" : /\/placements\/new$/.test(path) ? "登记宣传" : /\/unsent$/.test(path) ? "未送出的记录" : "";

if ("caches" in globalThis) {
  const cache = await caches.open("shuixuan-pages");
  const account = await (await cache.match("/offline/owner"))?.text();
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname;
    if (!words(path)) continue;
    const li = document.createElement("li"), link = document.createElement("a");
    const title = /<title>([^<]*)/.exec(await (await cache.match(path)).text())?.[1].split(" · ")[0];
    link.href = path;
    link.textContent = new DOMParser().parseFromString(title || words(path), "text/html").body.textContent;
    li.append(link);
    find("list").append(li);
    find("open").hidden = false;
    find("none").hidden = true;
  }
  const count = account ? await outbox.count(account) : 0;
  find("count").textContent = count ? `有${count}条记录没有送出，联网后自动送出。` : await outbox.others() ? "这部设备上有没有送出的记录，本人登录后自动送出。" : "没有等待送出的记录。";
}
