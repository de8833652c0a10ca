// Paper sheets from the keyboard. The number before an option is typed, Enter goes on,
// an empty Enter leaves the question open. A saved sheet goes into the outbox and waits there
// until the server has answered that it holds it: see outbox.js.

const { outbox, uuid } = await import(document.querySelector("meta[name=outbox]").content);

const form = document.querySelector("form[data-entry]");
const store = key => ({
  read() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  write(value) { try { localStorage.setItem(key, JSON.stringify(value)); return true; } catch { return false; } },
});

if (form) run();

function run() {
  const name = "shuixuan:entry:" + form.dataset.entry;
  const draftStore = store(name + ":draft"), countStore = store(name + ":count");
  const sections = [...form.querySelectorAll(".q[data-name]")].map(prepare);
  const number = form.elements.namedItem("number"), id = form.elements.namedItem("id"), partial = form.elements.namedItem("partial");
  const alert = form.querySelector("[data-alert]"), saved = document.querySelector("[data-saved]"), waiting = document.querySelector("[data-waiting]");
  const [campaign, wave] = form.dataset.entry.split(":");
  let queue = [], warned = "";

  // prepare gives a question its key field.
  function prepare(box) {
    const q = { box, name: box.dataset.name, type: box.dataset.type, inputs: [...box.querySelectorAll(".option input")], other: box.querySelector(".other input"), showIf: box.dataset.showIf ? JSON.parse(box.dataset.showIf) : null, keep: box.querySelector("[data-keep]") };
    if (q.inputs.length) {
      q.key = document.createElement("input");
      q.key.className = "form-control key";
      q.key.inputMode = "numeric";
      q.key.autocomplete = "off";
      q.key.setAttribute("aria-label", box.querySelector("legend").textContent + "，输入选项前的编号");
      box.querySelector(".options").prepend(q.key);
      for (const input of q.inputs) input.tabIndex = -1;
      q.key.addEventListener("input", () => { typed(q); changed(); });
      for (const input of q.inputs) input.addEventListener("change", () => { exclude(q, input); q.key.value = codesTyped(q); q.key.classList.remove("field-bad"); changed(); });
    } else q.key = box.querySelector(".key");
    if (q.keep) q.keep.closest(".keep").hidden = false;
    return q;
  }

  const codesTyped = q => q.inputs.map((input, i) => input.checked ? i + 1 : 0).filter(Boolean).join(q.inputs.length > 9 ? " " : "");

  // typed reads the numbers: each digit is an option, or with ten options and more,
  // numbers with a space between.
  function typed(q) {
    const text = q.key.value.normalize("NFKC").trim();
    const several = q.inputs.length > 9;
    const numbers = text === "" ? [] : q.type === "single" ? [text] : several ? text.split(/[\s,，、.]+/).filter(Boolean) : [...text.replace(/[\s,，、.]/g, "")];
    const known = numbers.every(n => /^\d+$/.test(n) && n >= 1 && n <= q.inputs.length);
    q.key.classList.toggle("field-bad", !known);
    q.inputs.forEach((input, i) => { input.checked = known && numbers.some(n => Number(n) === i + 1); });
    const alone = q.inputs.find(input => input.checked && "exclusive" in input.dataset);
    if (alone && q.inputs.filter(input => input.checked).length > 1) {
      q.key.classList.add("field-bad");
      tell(`“${alone.parentElement.textContent.trim()}”不能和别的选项一起选。`);
    }
    return known;
  }

  function exclude(q, input) {
    if (!input.checked || q.type !== "multiple") return;
    for (const one of q.inputs) if (one !== input && ("exclusive" in one.dataset || "exclusive" in input.dataset)) one.checked = false;
  }

  const chosen = q => q.inputs.filter(input => input.checked).map(input => input.value);

  // holds is the condition of a skip; answers of hidden questions open nothing.
  function holds(condition, answers) {
    const held = answers[condition.question] ?? [];
    const meet = list => (list ?? []).some(code => held.includes(code));
    if (condition.question && condition.in?.length && !meet(condition.in)) return false;
    if (condition.question && meet(condition.not_in)) return false;
    if ((condition.all ?? []).some(part => !holds(part, answers))) return false;
    return !condition.any?.length || condition.any.some(part => holds(part, answers));
  }

  function changed() {
    const answers = {};
    for (const q of sections) {
      const shown = !q.showIf || holds(q.showIf, answers);
      q.box.hidden = !shown;
      for (const field of q.box.querySelectorAll("input, textarea")) field.disabled = !shown;
      if (shown && chosen(q).length) answers[q.name] = chosen(q);
      if (q.other) {
        const asks = shown && q.inputs.some(input => input.checked && "other" in input.dataset);
        q.other.closest(".other").hidden = !asks;
        q.other.disabled = !asks;
      }
    }
    warned = "";
    draftStore.write({ id: id.value, values: values() });
  }

  // The token is of this session; a sheet may wait for the next one.
  const values = () => [...new FormData(form)].filter(([name]) => name !== "id" && name !== "csrf");

  function fill(list) {
    for (const input of form.querySelectorAll(".option input")) input.checked = list.some(([n, v]) => n === input.name && v === input.value);
    for (const field of form.querySelectorAll("input.key[name], textarea.key[name], .other input")) field.value = list.find(([n]) => n === field.name)?.[1] ?? "";
    partial.checked = list.some(([n]) => n === "partial");
    for (const q of sections) if (q.inputs.length) { q.key.value = codesTyped(q); q.key.classList.remove("field-bad"); }
    changed();
  }

  // stops are the fields that Enter and the arrows go through.
  const stops = () => [number, ...sections.flatMap(q => q.box.hidden || !q.key ? [] : q.other && !q.other.disabled ? [q.key, q.other] : [q.key]), form.querySelector("button[type=submit]")];

  function go(step) {
    const all = stops(), at = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next.focus({ preventScroll: true });
    if (next.select) next.select();
    next.closest(".q").scrollIntoView({ block: "center", behavior: "instant" });
  }

  form.addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); if (!event.repeat) save(); return; }
    const field = event.target;
    if (field.matches("button[type=submit]") && event.key === "ArrowUp") { event.preventDefault(); go(-1); return; }
    if (!field.matches(".key, .other input")) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (field.classList.contains("field-bad")) { field.select(); return; }
      go(1);
    } else if (event.key === "ArrowUp" && (field.tagName !== "TEXTAREA" || field.selectionStart === 0)) { event.preventDefault(); go(-1); }
    else if (event.key === "ArrowDown" && (field.tagName !== "TEXTAREA" || field.selectionStart === field.value.length)) { event.preventDefault(); go(1); }
  });
  form.addEventListener("input", event => { if (!event.target.closest(".options")) changed(); });
  form.classList.add("scripted");
  form.addEventListener("submit", event => { event.preventDefault(); event.stopImmediatePropagation(); save(); }, { capture: true });

  function tell(text) {
    alert.replaceChildren();
    if (!text) return;
    const box = document.createElement("div");
    box.className = "notice notice-bad";
    box.textContent = text;
    alert.append(box);
  }

  // save puts the sheet into the queue and opens the next. Open required questions are
  // told once; saving again says that the paper is so.
  function save() {
    const bad = form.querySelector(".field-bad:not(:disabled)");
    if (bad) { tell("有一题的编号不对，请改正后再保存。"); bad.focus(); bad.select(); return; }
    const open = sections.filter(q => !q.box.hidden && "required" in q.box.dataset && !(q.inputs.length ? chosen(q).length : q.key?.value.trim()))
      .concat(sections.filter(q => q.other && !q.other.disabled && !q.other.value.trim()));
    if (open.length === sections.filter(q => q.key && !q.box.hidden).length) { tell("这份还是空的，没有保存。"); number.focus(); return; }
    const list = open.map(q => q.box.querySelector(".q-no").textContent).join("、");
    if (open.length && !partial.checked && warned !== list) {
      tell(`第${list}题没有作答。纸上确实没答的，再按一次保存，会按“部分完成”收下。`);
      warned = list;
      open[0].key.focus();
      open[0].box.scrollIntoView({ block: "center" });
      return;
    }
    if (open.length) partial.checked = true;
    const item = { id: id.value || uuid(), kind: "sheet", campaign, wave, action: new URL(form.action).pathname, number: number.value.trim(), values: values() };
    const twin = item.number && queue.find(one => one.number === item.number && one.id !== item.id);
    if (twin && warned !== "number") { tell(`${item.number} 号刚才录过，还没有送出。请核对编号；确实要这样保存的，再按一次保存。`); warned = "number"; number.focus(); number.select(); return; }
    outbox.put(item);
    nextSheet(item);
  }

  function nextSheet(item) {
    tell("");
    const kept = sections.filter(q => q.keep?.checked).flatMap(q => chosen(q).map(code => ["q." + q.name, code]));
    id.value = uuid();
    partial.checked = false;
    fill([["number", following(item.number)], ...kept]);
    scrollTo({ top: 0 });
    number.focus();
    number.select();
  }

  // following is the next number of a series: 0017 after 0016, 老-8 after 老-7.
  const following = text => text.replace(/(\d+)(?!.*\d)/, digits => String(BigInt(digits) + 1n).padStart(digits.length, "0")).replace(/^[^\d]*$/, "");

  function done(item, got) {
    const today = new Date().toDateString(), held = countStore.read();
    countStore.write({ day: today, count: (held?.day === today ? held.count : 0) + (got.created ? 1 : 0) });
    const li = document.createElement("li");
    li.textContent = (item.number ? item.number + " 号 " : "无编号 ");
    const aside = document.createElement("span");
    aside.className = "aside";
    aside.textContent = "✓ 已收下" + (got.disposition === "partial" ? " · 部分完成" : "") + (got.created ? "" : " · 之前已收过");
    li.append(aside);
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
      const open = document.createElement("button");
      open.type = "button";
      open.className = "btn btn-sm";
      open.textContent = "打开修改";
      open.addEventListener("click", () => mend(item.id));
      row.append(open);
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
    fill(draft?.values ?? values());
  } else changed();
  number.focus();
  number.select();
  outbox.list().then(records => { queue = records.filter(ours); show(); opened(); });
}
