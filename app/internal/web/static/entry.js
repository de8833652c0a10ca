// Paper sheets from the keyboard. The number before an option is typed, Enter goes on,
// an empty Enter leaves the question open. A saved sheet goes into the outbox and waits there
// until the server has answered that it holds it: see outbox.js.

import { shown, ruleOf, number as numeric } from "./conditions.js";

const { outbox, uuid } = await import(document.querySelector("meta[name=outbox]").content);

const form = document.querySelector("form[data-entry]");
const store = key => ({
  read() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  write(value) { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
});
const plain = text => text.normalize("NFKC").trim();

if (form) run();

function run() {
  const name = "shuixuan:entry:" + form.dataset.entry, second = "second" in form.dataset;
  const draftStore = store(name + (second ? ":second" : "") + ":draft"), countStore = store(name + ":count");
  const field = of => form.elements.namedItem(of);
  const number = field("number"), id = field("id"), partial = field("partial"), young = field("young"), how = field("disposition"), reason = field("reason");
  const alert = form.querySelector("[data-alert]"), saved = document.querySelector("[data-saved]"), waiting = document.querySelector("[data-waiting]");
  const jumpBox = document.querySelector("[data-jump]"), jumpField = jumpBox?.querySelector("input"), scanBox = document.querySelector("[data-scan]"), numberNote = form.querySelector("[data-number-note]");
  const register = JSON.parse(form.dataset.register ?? "null") ?? [], doubles = JSON.parse(form.dataset.doubles ?? "null") ?? [];
  const sections = [...form.querySelectorAll(".q[data-name]")].map(prepare);
  const [campaign, wave] = form.dataset.entry.split(":");
  let queue = [], warned = "";

  // prepare gives a question its key field. The lines of a question are what is answered
  // with one key each: itself, or the rows of a matrix.
  function prepare(box) {
    const q = { box, name: box.dataset.name, type: box.dataset.type, position: Number(box.dataset.position), rule: ruleOf(box), other: box.querySelector(".other input"), keep: box.querySelector("[data-keep]") };
    const line = (part, of) => ({ part, name: of, inputs: [...part.querySelectorAll(".option input")], unclear: part.querySelector(".unclear input") });
    q.lines = q.type === "note" ? [] : q.type === "matrix" ? [...box.querySelectorAll("[data-row]")].map(row => line(row, row.dataset.row)) : [line(box, q.name)];
    q.choice = q.lines.some(one => one.inputs.length);
    if (q.choice) {
      q.key = document.createElement("input");
      q.key.className = "form-control key";
      q.key.inputMode = "numeric";
      q.key.autocomplete = "off";
      q.key.setAttribute("aria-label", box.querySelector("legend").textContent + (q.type === "matrix" ? "，从上到下每行输入一个选项编号" : "，输入选项前的编号"));
      (box.querySelector("[data-lines]") ?? box.querySelector(".options")).prepend(q.key);
      for (const input of q.lines.flatMap(one => one.inputs)) input.tabIndex = -1;
      q.key.addEventListener("input", () => { typed(q); changed(q.key); });
      for (const one of q.lines) for (const input of one.inputs) input.addEventListener("change", () => { if (input.checked) one.unclear.checked = false; exclude(one, input); q.key.value = codesTyped(q); q.key.classList.remove("field-bad"); changed(q.key); });
    } else if (q.lines.length) {
      q.key = box.querySelector(".key");
      if (q.type === "date") { q.key.type = "text"; q.key.inputMode = "numeric"; q.key.placeholder = "20140905"; }
      q.key.addEventListener("input", () => plainTyped(q));
      q.key.addEventListener("change", () => { if (q.type === "date") q.key.value = dayTyped(q.key.value); });
    }
    for (const one of q.lines) one.unclear?.addEventListener("change", () => {
      if (one.unclear.checked) { for (const input of one.inputs) input.checked = false; if (!q.choice) { q.key.value = ""; q.key.classList.remove("field-bad"); } }
      if (q.choice) { q.key.value = codesTyped(q); q.key.classList.remove("field-bad"); }
      changed(q.key);
    });
    if (q.keep) q.keep.closest(".keep").hidden = false;
    return q;
  }

  const several = q => q.lines[0].inputs.length > 9; // numbers then need a space between
  const lineTyped = (q, one) => one.unclear?.checked ? "?" : one.inputs.map((input, i) => input.checked ? i + 1 : 0).filter(Boolean).join(several(q) ? " " : "");

  function codesTyped(q) {
    if (q.type !== "matrix") return lineTyped(q, q.lines[0]);
    const list = q.lines.map(one => lineTyped(q, one) || "0");
    while (list.at(-1) === "0") list.pop();
    return list.join(several(q) ? " " : "");
  }

  // typed reads the numbers: each digit is an option, or with ten options and more,
  // numbers with a space between. In a matrix the first is of the first row.
  function typed(q) {
    const text = plain(q.key.value);
    if (text.startsWith("/")) { q.key.classList.remove("field-bad"); return; } // a jump, see the keys
    const split = () => several(q) ? text.split(/[\s,，、.]+/).filter(Boolean) : [...text.replace(/[\s,，、.]/g, "")];
    const tokens = text === "" ? [] : q.type === "matrix" || q.type === "multiple" ? split() : [text];
    const count = q.lines[0].inputs.length, good = token => token === "?" || token === "*" || /^\d+$/.test(token) && token >= 1 && token <= count;
    const perLine = q.type === "matrix" ? q.lines.map((_, i) => [tokens[i]].filter(t => t !== undefined && t !== "0" && t !== "-")) : [tokens];
    const known = perLine.flat().every(good) && (q.type !== "matrix" || tokens.length <= q.lines.length);
    q.lines.forEach((one, i) => {
      const unclear = perLine[i].some(token => token === "?" || token === "*");
      if (one.unclear) one.unclear.checked = known && unclear;
      one.inputs.forEach((input, n) => { input.checked = known && !unclear && perLine[i].some(token => Number(token) === n + 1); });
    });
    q.key.classList.toggle("field-bad", !known);
    if (known && alert.dataset.of === q.name) tell("");
    const alone = q.lines[0].inputs.find(input => input.checked && "exclusive" in input.dataset);
    if (alone && q.lines[0].inputs.filter(input => input.checked).length > 1) {
      q.key.classList.add("field-bad");
      tell(`“${alone.parentElement.textContent.trim()}”不能和别的选项一起选。`, q.name);
    }
  }

  // plainTyped reads numbers, dates and words; only a key field knows the signs.
  function plainTyped(q) {
    const text = plain(q.key.value), one = q.lines[0], sign = ["number", "rating", "date"].includes(q.type);
    if (sign && (text === "?" || text === "*")) { one.unclear.checked = true; q.key.value = ""; }
    else if (text && !text.startsWith("/")) one.unclear.checked = false;
    const n = numeric(text), rule = limits.get(q.name) ?? limits.set(q.name, (q.key.placeholder.match(/-?[\d.]+/g) ?? []).map(Number)).get(q.name);
    const bad = text && !text.startsWith("/") && (q.type === "number" && n === null || q.type === "rating" && !(n !== null && Number.isInteger(n) && n >= rule[0] && n <= rule[1]));
    q.key.classList.toggle("field-bad", Boolean(bad) && !one.unclear.checked);
  }
  const limits = new Map();

  // dayTyped writes a date as it is kept: 20140905, 2014.9.5.
  function dayTyped(text) {
    const part = plain(text).match(/^(\d{4})[-./年 ]?(\d{1,2})[-./月 ]?(\d{1,2})日?$/);
    return part ? `${part[1]}-${part[2].padStart(2, "0")}-${part[3].padStart(2, "0")}` : text;
  }

  function exclude(one, input) {
    if (!input.checked || input.type !== "checkbox") return;
    for (const other of one.inputs) if (other !== input && ("exclusive" in other.dataset || "exclusive" in input.dataset)) other.checked = false;
  }

  const chosen = one => one.inputs.filter(input => input.checked).map(input => input.value);
  const written = q => q.key && !q.choice ? q.key.value.trim() : "";
  const answered = (q, one) => one.unclear?.checked || (q.choice ? chosen(one).length > 0 : written(q) !== "" && !written(q).startsWith("/"));

  // changed shows what is to be asked and keeps the draft; from is the field that changed.
  function changed(from) {
    const answers = { choices: {}, numbers: {}, young: Boolean(young?.checked) };
    for (const q of sections) for (const one of q.lines) {
      if (chosen(one).length) answers.choices[one.name] = chosen(one);
      if ((q.type === "number" || q.type === "rating") && numeric(written(q)) !== null) answers.numbers[one.name] = numeric(written(q));
    }
    const asked = how.value ? new Set() : shown(sections.map(q => q.rule), answers);
    for (const q of sections) {
      const is = asked.has(q.name);
      q.box.hidden = !is;
      for (const input of q.box.querySelectorAll("input, textarea")) input.disabled = !is;
      if (q.other) {
        const asks = is && q.lines[0].inputs.some(input => input.checked && "other" in input.dataset);
        q.other.closest(".other").hidden = !asks;
        q.other.disabled = !asks;
      }
    }
    form.querySelector("[data-partial]").hidden = Boolean(how.value);
    warned = "";
    if (from) remember(from);
    draftStore.write({ id: id.value, values: values() });
  }

  // The token is of this session; a sheet may wait for the next one.
  const values = () => [...new FormData(form)].filter(([of]) => of !== "id" && of !== "csrf");

  // What was typed can be taken back step by step, across fields: a step is a state of the
  // whole sheet with the field in which it was left. Letters into one field are one step.
  let past = [], future = [], now = null, lastField = null;
  function remember(from) {
    const state = { values: values(), stop: stopName(from) };
    if (now && JSON.stringify(now.values) === JSON.stringify(state.values)) return;
    if (now && !(lastField === from && !from.matches("[type=checkbox]") && from.matches("textarea, .wide, .other input, [name=reason]"))) { past.push(now); if (past.length > 500) past.shift(); }
    now = state;
    future = [];
    lastField = from;
  }
  const stopName = of => sections.find(q => q.key === of || q.other === of)?.name ?? of.name ?? "";
  const startHistory = () => { past = []; future = []; lastField = null; now = { values: values(), stop: "number" }; };

  function step(from, to) {
    if (!from.length) return;
    to.push(now);
    const left = now.stop;
    now = from.pop();
    lastField = null;
    fill(now.values);
    const q = sections.find(one => one.name === (from === past ? left : now.stop));
    focusOn(q?.key && !q.box.hidden ? q.key : field(left)?.focus ? field(left) : number);
  }

  function fill(list) {
    const has = (of, value) => list.some(([n, v]) => n === of && (value === undefined || v === value));
    for (const input of form.querySelectorAll(".option input")) input.checked = has(input.name, input.value);
    for (const input of form.querySelectorAll(".unclear input")) input.checked = has(input.name);
    for (const input of form.querySelectorAll("input.key[name], textarea.key[name], select.key[name], .other input")) input.value = list.find(([n]) => n === input.name)?.[1] ?? "";
    partial.checked = has("partial");
    if (young) young.checked = has("young");
    if (!second && field("second")) field("second").checked = has("second");
    if (how.value) how.closest("details").open = true;
    for (const q of sections) if (q.key) { if (q.choice) q.key.value = codesTyped(q); q.key.classList.remove("field-bad"); }
    changed();
    noteNumber();
  }

  // stops are the fields that Enter and the arrows go through.
  const stops = () => [number, ...(how.value ? [how, reason] : []), ...sections.flatMap(q => q.box.hidden || !q.key ? [] : q.other && !q.other.disabled ? [q.key, q.other] : [q.key]), form.querySelector("button[type=submit]")];

  function focusOn(next) {
    next.focus({ preventScroll: true });
    if (next.select) next.select();
    next.closest(".q").scrollIntoView({ block: "center", behavior: "instant" });
  }

  function go(by) {
    const all = stops(), at = all.indexOf(document.activeElement);
    focusOn(all[Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  // jump goes to a question by the number printed before it; 0 is what has no answers.
  function jump(text) {
    const to = Number(text.replace(/^\//, ""));
    if (text.replace(/^\//, "") === "" || !Number.isInteger(to)) return false;
    if (to === 0) { how.closest("details").open = true; focusOn(how); return true; }
    const q = sections.find(one => one.position === to && one.key);
    if (!q) { tell(`没有第${to}题。`); return false; }
    if (q.box.hidden) { tell(how.value ? "这张登记为没有作答，要录答案请先改回“正常填写”。" : `按前面的回答，第${to}题不用答；要改请先改前面的题。`); return false; }
    tell("");
    focusOn(q.key);
    return true;
  }

  form.addEventListener("keydown", event => {
    if (event.isComposing) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y")) { event.preventDefault(); if (key === "y" || event.shiftKey) step(future, past); else step(past, future); return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); if (!event.repeat) save(); return; }
    const on = event.target, q = sections.find(one => one.key === on);
    if (event.key === "F2" && jumpBox) { event.preventDefault(); jumpBox.hidden = false; jumpField.value = ""; jumpField.focus(); jumpField.dataset.from = stopName(on); return; }
    if (event.key === "F8" && q?.lines.length === 1) { event.preventDefault(); q.lines[0].unclear.click(); return; }
    if (on.matches("button[type=submit]") && event.key === "ArrowUp") { event.preventDefault(); go(-1); return; }
    if (!on.matches(".key, .other input")) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (q && q.type !== "text" && q.type !== "long_text" && plain(on.value).startsWith("/")) {
        const to = plain(on.value);
        on.value = q.choice ? codesTyped(q) : "";
        if (!jump(to)) on.select();
        changed();
        return;
      }
      if (on === number && plain(on.value).startsWith("/")) { const to = plain(on.value); on.value = ""; jump(to); return; }
      if (on === number) readNumber();
      if (q?.type === "date") on.value = dayTyped(on.value);
      if (on.classList.contains("field-bad")) { on.select(); return; }
      go(1);
    } else if (event.key === "ArrowUp" && on.tagName !== "SELECT" && (on.tagName !== "TEXTAREA" || on.selectionStart === 0)) { event.preventDefault(); go(-1); }
    else if (event.key === "ArrowDown" && on.tagName !== "SELECT" && (on.tagName !== "TEXTAREA" || on.selectionStart === on.value.length)) { event.preventDefault(); go(1); }
  });
  jumpField?.addEventListener("keydown", event => {
    if (event.key === "Escape" || event.key === "Enter") {
      event.preventDefault();
      const from = sections.find(q => q.name === jumpField.dataset.from)?.key ?? number;
      jumpBox.hidden = true;
      if (event.key === "Escape" || !jump(plain(jumpField.value))) focusOn(from);
    }
  });
  form.addEventListener("input", event => {
    if (event.target === number) { noteNumber(); changed(number); return; }
    if (!event.target.closest(".options, [data-lines]") || event.target.matches("[name].key")) changed(event.target);
  });
  number.addEventListener("change", readNumber);
  form.classList.add("scripted");
  form.addEventListener("submit", event => { event.preventDefault(); event.stopImmediatePropagation(); save(); }, { capture: true });

  // The register of numbers: what is odd is asked about at once, and holds nothing up.
  const numberParts = text => plain(text).toUpperCase().replace(/\s+/g, "").match(/^([A-Z\p{Script=Han}]{0,8}?)(\d{1,9})$/u);
  function registered(text) {
    const part = numberParts(text);
    if (!part) return null;
    const value = Number(part[2]);
    return register.find(span => (span.p ?? "") === part[1] && value >= span.f && value <= span.l) ?? null;
  }
  const whole = (span, value) => (span.p ?? "") + String(value).padStart(span.d, "0");

  // readNumber takes what a scanner has typed, and writes 17 as 0017 where that was printed.
  function readNumber() {
    const code = number.value.trim().match(/^shuixuan:([^/]*)\/([^/]*)\/([^/]*)\/(\d+)$/);
    if (code && code[1] === campaign && code[2] === wave) number.value = code[3];
    const span = registered(number.value);
    if (span) number.value = whole(span, Number(numberParts(number.value)[2]));
    if (span && young && Boolean(span.y) !== young.checked) { young.checked = Boolean(span.y); changed(); }
    noteNumber();
    showScan();
  }

  // doubt says what is odd about the number, empty for nothing.
  function doubt() {
    const text = number.value.trim();
    if (!register.length || !text) return "";
    const span = registered(text);
    if (/^shuixuan:/.test(text)) return "扫到的是另一轮调查的问卷";
    if (!span) return `${text} 号没有印过`;
    if (span.v) return `${text} 号登记过作废（${span.v}）`;
    if (!span.i) return `${text} 号还没有登记发出`;
    const group = sections.find(q => q.name === form.dataset.stratum), told = group ? chosen(group.lines[0])[0] : "";
    if (span.s && told && told !== span.s) return `${text} 号发给的是“${span.n}”，这里填的是另一组`;
    return "";
  }

  function noteNumber() {
    const span = registered(number.value), odd = doubt();
    numberNote.hidden = !odd && !span?.n;
    numberNote.textContent = odd ? odd + "，请核对" : span?.n ? "发给：" + span.n : "";
    numberNote.classList.toggle("why", Boolean(odd));
  }

  // showScan puts the scan of the sheet beside the form, where there is one.
  let scanned = null;
  async function showScan() {
    if (!scanBox || !form.dataset.scans) return;
    const wanted = number.value.trim();
    if (wanted === scanned) return;
    scanned = wanted;
    let items = [];
    try {
      const answer = wanted ? await fetch(`${form.dataset.scans}?number=${encodeURIComponent(wanted)}`, { headers: { Accept: "application/json" } }) : null;
      if (answer?.ok) items = (await answer.json()).items;
    } catch { scanned = null; return; } // without a line there is no picture
    if (wanted !== scanned) return;
    scanBox.replaceChildren(...items.map(item => {
      const link = document.createElement("a"), picture = document.createElement("img");
      link.href = item.picture;
      link.target = "_blank";
      picture.src = item.picture;
      picture.className = "scan";
      picture.alt = `${wanted}号的扫描件，第${item.page}页`;
      link.append(picture);
      return link;
    }));
    scanBox.hidden = !items.length;
    scanBox.closest("[data-desk]").classList.toggle("with-scan", items.length > 0);
  }

  function tell(text, of = "") {
    alert.replaceChildren();
    alert.dataset.of = of;
    if (!text) return;
    const box = document.createElement("div");
    box.className = "notice notice-bad";
    box.textContent = text;
    alert.append(box);
  }

  // save puts the sheet into the queue and opens the next. Open required questions and odd
  // numbers are told once; saving again says that the paper is so.
  function save() {
    readNumber();
    const bad = form.querySelector(".field-bad:not(:disabled)");
    if (bad) { tell("有一题填得不对，请改正后再保存。"); bad.focus(); bad.select(); return; }
    for (const q of sections) if (q.key && !q.box.hidden && plain(q.key.value).startsWith("/") && q.type !== "text" && q.type !== "long_text") q.key.value = q.choice ? codesTyped(q) : "";
    if (how.value) {
      if (["void", "duplicate"].includes(how.value) && !reason.value.trim()) { tell("请写明原因。"); focusOn(reason); return; }
    } else if (!openTold()) return;
    if (second && !number.value.trim()) { tell("第二次录入要有编号，才知道与哪一份比对。"); focusOn(number); return; }
    const odd = doubt();
    if (odd && warned !== "doubt") { tell(`${odd}，请核对。确实如此的，再按一次保存，系统会收下并列入待核对。`); warned = "doubt"; focusOn(number); return; }
    const item = { id: id.value || uuid(), kind: "sheet", campaign, wave, action: new URL(form.action).pathname, number: number.value.trim(), values: values() };
    const twin = item.number && queue.find(one => one.number === item.number && one.id !== item.id);
    if (twin && warned !== "number") { tell(`${item.number} 号刚才录过，还没有送出。请核对编号；确实要这样保存的，再按一次保存。`); warned = "number"; number.focus(); number.select(); return; }
    outbox.put(item);
    nextSheet(item);
  }

  // openTold asks about open questions once. What can't be read needs no asking: the sheet
  // is partial.
  function openTold() {
    const asked = sections.filter(q => q.key && !q.box.hidden);
    const empty = asked.filter(q => q.rule.required && q.lines.some(one => !answered(q, one)));
    const open = [...new Set(empty.concat(sections.filter(q => q.other && !q.other.disabled && !q.other.value.trim())))];
    if (!asked.some(q => q.lines.some(one => answered(q, one)))) { tell("这份还是空的，没有保存。没有作答的，请在编号下面登记情况。"); number.focus(); return false; }
    const list = open.map(q => q.position).join("、");
    if (open.length && !partial.checked && warned !== list && warned !== "doubt" && warned !== "number") {
      tell(`第${list}题没有作答${open.some(q => q.type === "matrix") ? "，或矩阵题有空行" : ""}。纸上确实没答的，再按一次保存，会按“部分完成”收下。`);
      warned = list;
      focusOn(open[0].key);
      return false;
    }
    if (open.length || sections.some(q => q.rule.required && !q.box.hidden && q.lines.some(one => one.unclear?.checked))) partial.checked = true;
    return true;
  }

  function nextSheet(item) {
    tell("");
    const kept = sections.filter(q => q.keep?.checked).flatMap(q => chosen(q.lines[0]).map(code => ["q." + q.name, code]));
    id.value = uuid();
    how.closest("details").open = false;
    fill([["number", second ? nextDouble(item.number) : following(item.number)], ...kept]);
    startHistory();
    scrollTo({ top: 0 });
    showScan();
    number.focus();
    number.select();
  }

  // nextDouble is the next number that waits for its second entry.
  function nextDouble(done) {
    const at = doubles.indexOf(done);
    if (at >= 0) doubles.splice(at, 1);
    for (const one of document.querySelectorAll("[data-waiting-list] .code")) if (one.textContent === done) one.remove();
    return doubles[Math.max(at, 0)] ?? doubles[0] ?? "";
  }

  // following is the next number of a series: 0017 after 0016, 老-8 after 老-7.
  const following = text => text.replace(/(\d+)(?!.*\d)/, digits => String(BigInt(digits) + 1n).padStart(digits.length, "0")).replace(/^[^\d]*$/, "");

  function done(item, got) {
    const today = new Date().toDateString(), held = countStore.read();
    countStore.write({ day: today, count: (held?.day === today ? held.count : 0) + (got.created ? 1 : 0) });
    const li = document.createElement("li");
    li.textContent = (got.number || item.number ? (got.number || item.number) + " 号 " : "无编号 ");
    const aside = document.createElement("span");
    aside.className = "aside";
    const states = { partial: " · 部分完成", refused: " · 拒答", ineligible: " · 不计入", void: " · 作废", duplicate: " · 重复" };
    aside.textContent = "✓ " + (got.second ? "第二次录入已收下" : "已收下" + (states[got.disposition] ?? "")) + (got.created ? "" : " · 之前已收过");
    li.append(aside);
    for (const odd of got.doubts ?? []) {
      const why = document.createElement("span");
      why.className = "why";
      why.textContent = odd;
      li.append(why);
    }
    saved.prepend(li);
    while (saved.children.length > 8) saved.lastChild.remove();
    document.querySelector("[data-none]")?.remove();
  }

  // show tells what of this wave waits, and what was refused with its reason.
  function show() {
    const today = new Date().toDateString(), held = countStore.read();
    document.querySelector("[data-count]").textContent = held?.day === today ? held.count : 0;
    const unsent = queue.filter(item => !item.why), refused = queue.filter(item => item.why && item.id !== id.value);
    waiting.hidden = !unsent.length;
    waiting.textContent = unsent.length ? `${unsent.length} 份等待送出` : "";
    document.querySelector("[data-refused]")?.remove();
    if (!refused.length) return;
    const list = document.createElement("div");
    list.className = "notice notice-bad";
    list.dataset.refused = "";
    for (const item of refused) {
      const row = document.createElement("div");
      row.append(`${item.number ? item.number + " 号" : "无编号的一份"}没有收下：${item.why} `);
      const button = (text, act) => {
        const one = document.createElement("button");
        one.type = "button";
        one.className = "btn btn-sm";
        one.textContent = text;
        one.addEventListener("click", act);
        row.append(one, " ");
      };
      button("打开修改", () => mend(item.id));
      if (item.fields?.includes("second")) button("作为第二次录入送出", () => outbox.put({ ...item, fields: [], values: [...item.values.filter(([of]) => of !== "second"), ["second", "1"]] }));
      list.append(row);
    }
    saved.closest(".card").before(list);
  }

  // mend opens a sheet that waits. It stays in the outbox until it is saved again.
  async function mend(one) {
    const item = await outbox.hold(one);
    if (item?.kind !== "sheet" || item.wave !== wave) return;
    id.value = item.id;
    fill(item.values);
    startHistory();
    show();
    number.focus();
  }

  const ours = item => item.kind === "sheet" && item.campaign === campaign && item.wave === wave;
  outbox.watch(news => {
    if (news.what === "sent" && ours(news.record)) done(news.record, news.got);
    if (news.what === "changed") { queue = news.records.filter(ours); show(); }
  });
  const opened = () => { const one = outbox.mending(); if (one) { history.replaceState(null, "", location.pathname); mend(one); } };
  addEventListener("hashchange", opened);

  const draft = draftStore.read();
  if (!id.value) {
    id.value = draft?.id || uuid();
    const start = new URLSearchParams(location.search).get("number");
    fill(draft?.values ?? (second && doubles.length ? [["number", doubles[0]]] : start ? [["number", start]] : values()));
  } else changed();
  startHistory();
  showScan();
  number.focus();
  number.select();
  outbox.list().then(records => { queue = records.filter(ours); show(); opened(); });
}
