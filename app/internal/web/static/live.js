// Renews an open page. It asks whether anything is new (304 while nothing is), and when there
// is, fetches the page again and puts what is different in place: a chart keeps its canvas, an
// opened table stays open. Nothing moves while somebody types, has a menu open or marks text.
// Without this script the page is as it was when it was opened.

const every = 15000, longest = 300000;
const alone = 2 * 3600 * 1000; // a page that nobody has touched for so long asks no more, since it would keep its session alive; a wall always asks
const state = document.querySelector("[data-live]");

if (state) start();

function start() {
  let tag = state.dataset.version, old = null, wait = every, timer, asking = false, touched = Date.now(), pending = false, shown = now();
  // What the server wrote, before other scripts have drawn into it.
  const written = new Map(parts(document).map(part => [key(part), text(part)]));

  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(kind, () => {
      const slept = Date.now() - touched > alone;
      touched = Date.now();
      if (slept) soon(0);
    }, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(500); });
  addEventListener("online", () => soon(500));
  addEventListener("offline", () => broken());
  // The comparison with the last visit may take longer than the page waited for it.
  soon(document.querySelector("[data-part][data-waiting]") ? 2000 : every);

  function soon(ms) { clearTimeout(timer); timer = setTimeout(ask, ms); }

  async function ask() {
    if (asking || document.hidden) return; // an event begins again. Whether there is a network, the server tells: browsers can be wrong
    if (Date.now() - touched > alone && !("always" in state.dataset)) return say("已停止自动更新。动一下鼠标或按一个键，就接着更新。");
    asking = true;
    try {
      if (!pending && !document.querySelector("[data-part][data-waiting]")) {
        const answer = await fetch(state.dataset.live, { headers: { "If-None-Match": `"${tag}"`, "Shuixuan-Live": "1" }, cache: "no-store", redirect: "manual" });
        if (answer.type === "opaqueredirect" || answer.status === 401) return say("登录已失效，数字不再更新。请重新登录。", true);
        old = answer.headers.get("Shuixuan-Old");
        if (answer.status !== 304) {
          if (!answer.ok) throw new Error(`status ${answer.status}`);
          tag = (await answer.json()).version;
          pending = true;
        } else if (state.classList.contains("live-broken")) say("");
      }
      wait = every;
      if (pending || document.querySelector("[data-part][data-waiting]")) {
        if (busy()) wait = 3000;
        else if (await renew()) pending = false;
        if (document.querySelector("[data-part][data-waiting]")) wait = 3000;
      }
      if (!pending) {
        shown = old ? clock(new Date(old)) : now();
        document.dispatchEvent(new CustomEvent("page-checked", { detail: shown }));
      }
    } catch (error) {
      console.warn("live:", error.message);
      wait = Math.min(wait * 2, longest);
      broken();
    } finally {
      asking = false;
    }
    soon(wait + Math.random() * 1000); // many pages on one server don't ask in step
  }

  // busy tells that somebody would be disturbed: who types always, who walks through the panels by
  // keyboard or marks text while they are at it.
  function busy() {
    const at = document.activeElement;
    if (at?.matches("input:not([type=hidden]), select, textarea, [contenteditable]")) return true;
    if (document.querySelector(".menu[open], dialog[open]")) return true;
    const here = at?.closest("[data-part], .panels") && at.matches(":focus-visible");
    return (here || String(getSelection()) !== "") && Date.now() - touched < 60000;
  }

  function broken() { say(`连线中断，这里是 ${shown} 的数字；连上以后自动更新。`, true); }

  function say(words, bad = false) {
    state.classList.toggle("live-broken", bad);
    if (state.textContent !== words) state.textContent = words;
  }

  // renew fetches the page and puts in place what is different. It tells whether it did.
  async function renew() {
    const answer = await fetch(location.href, { headers: { "Shuixuan-Live": "1" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!fresh.querySelector("[data-live]")) throw new Error("another page");
    if (busy()) return false; // meanwhile
    const changed = swap(fresh);
    tag = fresh.querySelector("[data-live]").dataset.version;
    if (!changed.length) return true;
    for (const page of document.querySelectorAll("[data-charts]")) page.dispatchEvent(new Event("renewed"));
    for (const part of changed) {
      part.classList.add("renewed");
      setTimeout(() => part.classList.remove("renewed"), 4000);
    }
    say(`刚刚更新 ${now()}`);
    document.dispatchEvent(new CustomEvent("page-renewed", { detail: changed.length }));
    return true;
  }

  function swap(fresh) {
    const changed = [], came = parts(fresh), names = new Set(came.map(key));
    for (const old of parts(document)) if (!names.has(key(old))) { written.delete(key(old)); old.remove(); }
    let before = null;
    for (const part of came) {
      const name = key(part), old = find(name), html = text(part);
      if (old && written.get(name) === html) { before = old; continue; }
      written.set(name, html);
      const put = document.adoptNode(part);
      if (old) { keep(old, put); old.replaceWith(put); }
      else place(put, before);
      changed.push(put);
      before = put;
    }
    return changed;
  }

  // keep carries over what people and other scripts have made of a panel.
  function keep(old, put) {
    for (const name of [".chart", ".panel-acts"]) { // the drawn chart; buttons that other scripts listen to
      const was = old.querySelector(name), is = put.querySelector(name);
      if (!was || !is) continue;
      if (is.dataset.base !== undefined) was.dataset.base = is.dataset.base;
      is.replaceWith(was);
    }
    const opened = [...old.querySelectorAll("details")], boxes = [...old.querySelectorAll(".scroll")];
    put.querySelectorAll("details").forEach((d, i) => { if (opened[i]?.open) d.open = true; });
    requestAnimationFrame(() => put.querySelectorAll(".scroll").forEach((box, i) => { if (boxes[i]) box.scrollTop = boxes[i].dataset.top ?? 0; }));
    for (const box of boxes) box.dataset.top = box.scrollTop;
  }
}

function parts(page) { return [...page.querySelectorAll("[data-part], .panels > .panel")]; }
function key(part) { return part.dataset.part ? "part " + part.dataset.part : "panel " + part.id; }

// text is what a part says, without the tokens of its forms, which are others at every request.
function text(part) {
  const copy = part.cloneNode(true);
  for (const field of copy.querySelectorAll("input[type=hidden]")) field.remove();
  return new XMLSerializer().serializeToString(copy);
}

function find(name) { return parts(document).find(part => key(part) === name); }

function place(put, before) {
  const panels = document.querySelector(".panels");
  if (before && (!panels || before.classList.contains("panel") === put.classList.contains("panel"))) before.after(put);
  else if (!panels) document.querySelector("[data-part]")?.before(put);
  else if (put.classList.contains("panel")) panels.prepend(put);
  else if (put.dataset.part === "notes") panels.after(put);
  else panels.before(put);
}

function now() { return clock(new Date()); }
function clock(at) { return at.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }); }
