// Turns the pages of the wall and keeps its screen awake. live.js renews them; which one shows
// is told by the place of the section, so a page may be put in anew while it is on. Without
// this script the pages stand one under another.

const pages = () => [...document.querySelectorAll(".wall-page")];
const find = name => document.querySelector(`[data-${name}]`);
const seconds = Number(document.body.dataset.seconds) || 20;
let at = 0, paused = false, timer, turns = 0;

document.documentElement.classList.add("turning");
find("acts").hidden = false;
show();
tick();
setInterval(tick, 1000);
wake();

function show() {
  const all = pages();
  at = (at + all.length) % all.length;
  all.forEach((page, i) => { page.hidden = i !== at; });
  find("page").textContent = `${at + 1}/${all.length}`;
  document.body.dataset.shown = all[at].dataset.part;
  document.body.dataset.turns = turns;
  clearTimeout(timer);
  if (!paused) timer = setTimeout(() => step(1), seconds * 1000);
}

function step(by) {
  at += by;
  if (at >= pages().length) turns++;
  show();
}

function pause(on) {
  paused = on;
  const button = find("pause");
  button.setAttribute("aria-pressed", String(on));
  button.textContent = on ? "继续" : "暂停";
  show();
}

function tick() {
  find("clock").textContent = new Date().toLocaleString("zh-CN", { timeZone: "Asia/Shanghai", year: "numeric", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });
}

// wake keeps the screen on, where the browser lets us; a page in the background may not.
async function wake() {
  try {
    if (navigator.wakeLock && !document.hidden) await navigator.wakeLock.request("screen");
  } catch (error) {
    console.info("wall: the screen may go dark:", error.message);
  }
}

async function full() {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch (error) {
    console.info("wall: no full screen:", error.message);
  }
}

document.addEventListener("visibilitychange", wake);
document.addEventListener("fullscreenchange", () => {
  document.documentElement.classList.toggle("full", !!document.fullscreenElement);
  find("full").textContent = document.fullscreenElement ? "退出全屏" : "全屏";
});
document.addEventListener("page-renewed", show);
document.addEventListener("page-checked", event => { find("at").textContent = event.detail; });
for (const button of document.querySelectorAll("[data-step]")) button.addEventListener("click", () => step(Number(button.dataset.step)));
find("pause").addEventListener("click", () => pause(!paused));
find("full").addEventListener("click", full);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "ArrowRight") step(1);
  else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === " " && !event.target.closest("button, a")) pause(!paused);
  else if (event.key === "f") full();
  else return;
  event.preventDefault();
});
