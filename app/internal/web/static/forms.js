// Care for forms: nothing is sent twice, nothing half-filled is lost.
//
// data-once   a form that makes something new: it carries a UUID of ours in the field
//             "id", so that a second click, the back button and a bad network all name
//             the same thing.
// data-draft  its value names the draft in localStorage: what was typed survives a
//             closed window and is offered again.
//             A draft belongs to the account and its unit: whoever is moved to another
//             unit doesn't meet the old one's.
// data-guard  leaving with unsaved changes is asked about; what was typed is kept as a
//             draft of this revision, for a sign-in that has run out meanwhile.
// data-filter on a search field: hides the rows it doesn't match.

const uuid = () => crypto.randomUUID ? crypto.randomUUID() :
  // randomUUID needs https or localhost; an office server often has neither.
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));

const account = document.querySelector("meta[name=account]")?.content ?? "";

const store = {
  read(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  write(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: the form still works */ } },
  remove(key) { try { localStorage.removeItem(key); } catch { /* as above */ } },
};

function values(form) {
  const list = [];
  for (const field of form.elements) {
    if (!field.name || ["hidden", "file", "password", "submit", "button"].includes(field.type)) continue;
    if (field.type === "checkbox" || field.type === "radio") list.push([field.name, field.value, field.checked]);
    else list.push([field.name, field.value]);
  }
  return list;
}

function fill(form, list) {
  const seen = {};
  for (const [name, value, checked] of list) {
    const same = [...form.elements].filter(f => f.name === name);
    if (checked === undefined) {
      const i = seen[name] = (seen[name] ?? -1) + 1;
      if (same[i]) same[i].value = value;
    } else {
      const one = same.find(f => f.value === value);
      if (one) one.checked = checked;
    }
  }
}

// once names the thing that a form makes. A form that was sent and is then changed (the
// back button brings it up again) makes another thing: it gets another name.
function once(form) {
  const id = form.elements.namedItem("id");
  if (!id.value) id.value = uuid();
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  form.addEventListener("input", () => { if (sent) { id.value = uuid(); sent = false; } });
}

function draft(form) {
  const name = form.dataset.draft ?? location.pathname + ":" + (form.elements.namedItem("revision")?.value ?? "");
  const key = `shuixuan:draft:${account}:${name}`;
  const old = store.read(key);
  const blank = JSON.stringify(values(form));
  if (old && JSON.stringify(old.values) !== blank && !document.querySelector(".notice-bad")) {
    const note = document.createElement("div");
    note.className = "notice notice-info";
    note.textContent = `上次（${new Date(old.at).toLocaleString("zh-CN", { dateStyle: "short", timeStyle: "short" })}）填了一半的内容还在。`;
    const restore = button("接着填", () => { fill(form, old.values); if (old.id && !form.dataset.photographed) form.elements.namedItem("id").value = old.id; note.remove(); form.dispatchEvent(new Event("change")); });
    const drop = button("不要了", () => { store.remove(key); note.remove(); });
    note.append(" ", restore, " ", drop);
    form.before(note);
  }
  let timer;
  const save = () => {
    clearTimeout(timer);
    timer = setTimeout(() => store.write(key, { at: Date.now(), id: form.elements.namedItem("id")?.value, values: values(form) }), 300);
  };
  form.addEventListener("input", save);
  form.addEventListener("kept", () => { clearTimeout(timer); store.remove(key); }); // it waits in the outbox
  // The draft goes when the server has answered with another page: see clearSaved.
  form.addEventListener("submit", () => { clearTimeout(timer); try { sessionStorage.setItem("shuixuan:sent", key); } catch { /* the draft is offered again */ } });
}

// clearSaved removes the draft of the form that was sent, once a page says it is done.
function clearSaved() {
  try {
    const key = sessionStorage.getItem("shuixuan:sent");
    if (key && document.querySelector(".notice-done")) store.remove(key);
    sessionStorage.removeItem("shuixuan:sent");
  } catch { /* no storage, no drafts */ }
}

function button(text, act) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "btn btn-sm";
  b.textContent = text;
  b.addEventListener("click", act);
  return b;
}

// guard asks before half-done changes are left behind.
function guard(form) {
  const before = JSON.stringify(values(form));
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  addEventListener("beforeunload", event => {
    if (!sent && JSON.stringify(values(form)) !== before) event.preventDefault();
  });
}

// firmly stops the second click; the back button finds the form usable again.
function firmly(form) {
  form.addEventListener("submit", event => {
    if (form.dataset.sending) { event.preventDefault(); return; }
    if (event.defaultPrevented) return;
    form.dataset.sending = "1";
    for (const b of form.querySelectorAll("button[type=submit]")) { b.dataset.text = b.textContent; b.setAttribute("aria-disabled", "true"); }
    const pressed = event.submitter;
    if (pressed && form.method === "post") pressed.textContent = "正在提交…";
  });
  addEventListener("pageshow", () => {
    delete form.dataset.sending;
    for (const b of form.querySelectorAll("button[type=submit]")) { if (b.dataset.text) b.textContent = b.dataset.text; b.removeAttribute("aria-disabled"); }
  });
}

// offWhen switches a field off while a checkbox of the same form is ticked.
function offWhen(field) {
  const tick = field.form.elements.namedItem(field.dataset.offWhen);
  const apply = () => { field.disabled = tick.checked; if (tick.checked) field.value = ""; };
  tick.addEventListener("change", apply);
  field.form.addEventListener("change", apply);
  apply();
}

function filter(input) {
  const apply = () => {
    const word = input.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(input.dataset.filter)) row.hidden = word !== "" && !row.textContent.toLowerCase().includes(word);
  };
  input.addEventListener("input", apply);
  input.addEventListener("keydown", event => { if (event.key === "Enter") event.preventDefault(); });
}

clearSaved();
for (const form of document.querySelectorAll("form[data-once]")) once(form);
for (const form of document.querySelectorAll("form[data-draft], form[data-guard]")) draft(form);
for (const form of document.querySelectorAll("form[data-guard]")) guard(form);
for (const form of document.querySelectorAll("form[method=post]")) firmly(form);
for (const field of document.querySelectorAll("[data-off-when]")) offWhen(field);
for (const input of document.querySelectorAll("[data-filter]")) filter(input);
for (const b of document.querySelectorAll("[data-back]")) b.addEventListener("click", () => history.back());
// A form that acts at once when a choice changes; its button stays for those without scripts.
for (const form of document.querySelectorAll("form[data-auto]")) form.addEventListener("change", () => form.requestSubmit());
document.querySelector(".tabs .active")?.scrollIntoView({ block: "nearest", inline: "center" });
document.addEventListener("click", event => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.querySelector("#problem")?.scrollIntoView({ block: "center" });
