// The form for one placement: the measure word that belongs to the carrier, the position of
// the phone when it is asked for, and where a new one goes: into the outbox, and from there
// to the server while there is a network. See outbox.js.

const form = document.querySelector("form[data-placement]");
const field = name => form.elements.namedItem(name);

// A measure word that the person chose stays; one that we set follows the carrier.
let ours = !field("measure").value;
field("measure").addEventListener("change", () => { ours = false; });
field("carrier").addEventListener("input", () => {
  const known = [...document.querySelectorAll("#carriers option")].find(o => o.value === field("carrier").value.trim());
  if (known && (ours || !field("measure").value)) { field("measure").value = known.dataset.measure; ours = true; }
});

// What only some carriers ask for shows with them; what is filled in stays in sight.
const needs = () => {
  const known = [...document.querySelectorAll("#carriers option")].find(o => o.value === field("carrier").value.trim());
  for (const part of form.querySelectorAll("[data-needs]")) {
    const asked = Boolean(known?.dataset[part.dataset.needs]);
    const filled = [...part.querySelectorAll("input")].some(i => i.value);
    part.hidden = !asked && !filled;
    part.open = asked || filled;
    if (asked && part.dataset.needs === "hoarding") form.querySelector("[data-more]").open = true;
  }
};
field("carrier").addEventListener("input", needs);
needs();

const locate = form.querySelector("[data-locate]"), note = form.querySelector("[data-locate-note]");
if ("geolocation" in navigator && isSecureContext) locate.hidden = false;
locate.addEventListener("click", () => {
  note.textContent = "正在定位…";
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    field("longitude").value = coords.longitude.toFixed(6);
    field("latitude").value = coords.latitude.toFixed(6);
    field("datum").value = "wgs84";
    note.textContent = `已定位，误差约${Math.round(coords.accuracy)}米。`;
    form.dispatchEvent(new Event("input"));
  }, error => {
    note.textContent = error.code === error.PERMISSION_DENIED ? "浏览器没有允许定位，可以不填位置。" : "暂时定不了位，可以不填位置。";
  }, { enableHighAccuracy: true, timeout: 15000 });
});

// A new placement is kept first and sent then. What the server refuses at once is sent again
// as a plain form: its page shows each fault beside its field.
const mostWait = 15_000; // for the server, before the person goes on with the next one
const { outbox, uuid } = await import(document.querySelector("meta[name=outbox]").content);
if (form.matches("[data-once]")) keepFirst();

function keepFirst() {
  const campaign = document.querySelector("[data-photos]").dataset.key.split(":")[0];
  let plain = false, busy = false;
  const left = new Set(); // on their way when the person went on

  form.addEventListener("submit", async event => {
    if (plain || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault(); event.stopImmediatePropagation();
    if (busy) return;
    const button = form.querySelector("button[type=submit]"), words = button.textContent;
    busy = true;
    button.textContent = "正在提交…";
    button.setAttribute("aria-disabled", "true");
    const record = { id: field("id").value, kind: "placement", campaign, action: new URL(form.action).pathname, place: field("place").value.trim(), values: [...new FormData(form)].filter(([name]) => name !== "csrf" && name !== "id") };
    const put = outbox.put(record), settled = outbox.settled(record.id, mostWait, put);
    if (await put) form.dispatchEvent(new Event("kept"));
    const news = await settled, safe = outbox.written(record.id);
    busy = false;
    button.textContent = words;
    button.removeAttribute("aria-disabled");
    if (news.what === "sent") {
      // The back button brings the form up again: changed, it is another placement.
      form.addEventListener("input", () => { field("id").value = uuid(); }, { once: true });
      form.dispatchEvent(new Event("kept"));
      location.assign(news.got.next);
      return;
    }
    if (news.what === "refused") { await outbox.drop(record.id); plain = true; form.requestSubmit(button); return; }
    if (news.why === "signed-out" && safe) { location.assign("/login?next=" + encodeURIComponent(location.pathname)); return; }
    left.add(record.id);
    waits(record, safe);
    next();
  }, { capture: true });

  const waits = (record, safe) => done(safe ? `“${record.place}”已存在这部设备上，联网后自动送出，关掉页面也不会丢。` : `“${record.place}”还没有送出，只在这一页里：送出以前请不要关闭本页。`, safe ? undefined : "notice-bad");

  outbox.watch(({ what, record, safe }) => {
    if (what === "sent" && left.delete(record.id)) done(`“${record.place}”已登记。`);
    if (what !== "kept" || !safe || !left.has(record.id)) return;
    waits(record, safe); // late, and safe now: nothing of it is half filled
    form.dispatchEvent(new Event("kept"));
    if (field("place").value) form.dispatchEvent(new Event("input")); // the next one is
  });

  function done(text, kind = "notice-done") {
    const note = document.querySelector("[data-placed]") ?? document.createElement("div");
    note.className = "notice " + kind;
    note.dataset.placed = "";
    note.setAttribute("role", "status");
    note.textContent = text;
    for (const old of document.querySelectorAll("main > .notice-done")) if (old !== note) old.remove();
    document.querySelector("main").prepend(note);
    scrollTo({ top: 0 });
  }

  // next empties the form but for what a series has in common.
  function next() {
    for (const name of ["place", "quantity", "area_m2", "size", "longitude", "latitude", "remark", "permit", "permit_until", "hoarding_m2", "draft"]) if (field(name)) field(name).value = "";
    rename(uuid());
    field("place").focus({ preventScroll: true });
  }

  function rename(id) {
    field("id").value = id;
    delete form.dataset.photographed;
    form.dispatchEvent(new Event("renamed"));
    needs();
  }

  // mend opens a placement that waits; it stays in the outbox until it is saved again.
  async function mend() {
    const id = outbox.mending();
    if (!id) return;
    history.replaceState(null, "", location.pathname);
    const record = await outbox.hold(id);
    if (record?.kind !== "placement") return;
    for (const one of form.elements) {
      if (!one.name || ["hidden", "file", "submit", "button"].includes(one.type)) continue;
      const held = record.values.filter(([name]) => name === one.name);
      if (one.type === "checkbox") one.checked = held.length > 0;
      else one.value = held[0]?.[1] ?? "";
    }
    form.dispatchEvent(new Event("change"));
    rename(id);
    const said = document.createElement("div");
    said.className = "notice notice-bad";
    said.textContent = `这条还没有送出：${record.why || "打开修改。"}`;
    form.before(said);
  }
  addEventListener("hashchange", mend);
  mend();
}
