// The list of one's own unsent records: what state each is in, to mend, to send now, to give
// up, and to export as a file that the office can take over.

const { outbox, owner, ready } = await import(document.querySelector("meta[name=outbox]").content);
const part = document.querySelector("[data-unsent-page]");
if (part) await run();

async function run() {
  const campaign = part.dataset.unsentPage, find = name => part.querySelector(`[data-${name}]`);
  await ready;

  const states = { "signed-out": "登录已过期，重新登录后自动送出。", "other": "现在登录的是另一个账号，这些记录要等本人登录后才会送出。", "busy": "系统忙，稍后自动再送。", "line": "网络不通，连上后自动送出。" };
  const moment = at => new Date(at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });

  // title says what a record is.
  let known = [], rows = new Map();
  function title(one) {
    if (one.kind === "sheet") return "问卷" + (one.number ? ` ${one.number} 号` : "（无编号）");
    if (one.kind === "placement") return "台账：" + (one.place || "（没有地点）");
    const of = known.find(other => other.id === one.placement)?.place;
    return "照片" + (one.name ? "：" + one.name : "") + (of ? `（${of}）` : "");
  }

  const edit = one => one.kind === "sheet" ? `/c/${encodeURIComponent(one.campaign)}/waves/${encodeURIComponent(one.wave)}/entry#mend=${one.id}` :
    one.kind === "placement" ? `/c/${encodeURIComponent(one.campaign)}/placements/new#mend=${one.id}` : "";

  function make(name, words, className) {
    const made = document.createElement(name);
    made.textContent = words;
    if (className) made.className = className;
    return made;
  }

  function button(words, act) {
    const made = make("button", words, "btn btn-sm");
    made.type = "button";
    made.addEventListener("click", () => act(made));
    return made;
  }

  function row(one) {
    const li = make("li", "", one.why ? "unsent-refused" : ""), head = make("div", "", "unsent-head"), acts = make("div", "", "unsent-acts");
    head.append(make("strong", title(one)), make("span", one.why ? "没有收下" : "等待送出", one.why ? "tag tag-bad" : "tag tag-soon"));
    li.append(head, make("div", `${moment(one.at)} 保存（设备时间）${one.tries ? ` · 试过${one.tries}次` : ""}`, "aside"));
    if (one.why) li.append(make("div", one.why, "why"));
    if (edit(one)) { const link = make("a", one.why ? "打开修改" : "打开看看、修改", "btn btn-sm"); link.href = edit(one); acts.append(link); }
    if (one.why) acts.append(button("照原样再送", () => outbox.again(one.id)));
    acts.append(button("不要这条…", made => {
      if (made.dataset.sure) { outbox.drop(one.id); return; }
      made.dataset.sure = "1";
      made.textContent = "确定不要，删去";
      made.classList.add("btn-danger");
    }));
    li.append(acts);
    return li;
  }

  function show(records, state) {
    known = records;
    const own = records.filter(one => one.campaign === campaign), refused = own.filter(one => one.why).length, waiting = own.length - refused;
    const words = [];
    if (waiting) words.push(`${waiting}条等待送出。`);
    if (refused) words.push(`${refused}条没有收下，请打开修改。`);
    if (waiting) words.push(!navigator.onLine ? "现在没有网络，联网后自动送出。" : states[state] ?? "");
    find("state").textContent = own.length ? words.join("") : "没有未送出的记录，填好的都已经收到。";
    const elsewhere = records.length - own.length;
    if (elsewhere) find("state").textContent += ` 另有${elsewhere}条是别的活动的，请切换活动查看。`;
    // A row that says the same stays where it is: news come at any time, also while a finger
    // is on its way to a button or "确定不要" waits for the second touch.
    const before = rows;
    rows = new Map(own.map(one => {
      const says = JSON.stringify([one, title(one)]), drawn = before.get(one.id);
      return [one.id, drawn?.says === says ? drawn : { says, li: row(one) }];
    }));
    const list = [...rows.values()].map(one => one.li), shown = [...find("list").children];
    if (list.length !== shown.length || list.some((li, i) => li !== shown[i])) find("list").replaceChildren(...list);
    for (const one of part.querySelectorAll("[data-acts]")) one.hidden = !own.length;
    outbox.doubt().then(doubt => { find("doubt").textContent = doubt; find("doubt").hidden = !doubt || !own.length; });
  }

  outbox.watch(news => { if (news.what === "changed") show(news.records, news.state); });
  show(await outbox.list(), outbox.state);
  find("send").addEventListener("click", () => outbox.flush());
  find("export").addEventListener("click", async event => {
    event.target.disabled = true;
    try { await save((await outbox.list()).filter(one => one.campaign === campaign)); } finally { event.target.disabled = false; }
  });

  // save writes the records to a file, to several where there are many photos: a record
  // alone may have some ten megabytes.
  async function save(records) {
    const most = 20 << 20, parts = [[]];
    let size = 0;
    for (const one of records) {
      const { seq, owner, who, action, ...rest } = one;
      const bytes = one.kind === "photo" ? await outbox.file(one.id) : null;
      const line = JSON.stringify(bytes ? { ...rest, file: base64(new Uint8Array(bytes)) } : rest);
      if (size + line.length > most && parts.at(-1).length) { parts.push([]); size = 0; }
      size += line.length;
      parts.at(-1).push(line);
    }
    const now = new Date(), two = n => String(n).padStart(2, "0");
    const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`;
    for (const [i, lines] of parts.entries()) {
      const head = JSON.stringify({ format: "shuixuan-unsent", version: 1, campaign, owner, name: part.dataset.name, exported_at: now.toISOString(), count: lines.length });
      const body = new TextEncoder().encode([head, ...lines].join("\n") + "\n");
      const which = parts.length > 1 ? `（第${i + 1}份，共${parts.length}份）` : "";
      const first = `水宣未送出的记录：${part.dataset.name.replace(/[\r\n]/g, " ")}，${lines.length}条，${now.toLocaleString("zh-CN")}导出${which}。请原样交给本活动的管理单位，在“未送出的记录”页导入。\nsha256 ${await checksum(body)}\n`;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([first, body], { type: "text/plain" }));
      link.download = `水宣未送出-${part.dataset.name.replace(/[^\p{L}\p{N}_-]/gu, "")}-${day}${parts.length > 1 ? "-" + (i + 1) : ""}.txt`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }
  }

  function base64(bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(text);
  }
}

async function checksum(bytes) {
  if (!crypto.subtle) return sha256(bytes); // it needs https or localhost; an office server often has neither
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map(byte => byte.toString(16).padStart(2, "0")).join("");
}

// sha256 of bytes, in hex (FIPS 180-4).
export function sha256(bytes) {
  const primes = [], fraction = x => ((x - Math.floor(x)) * 2 ** 32) | 0;
  for (let n = 2; primes.length < 64; n++) if (primes.every(p => n % p)) primes.push(n);
  const k = primes.map(p => fraction(Math.cbrt(p))), h = primes.slice(0, 8).map(p => fraction(Math.sqrt(p))), w = new Int32Array(64);
  const whole = new Uint8Array((bytes.length + 72) >> 6 << 6), view = new DataView(whole.buffer);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  view.setUint32(whole.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(whole.length - 4, bytes.length << 3);
  const turn = (x, n) => x >>> n | x << 32 - n;
  for (let at = 0; at < whole.length; at += 64) {
    for (let i = 0; i < 64; i++) w[i] = i < 16 ? view.getInt32(at + 4 * i) :
      w[i - 16] + (turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >>> 3) + w[i - 7] + (turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >>> 10);
    let [a, b, c, d, e, f, g, z] = h;
    for (let i = 0; i < 64; i++) {
      const t1 = z + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + k[i] + w[i] | 0;
      const t2 = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c) | 0;
      [a, b, c, d, e, f, g, z] = [t1 + t2 | 0, a, b, c, d + t1 | 0, e, f, g];
    }
    [a, b, c, d, e, f, g, z].forEach((x, i) => { h[i] = h[i] + x | 0; });
  }
  return h.map(x => (x >>> 0).toString(16).padStart(8, "0")).join("");
}
