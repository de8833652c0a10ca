// What was saved and is not yet on the server: sheets, placements and photos. A record
// waits in the browser's database, with an id of ours, until the server has answered that
// it holds it: a bad line, a closed window or a second sending lose nothing and double
// nothing.
//
// Records are a person's. Only who wrote them sees and sends them: the token of a form is
// of one session, so what is sent after somebody else has signed in is refused by the
// server, and waits. Of other people's records nothing is told but that there are some.
//
// Where the browser keeps nothing (private mode, a full disk) a record waits in the page,
// and the page says so.

const meta = name => document.querySelector(`meta[name=${name}]`)?.content ?? "";

// who gives the person and the unit of an account as pages write it.
const who = account => { const at = account.lastIndexOf("@"); return { owner: account.slice(0, at), unit: account.slice(at + 1) }; };

export const account = meta("account");
export const { owner, unit } = account ? who(account) : { owner: "", unit: "" };
export const uuid = () => crypto.randomUUID ? crypto.randomUUID() :
  // randomUUID needs https or localhost; an office server often has neither.
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));

// The database. Each step leads from one version to the next; a step that people have is
// never changed, only followed by another.
const databaseName = "shuixuan-outbox";
const steps = [
  db => {
    db.createObjectStore("records", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
    db.createObjectStore("files", { keyPath: "id" });
  },
  (db, change) => change.objectStore("records").createIndex("owner", "owner"), // counts others without reading them
];

let opening = null;
const connection = () => opening ??= connect(steps.length).catch(error => {
  if (error?.name === "VersionError") return connect(undefined); // a newer program was here: its records are still ours to send
  throw error;
}).catch(error => { opening = null; throw error; });

function connect(version) {
  return new Promise((yes, no) => {
    if (!("indexedDB" in globalThis) || !indexedDB) throw new Error("no database");
    const request = indexedDB.open(databaseName, version);
    request.onupgradeneeded = event => { for (let i = event.oldVersion; i < steps.length; i++) steps[i](request.result, request.transaction); };
    request.onerror = () => no(request.error);
    request.onsuccess = () => {
      const db = request.result;
      // A newer program in another window changes the database: it must not wait for us.
      db.onversionchange = () => { db.close(); opening = null; };
      db.onclose = () => { opening = null; };
      yes(db);
    };
  });
}

// within gives up on a database that says nothing: a form must not wait for it without end.
const within = answer => new Promise((yes, no) => {
  const timer = setTimeout(() => no(new Error("slow")), 10_000);
  answer.then(yes, no).finally(() => clearTimeout(timer));
});

// act runs requests in one transaction and answers when it is on the disk.
const act = (mode, requests) => within(transact(mode, requests));

async function transact(mode, requests) {
  for (let again = false; ; again = true) {
    const db = await connection();
    try {
      return await new Promise((yes, no) => {
        const change = db.transaction(["records", "files"], mode, { durability: "strict" });
        let answer;
        change.oncomplete = () => yes(answer);
        change.onabort = () => no(change.error ?? new Error("transaction")); // follows every error, and knows why
        requests(change.objectStore("records"), change.objectStore("files"), value => { answer = value; });
      });
    } catch (error) {
      if (again || error?.name !== "InvalidStateError") throw error;
      opening = null; // the browser has closed it behind our back
    }
  }
}

// memory holds what could not be written, by id, for as long as the page is open.
const memory = new Map();
let afterAll = 2 ** 40, trouble = ""; // "none": no database; "full": it takes no more; "slow": it has not answered yet
const troubleOf = error => error?.name === "QuotaExceededError" ? "full" : error?.message === "slow" ? "slow" : "none";

async function stored(id) {
  try {
    return await act("readonly", (records, files, answer) => {
      records.index("id").get(id).onsuccess = event => answer(event.target.result);
    });
  } catch { return undefined; }
}

// write answers true when a record is on the disk. One that is slow to get there waits in the
// page meanwhile, can be sent from there, and leaves it when it has arrived.
async function write(record, bytes) {
  const held = memory.get(record.id);
  if (held) bytes ??= held.bytes;
  const writing = transact("readwrite", (records, files) => {
    records.index("id").get(record.id).onsuccess = event => {
      const before = event.target.result, { seq, ...rest } = record;
      records.put(before ? { ...rest, seq: before.seq } : rest); // mended, it keeps its place
      if (bytes) files.put({ id: record.id, bytes });
    };
  });
  try {
    await within(writing);
    forget(record.id);
    return true;
  } catch (error) {
    const waits = { record: { ...record, seq: held?.record.seq ?? record.seq ?? afterAll++ }, bytes };
    trouble = troubleOf(error);
    memory.set(record.id, waits);
    if (trouble === "slow") writing.then(() => {
      if (memory.get(record.id) !== waits) return; // sent meanwhile, or written anew
      forget(record.id);
      tell({ what: "kept", record, safe: true });
    }, error => { trouble = troubleOf(error); refresh(); });
    return false;
  }
}

function forget(id) {
  memory.delete(id);
  if (!memory.size) trouble = "";
}

// count tells how many records of an account wait.
const count = account => act("readonly", (records, files, answer) => {
  records.index("owner").count(who(account).owner).onsuccess = event => answer(event.target.result);
}).catch(() => 0);

// list gives one's own records, the oldest first, without their files.
async function list() {
  if (!owner) return [];
  let kept = [];
  try {
    kept = await act("readonly", (records, files, answer) => { records.index("owner").getAll(owner).onsuccess = event => answer(event.target.result); });
  } catch (error) { trouble ||= troubleOf(error); }
  const own = [...memory.values()].map(one => one.record).filter(record => record.owner === owner);
  return [...kept.filter(record => !memory.has(record.id)), ...own].sort((a, b) => a.seq - b.seq);
}

// others tells whether somebody else's records wait; how many is not ours to know.
async function others() {
  try {
    return await act("readonly", (records, files, answer) => {
      records.count().onsuccess = all => {
        if (!owner) { answer(all.target.result > 0); return; }
        records.index("owner").count(owner).onsuccess = own => answer(all.target.result > own.target.result);
      };
    });
  } catch { return false; }
}

// file gives the bytes of a photo.
async function file(id) {
  if (memory.has(id)) return memory.get(id).bytes;
  return (await act("readonly", (records, files, answer) => { files.get(id).onsuccess = event => answer(event.target.result); }))?.bytes;
}

// The old waiting rooms, from before there was this one: sheets in localStorage, photos in
// a database of their own. They are taken over once; nothing leaves before it is kept here.
async function takeOver() {
  const prefix = "shuixuan:entry:", end = ":queue";
  let keys = [], taken = false;
  try { keys = Object.keys(localStorage).filter(key => key.startsWith(prefix) && key.endsWith(end)); } catch { /* forbidden: nothing waits there */ }
  for (const key of keys) {
    const [campaign, wave, ...person] = key.slice(prefix.length, -end.length).split(":");
    let safe = true;
    taken = true;
    try {
      for (const item of JSON.parse(localStorage.getItem(key)) ?? []) {
        if (await stored(item.id)) continue;
        safe = await write({ id: item.id, owner: person.join(":"), campaign, kind: "sheet", wave, action: `/c/${campaign}/waves/${encodeURIComponent(wave)}/responses`,
          values: item.values, number: item.number ?? "", at: new Date(item.at || Date.now()).toISOString(), tries: 0, why: item.why ?? "" }) && safe;
      }
      if (safe) localStorage.removeItem(key);
    } catch { /* not ours to read: left where it is */ }
  }
  try { taken = await takeOverPhotos() || taken; } catch { /* as above */ }
  return taken;
}

async function takeOverPhotos() {
  // To open what isn't there begins an upgrade, in which a page that is put away meanwhile
  // holds up the next one.
  if (indexedDB.databases && !(await indexedDB.databases()).some(one => one.name === "shuixuan-photos")) return false;
  const old = await new Promise((yes, no) => {
    const request = indexedDB.open("shuixuan-photos");
    request.onupgradeneeded = () => request.transaction.abort(); // there was none
    request.onerror = () => yes(null);
    request.onsuccess = () => yes(request.result);
  });
  if (!old) return false;
  let safe = true;
  try {
    const waiting = await new Promise((yes, no) => {
      const request = old.transaction("waiting").objectStore("waiting").getAll();
      request.onsuccess = () => yes(request.result);
      request.onerror = () => no(request.error);
    });
    for (const one of waiting.sort((a, b) => a.at - b.at)) {
      if (await stored(one.id)) continue;
      const campaign = one.key.slice(0, one.key.indexOf(":"));
      safe = await write({ id: one.id, owner: one.key.slice(campaign.length + 1), campaign, kind: "photo", placement: one.placement, action: `${one.base}/placements/${one.placement}/photos`,
        values: photoValues(one.source, one.fix), name: one.name ?? "", type: one.blob.type, at: new Date(one.at).toISOString(), tries: 0, why: one.why ?? "" }, await one.blob.arrayBuffer()) && safe;
    }
  } finally { old.close(); }
  if (safe) indexedDB.deleteDatabase("shuixuan-photos");
  return true;
}

// photoValues are the fields beside a photo.
export const photoValues = (source, fix) => [["source", source], ...Object.entries(fix ?? {}).map(([name, value]) => [name, String(value)])];

// Sending: one after the other, the oldest first. What the server refuses is put aside with
// its reason; what fails of itself is passed over and tried later; where the line or the
// sign-in fails, all wait.
const watchers = new Set();
const windows = "BroadcastChannel" in globalThis && owner ? new BroadcastChannel(databaseName + ":" + owner) : null;
if (windows) windows.onmessage = event => tell(event.data, true);

function tell(news, heard) {
  if (!heard) windows?.postMessage(news);
  for (const watcher of watchers) watcher(news);
  if (news.what !== "progress" && news.what !== "sending") refresh();
}

const openedAt = Date.now();
let token = meta("csrf"), state = "", skew = 0, late = 0; // late: sent now and saved before this page was opened
let sending = null, timer = 0, pause = 0;
const resting = new Map(); // by id: no try before this instant of performance.now()

const post = (record, body, progress) => new Promise((yes, no) => {
  const request = new XMLHttpRequest(); // the one that tells how far an upload has come
  request.open("POST", record.action);
  request.timeout = record.kind === "photo" ? 600_000 : 60_000;
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRF-Token", token);
  request.setRequestHeader("X-Recorded-At", record.at);
  request.setRequestHeader("X-Sent-At", new Date().toISOString());
  request.upload.onprogress = event => { if (event.lengthComputable) progress(Math.round(event.loaded * 100 / event.total)); };
  request.onload = () => {
    let got = null;
    try { got = JSON.parse(request.responseText); } catch { /* not from our server */ }
    yes({ status: request.status, got, wait: Number(request.getResponseHeader("Retry-After")) * 1000 || 0, skew: Number(request.getResponseHeader("X-Clock-Skew")) || 0 });
  };
  request.onerror = request.onabort = request.ontimeout = () => no(new Error("line"));
  request.send(body);
});

async function bodyOf(record) {
  if (record.kind !== "photo") return new URLSearchParams([["id", record.id], ...record.values.filter(([name]) => name !== "id" && name !== "csrf")]);
  const bytes = await file(record.id);
  if (!bytes) return null;
  const body = new FormData();
  body.set("id", record.id);
  for (const [name, value] of record.values) body.set(name, value);
  body.set("file", new Blob([bytes], { type: record.type }), record.name || "photo.jpg"); // last: what belongs to it stands before it
  return body;
}

// renew fetches the token of the present session: a page may have been open for days.
async function renew() {
  const answer = await fetch("/me/token", { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401) return "signed-out";
  if (!answer.ok) return "busy";
  const got = await answer.json();
  if (who(got.account).owner !== owner) return "other";
  token = got.token;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = token; // a page of the worker's is older than the session
  return "";
}

const refusal = got => [got.title, ...(got.faults ?? []).map(fault => fault.why)].filter(Boolean).join("；") + (got.faults?.length ? "" : "。" + (got.detail ?? ""));

// sendOne gives what came of a record: "" when it is settled, else why all wait.
async function sendOne(record) {
  if (record.kind !== "sheet" && record.unit !== undefined && record.unit !== unit) {
    await aside(record, "这条是您在原单位时填的，现在的账号属于另一个单位，不能用它送出。请导出成文件，交给管理单位导入。");
    return "";
  }
  const body = await bodyOf(record);
  if (!body) { await aside(record, "照片的内容已经被浏览器清除，请重新拍一张。"); return ""; }
  tell({ what: "sending", record });
  let answer;
  for (let again = false; ; again = true) {
    answer = await post(record, body, percent => tell({ what: "progress", record, percent }));
    if (answer.status !== 403 || again) break;
    const why = await renew(); // the token is of an older session, or this is somebody else's
    if (why) return why;
  }
  const { status, got } = answer;
  skew = answer.skew;
  if (status >= 200 && status < 300 && got?.id) {
    await drop(record.id);
    pause = 0;
    if (Date.parse(record.at) < openedAt) late++;
    tell({ what: "sent", record, got, skew });
    return "";
  }
  if (status === 401) return "signed-out";
  if (status === 429 || status === 408 || status >= 502 && status <= 504) { pause = Math.max(pause, answer.wait); return "busy"; }
  if (status >= 200 && status < 400) return "line"; // a page of somebody's network, not our server
  if (status < 500 && got?.title) { await aside(record, refusal(got), got.faults); return ""; }
  const tries = (record.tries ?? 0) + 1;
  if (tries >= 6) { await aside({ ...record, tries }, `试了${tries}次都没有送成（${got?.title ?? "出错 " + status}）。请导出成文件，交给管理单位；或稍后再送。`); return ""; }
  await write({ ...record, tries });
  resting.set(record.id, performance.now() + 5000 * 2 ** tries);
  return "";
}

async function aside(record, why, faults) {
  const refused = { ...record, why, fields: (faults ?? []).map(fault => fault.field), tries: (record.tries ?? 0) + 1 };
  await write(refused);
  tell({ what: "refused", record: refused, faults: faults ?? [] });
}

async function drop(id) {
  forget(id);
  try { await act("readwrite", (records, files) => {
    records.index("id").getKey(id).onsuccess = event => { if (event.target.result !== undefined) records.delete(event.target.result); };
    files.delete(id);
  }); } catch { resting.set(id, performance.now() + 60_000); /* sent once more, it is known */ }
}

async function sendAll() {
  const tried = new Set();
  for (;;) {
    const record = (await list()).find(one => !one.why && !tried.has(one.id) && !(resting.get(one.id) > performance.now()));
    if (!record) return "";
    tried.add(record.id);
    let why;
    try { why = await sendOne(record); } catch { why = "line"; }
    if (why) { tell({ what: "waiting", record, why }); return why; }
  }
}

// flush sends what waits; it ends when nothing is left to try.
function flush() {
  if (!owner) return Promise.resolve();
  clearTimeout(timer);
  return sending ??= (async () => {
    // One window at a time, where the browser can tell; two would only send twice.
    const alone = navigator.locks ? f => navigator.locks.request(databaseName + ":" + owner, f) : f => f();
    try { state = await alone(sendAll); } finally { sending = null; }
    const waiting = (await list()).filter(one => !one.why);
    await refresh();
    if (!waiting.length) { pause = 0; return; }
    if (!state && waiting.every(one => !resting.has(one.id))) { flush(); return; } // saved while we sent
    pause = Math.min(Math.max(pause * 2, 2000), 300_000);
    timer = setTimeout(flush, pause);
  })();
}

const soon = () => { pause = 0; resting.clear(); return flush(); };

// put keeps a record and has it sent. It answers true when the record is on the disk,
// false when it is in the page's memory only.
let asked = false;
async function put(record, blob) {
  const whole = { owner, unit, who: document.querySelector("meta[name=account]")?.dataset.name ?? "", at: new Date().toISOString(), tries: 0, ...record, why: "" };
  const safe = await write(whole, blob && await blob.arrayBuffer());
  if (!asked) { asked = true; navigator.storage?.persist?.().then(refresh, () => {}); }
  tell({ what: "kept", record: whole, safe });
  flush();
  return safe;
}

// doubt says in words what the browser may do to what waits.
async function doubt() {
  if (trouble === "full" && memory.size) return `这部设备的存储空间满了，有${memory.size}条只存在这一页里：送出以前请不要关闭本页。删去一些照片或应用腾出空间后，新填的会照常保存。`;
  if (trouble === "slow" && memory.size) return `这部设备存得很慢，有${memory.size}条还只在这一页里：这句话消失以前请不要关闭本页。`;
  if (memory.size) return `这个浏览器不能在设备上保存记录（可能是无痕模式），有${memory.size}条只存在这一页里：送出以前请不要关闭本页。`;
  try { if (navigator.storage?.persisted && !await navigator.storage.persisted()) return "空间不足时，浏览器可能清除还没有送出的记录。请尽快联网送出，或先导出备份。"; } catch { /* it can't tell */ }
  return "";
}

// skewWords warn of a clock that is off by more than ten minutes; seconds are the server's
// time less the device's.
export function skewWords(seconds) {
  if (Math.abs(seconds) < 600) return "";
  const minutes = Math.round(Math.abs(seconds) / 60);
  const much = minutes < 120 ? `${minutes}分钟` : minutes < 2880 ? `${Math.round(minutes / 60)}小时` : `${Math.round(minutes / 1440)}天`;
  return `这部设备的时钟比系统${seconds > 0 ? "慢" : "快"}了${much}。收到的时间以系统为准；请校准设备的时间，免得填写日期出错。`;
}

const stateWords = {
  "signed-out": "登录已过期，记录还在，本人重新登录后会自动送出。",
  "other": "现在登录的是另一个账号，这些记录要等本人登录后才会送出。",
};

// refresh puts the number unsent into the header, and above the page what has to be known.
let refreshing = null, stale = false;
function refresh() {
  if (refreshing) { stale = true; return refreshing; }
  return refreshing = show().finally(() => { refreshing = null; if (stale) { stale = false; refresh(); } });
}

async function show() {
  const records = await list(), refused = records.filter(one => one.why).length;
  for (const badge of document.querySelectorAll("[data-unsent]")) {
    badge.hidden = !records.length;
    badge.classList.toggle("unsent-bad", refused > 0);
    if (!records.length) continue;
    badge.replaceChildren("未送出 ", Object.assign(document.createElement("strong"), { textContent: records.length }));
    badge.title = refused ? `${records.length}条没有送出，其中${refused}条要改` : `${records.length}条等待送出`;
    badge.href = `/c/${encodeURIComponent(badge.dataset.unsent || records[0].campaign)}/unsent`;
  }
  for (const note of document.querySelectorAll("[data-others-unsent]")) note.hidden = !await others();
  await note(records);
  for (const watcher of watchers) watcher({ what: "changed", records, state });
}

async function note(records) {
  const lines = [], waiting = records.length - records.filter(one => one.why).length;
  const forms = document.querySelector("form[data-entry], form[data-placement][data-once]");
  if (!navigator.onLine && forms) lines.push("现在没有网络。可以照常填写和保存，记录存在这部设备上，联网后自动送出。");
  if (waiting && stateWords[state]) lines.push(stateWords[state]);
  if (late) lines.push(`已送出之前保存的${late}条记录，系统都收到了。`);
  if (memory.size) lines.push(await doubt());
  const clock = skewWords(skew);
  if (clock) lines.push(clock);
  let box = document.querySelector("[data-outbox-note]");
  if (!lines.length) { box?.remove(); return; }
  if (!box) {
    box = document.createElement("div");
    box.className = "notice notice-info";
    box.dataset.outboxNote = "";
    box.setAttribute("role", "status");
    document.querySelector("main")?.prepend(box);
  }
  const text = lines.join("\n");
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren(...lines.map(line => Object.assign(document.createElement("div"), { textContent: line })));
  if (waiting && state === "signed-out") {
    const link = document.createElement("a");
    link.href = "/login?next=" + encodeURIComponent(location.pathname);
    link.textContent = memory.size ? "在新窗口重新登录" : "重新登录"; // what is in this page only must not be left
    if (memory.size) link.target = "_blank";
    box.append(link);
  }
}

// outbox is what pages use.
export const outbox = {
  put, flush: soon, file, list, count, others, doubt, drop: async id => { await drop(id); tell({ what: "dropped", record: { id } }); },
  get: async id => (await list()).find(one => one.id === id),
  // written tells that a record is not in this page only.
  written: id => !memory.has(id),
  // hold keeps a record back while it is mended: it goes when it is saved again.
  async hold(id) {
    const record = await this.get(id);
    if (record && !record.why) await write({ ...record, why: "打开修改过，还没有再次保存。" });
    await refresh();
    return record;
  },
  // again sends a record that was put aside as it is.
  async again(id) {
    const record = await this.get(id);
    if (record) await write({ ...record, why: "", tries: 0 });
    return soon();
  },
  // watch tells of everything that happens: kept, sending, progress, sent, refused, waiting, dropped, changed.
  watch(f) { watchers.add(f); return () => watchers.delete(f); },
  // settled waits until a record was sent or refused, or all wait; at most so long after it was put.
  settled: (id, most, put) => new Promise(yes => {
    let limit = 0, ended = false;
    const end = news => { ended = true; watchers.delete(hear); clearTimeout(limit); yes(news); };
    const hear = news => { if (news.what === "waiting" || (news.what === "sent" || news.what === "refused") && news.record.id === id) end(news); };
    watchers.add(hear);
    const begin = () => { if (!ended) limit = setTimeout(() => end({ what: "waiting", why: "slow" }), most); };
    put.then(begin, begin);
  }),
  // mending is the record that the address asks to open.
  mending: () => /^#mend=([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? "",
  get state() { return state; },
};

addEventListener("online", async () => {
  refresh();
  if (owner) await renew().catch(() => {});
  soon();
});
addEventListener("offline", refresh);
document.addEventListener("visibilitychange", () => { if (!document.hidden) flush(); });
addEventListener("beforeunload", event => { if (memory.size) event.preventDefault(); });
// A back button brings a page of before: its numbers are old.
addEventListener("pageshow", event => { if (event.persisted) { refresh(); soon(); } });

// Signing out leaves what waits: it is said once, before.
for (const form of document.querySelectorAll('form[action="/logout"], form[action="/me/sign-out"]')) {
  form.addEventListener("submit", event => {
    const badge = document.querySelector("[data-unsent]"), button = form.querySelector("button");
    if (!badge || badge.hidden || form.dataset.told) return;
    event.preventDefault(); event.stopImmediatePropagation();
    form.dataset.told = "1";
    const said = document.createElement("p");
    said.className = "why";
    said.setAttribute("role", "alert");
    said.textContent = "还有记录没有送出。退出后它们留在这部设备上，要本人再登录才会送出。";
    button.before(said);
    button.textContent = "仍要退出";
  }, { capture: true });
}

export const ready = refresh();
ready.then(flush);
takeOver().then(taken => { if (taken) { refresh(); flush(); } });

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").then(async () => {
  const worker = (await navigator.serviceWorker.ready).active;
  if (account) worker.postMessage({ account, keep: location.pathname });
}, () => {}); // without it forms work as long as the page stays open
