// Photos of a placement: taken in the page or chosen from the album, sent in the
// background one after the other. A photo waits in the browser's database until the
// server has answered that it holds it: a bad line, a closed window or the next form
// lose nothing. Each has an id of ours, so a second sending is the same photo.

const part = document.querySelector("[data-photos]");
const uuid = () => crypto.randomUUID ? crypto.randomUUID() :
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, c => (c ^ crypto.getRandomValues(new Uint8Array(1))[0] & 15 >> c / 4).toString(16));

// shelf keeps waiting photos: in IndexedDB, or in memory where a browser forbids it.
async function shelf() {
  const memory = new Map();
  const inMemory = { safe: false, all: async () => [...memory.values()], put: async one => { memory.set(one.id, one); }, remove: async id => { memory.delete(id); } };
  if (!("indexedDB" in window)) return inMemory;
  const done = request => new Promise((yes, no) => { request.onsuccess = () => yes(request.result); request.onerror = () => no(request.error); });
  try {
    const open = indexedDB.open("shuixuan-photos", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("waiting", { keyPath: "id" });
    const db = await done(open);
    const act = (mode, f) => done(f(db.transaction("waiting", mode).objectStore("waiting")));
    return {
      safe: true,
      all: async () => [...await act("readonly", s => s.getAll()), ...memory.values()],
      // A full disk is no reason to lose a photo: it then waits in memory.
      put: async one => { try { await act("readwrite", s => s.put(one)); } catch { memory.set(one.id, one); held.safe = false; } },
      remove: async id => { memory.delete(id); await act("readwrite", s => s.delete(id)).catch(() => {}); },
    };
  } catch { return inMemory; }
}

let held;
if (part) { held = await shelf(); await run(); }

async function run() {
  const find = name => part.querySelector(`[data-${name}]`);
  const form = part.closest("form");
  const shots = find("shots"), note = find("photo-note"), rule = find("photo-rule"), elsewhere = find("photo-elsewhere");
  const key = part.dataset.key, base = part.dataset.base, limit = Number(part.dataset.limit) << 20;
  const token = document.querySelector("meta[name=csrf]")?.content ?? "";
  const placement = () => part.dataset.placement || form.elements.namedItem("id").value;
  const mine = async () => (await held.all()).filter(one => one.key === key).sort((a, b) => a.at - b.at);

  for (const one of part.querySelectorAll("[data-photo-acts]")) one.hidden = false;
  const tell = text => { note.textContent = text; note.hidden = !text; };

  // The rule follows the carrier that is typed.
  if (find("rules")) {
    const rules = [...find("rules").children], carrier = form.elements.namedItem("carrier");
    const show = () => {
      const one = rules.find(li => li.dataset.name === carrier.value.trim()), needed = Number(one?.dataset.needed ?? 0);
      const strong = document.createElement("strong");
      strong.textContent = needed ? `这种形式需要 ${needed} 张照片，够了就不用多拍。` : "";
      rule.replaceChildren(strong, needed ? (one.textContent && `（${one.textContent}）`) : one ? "这种形式不要求照片，有合适的可以加一张。" : "选好宣传形式后，这里会说明需要几张照片。");
    };
    carrier.addEventListener("input", show);
    form.addEventListener("change", show);
    show();
  }

  // card shows one photo of this page; what is known of it changes on the way.
  const cards = new Map();
  function card(one) {
    if (cards.has(one.id)) return cards.get(one.id);
    const li = document.createElement("li"), pic = document.createElement("span"), img = document.createElement("img"), text = document.createElement("div");
    const line = document.createElement("p"), bar = document.createElement("progress"), acts = document.createElement("p");
    li.className = "shot"; pic.className = "shot-pic"; text.className = "shot-text"; acts.className = "shot-links";
    img.alt = one.name || "刚拍的照片";
    img.src = URL.createObjectURL(one.blob);
    img.addEventListener("load", () => URL.revokeObjectURL(img.src), { once: true });
    img.addEventListener("error", () => { img.remove(); pic.textContent = one.name || "照片"; }, { once: true }); // a HEIC, mostly
    bar.max = 100; bar.value = 0;
    text.append(line, bar, acts);
    pic.append(img);
    li.append(pic, text);
    shots.append(li);
    const c = { li, pic, line, bar, acts, say(words) { line.textContent = words; } };
    c.say("等待上传");
    cards.set(one.id, c);
    return c;
  }

  function button(words, act) {
    const b = document.createElement("button");
    b.type = "button"; b.className = "btn btn-sm"; b.textContent = words;
    b.addEventListener("click", act);
    return b;
  }

  // done shows what the server made of a photo: its grade with the reasons.
  function done(one, got) {
    if (one.placement !== placement()) return;
    const c = card(one), grade = document.createElement("span"), why = document.createElement("ul");
    grade.className = `shot-grade shot-${got.grade}`;
    grade.textContent = `${got.grade} ${got.grade_name}`;
    c.line.replaceChildren("✓ 已收下 ", grade);
    why.className = "shot-why";
    for (const r of got.reasons) { const li = document.createElement("li"); li.textContent = r.text; why.append(li); }
    c.line.after(why);
    c.bar.remove(); c.acts.remove();
    const link = document.createElement("a"), img = document.createElement("img");
    link.className = "shot-pic"; link.href = got.screen; link.target = "_blank"; link.rel = "noopener";
    img.src = got.thumb; img.alt = "已收下的照片";
    link.append(img);
    c.pic.replaceWith(link);
    document.querySelector("[data-no-photos]")?.remove();
  }

  function refused(one) {
    const c = card(one);
    c.bar.hidden = true;
    c.say(`✕ 没有收下：${one.why}`);
    c.acts.replaceChildren(
      button("再试一次", async () => { delete one.why; c.bar.hidden = false; c.acts.replaceChildren(); c.say("等待上传"); await held.put(one); flush(); }),
      button("不要这张", async () => { await held.remove(one.id); c.li.remove(); cards.delete(one.id); }));
  }

  async function add(blob, name, source, fix) {
    tell("");
    if (blob.size > limit) { tell(`“${name}”有${(blob.size / (1 << 20)).toFixed(1)}MB，超过${part.dataset.limit}MB。请把相机的照片尺寸调小一档再拍。`); return; }
    if (blob.size === 0) { tell(`“${name}”是空的，请重新选择。`); return; }
    const one = { id: uuid(), key, base, placement: placement(), name, blob, source, fix, at: Date.now() + Math.random() };
    if (form) form.dataset.photographed = "1";
    unsent++;
    await held.put(one);
    card(one);
    flush();
  }

  // send gives the status and the answer; a broken line rejects. XMLHttpRequest is the one
  // that tells how far an upload has come.
  const send = (one, progress) => new Promise((yes, no) => {
    const body = new FormData();
    if (token) body.set("csrf", token);
    body.set("id", one.id);
    body.set("source", one.source);
    if (one.fix) for (const [name, value] of Object.entries(one.fix)) body.set(name, value);
    body.set("file", one.blob, one.name || "photo.jpg"); // last: what belongs to it stands before it
    const r = new XMLHttpRequest();
    r.open("POST", `${one.base}/placements/${one.placement}/photos`);
    r.responseType = "json";
    r.setRequestHeader("Accept", "application/json");
    if (token) r.setRequestHeader("X-CSRF-Token", token);
    r.upload.onprogress = event => { if (event.lengthComputable) progress(Math.round(event.loaded * 100 / event.total)); };
    r.onload = () => yes({ status: r.status, got: r.response });
    r.onerror = r.onabort = r.ontimeout = () => no(new Error("line"));
    r.send(body);
  });

  // flush sends what waits, the oldest first. What the server refuses stays with its
  // reason; what it could not be asked is tried again, at longer and longer intervals.
  let sending = false, unsent = 0, pause = 2000, timer;
  async function flush() {
    clearTimeout(timer);
    if (sending) return;
    sending = true;
    // One window at a time, where the browser can tell; two would only send twice.
    const alone = navigator.locks ? f => navigator.locks.request("shuixuan-photos:" + key, f) : f => f();
    const again = await alone(async () => {
      for (;;) {
        const all = await mine(), waiting = all.filter(one => !one.why), one = waiting[0];
        unsent = waiting.length;
        const others = waiting.filter(w => w.placement !== placement()).length;
        elsewhere.hidden = !others;
        elsewhere.textContent = others ? `前面登记的还有 ${others} 张照片正在上传。` : "";
        if (!one) return false;
        const here = one.placement === placement();
        if (here) card(one).say("正在上传…");
        let answer;
        try { answer = await send(one, percent => { if (here) { card(one).bar.value = percent; card(one).say(percent < 100 ? `正在上传 ${percent}%` : "已传完，正在检查…"); } }); }
        catch { if (here) card(one).say("网络不通，稍后自动重传"); return true; }
        const { status, got } = answer;
        if (status === 200 || status === 201) { await held.remove(one.id); pause = 2000; done(one, got); continue; }
        if (status === 401) { tell("登录已过期。请在新窗口重新登录，照片会自动接着上传。"); return true; }
        if (status === 403) { tell(`${got?.title ?? "没有权限"}。请刷新页面，照片会自动接着上传。`); return false; }
        if (status >= 500 || status === 429 || !got) { if (here) card(one).say("系统忙，稍后自动重传"); return true; }
        one.why = got.title + "。" + (got.detail ?? "");
        await held.put(one);
        if (here) refused(one); else tell(`前面登记的一张照片没有收下：${one.why}`);
      }
    });
    sending = false;
    if (again) { timer = setTimeout(flush, pause); pause = Math.min(pause * 2, 60000); }
  }

  // Where the browser keeps nothing, leaving the page would lose what waits.
  addEventListener("beforeunload", event => { if (!held.safe && unsent) event.preventDefault(); });
  form?.addEventListener("submit", event => {
    if (held.safe || !unsent) return;
    event.preventDefault(); event.stopImmediatePropagation();
    tell("照片还在上传，传完再登记。");
  }, { capture: true });

  for (const name of ["pick", "capture"]) find(name).addEventListener("change", async event => {
    const files = [...event.target.files];
    event.target.value = "";
    for (const file of files) await add(file, file.name, "upload");
  });
  // A file field within the form must not be taken for something typed into it.
  for (const name of ["pick", "capture"]) find(name).addEventListener("input", event => event.stopPropagation());

  // The camera. The position is asked for while it is open and goes with the photo only.
  const dialog = find("camera"), video = dialog.querySelector("video"), cameraNote = find("camera-note");
  let stream, watch, fix, plain = !navigator.mediaDevices?.getUserMedia || !dialog.showModal;
  find("shoot").addEventListener("click", async () => {
    if (plain) { find("capture").click(); return; }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1920 } } });
    } catch {
      plain = true;
      tell("浏览器打不开相机。请再点一次“拍照”，改用手机自带的相机。");
      return;
    }
    fix = null;
    video.srcObject = stream;
    dialog.showModal();
    locate();
  });

  function locate() {
    if (!("geolocation" in navigator)) { cameraNote.textContent = "这个浏览器不能定位，照片照样可以拍。"; return; }
    cameraNote.textContent = "正在定位…";
    watch = navigator.geolocation.watchPosition(({ coords }) => {
      fix = { longitude: coords.longitude, latitude: coords.latitude, accuracy: coords.accuracy, datum: "wgs84" };
      cameraNote.textContent = `已定位，误差约${Math.round(coords.accuracy)}米`;
    }, error => {
      if (!fix) cameraNote.textContent = error.code === error.PERMISSION_DENIED ? "没有允许定位，照片照样可以拍。" : "暂时定不了位，照片照样可以拍。";
    }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 10000 });
  }

  find("shutter").addEventListener("click", async () => {
    if (!video.videoWidth) return;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise(yes => canvas.toBlob(yes, "image/jpeg", 0.92));
    // A first fix may take some seconds; the photo is worth more with it.
    for (let i = 0; !fix && watch !== undefined && cameraNote.textContent === "正在定位…" && i < 16; i++) await new Promise(yes => setTimeout(yes, 500));
    await add(blob, "", "camera", fix);
    cameraNote.textContent = "已拍下，正在后台上传。可以接着拍，或点“完成”。";
  });
  const close = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (watch !== undefined) navigator.geolocation.clearWatch(watch);
    stream = watch = undefined;
  };
  find("camera-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", close);
  addEventListener("pagehide", close);

  for (const one of await mine()) if (one.placement === placement()) { card(one); if (one.why) refused(one); }
  addEventListener("online", () => { pause = 2000; flush(); });
  flush();
}
