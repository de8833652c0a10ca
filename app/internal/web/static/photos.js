// Photos of a placement: taken in the page or chosen from the album, sent in the
// background one after the other. A photo goes into the outbox and waits there until the
// server has answered that it holds it: see outbox.js.

const { outbox, uuid, photoValues, ready } = await import(document.querySelector("meta[name=outbox]").content);
const part = document.querySelector("[data-photos]");
if (part) { await ready; await run(); }

async function run() {
  const find = name => part.querySelector(`[data-${name}]`);
  const form = part.closest("form");
  const shots = find("shots"), note = find("photo-note"), rule = find("photo-rule"), elsewhere = find("photo-elsewhere");
  const campaign = part.dataset.key.split(":")[0], base = part.dataset.base, limit = Number(part.dataset.limit) << 20;
  const placement = () => part.dataset.placement || form.elements.namedItem("id").value;
  const here = one => one.kind === "photo" && one.placement === placement();

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
  function card(one, blob) {
    if (cards.has(one.id)) return cards.get(one.id);
    const li = document.createElement("li"), pic = document.createElement("span"), img = document.createElement("img"), text = document.createElement("div");
    const line = document.createElement("p"), bar = document.createElement("progress"), acts = document.createElement("p");
    li.className = "shot"; pic.className = "shot-pic"; text.className = "shot-text"; acts.className = "shot-links";
    img.alt = one.name || "刚拍的照片";
    Promise.resolve(blob ?? outbox.file(one.id).then(bytes => new Blob([bytes], { type: one.type }))).then(picture => {
      img.src = URL.createObjectURL(picture);
      img.addEventListener("load", () => URL.revokeObjectURL(img.src), { once: true });
    });
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
      button("再试一次", () => { c.bar.hidden = false; c.acts.replaceChildren(); c.say("等待上传"); outbox.again(one.id); }),
      button("不要这张", async () => { await outbox.drop(one.id); c.li.remove(); cards.delete(one.id); }));
  }

  async function add(blob, name, source, fix) {
    tell("");
    if (blob.size > limit) { tell(`“${name}”有${(blob.size / (1 << 20)).toFixed(1)}MB，超过${part.dataset.limit}MB。请把相机的照片尺寸调小一档再拍。`); return; }
    if (blob.size === 0) { tell(`“${name}”是空的，请重新选择。`); return; }
    const one = { id: uuid(), kind: "photo", campaign, placement: placement(), action: `${base}/placements/${placement()}/photos`, values: photoValues(source, fix), name, type: blob.type };
    if (form) form.dataset.photographed = "1";
    card(one, blob);
    try { await outbox.put(one, blob); } catch { card(one).say(`✕ “${name || "照片"}”读不出来，没有保存。请重新选择或再拍一张。`); }
  }

  // What the outbox tells of photos: those of this placement have a card, others a number.
  outbox.watch(news => {
    const { what, record } = news;
    if (what === "changed") {
      const others = news.records.filter(one => one.kind === "photo" && !one.why && !here(one)).length;
      elsewhere.hidden = !others;
      elsewhere.textContent = others ? `前面登记的还有 ${others} 张照片等待上传。` : "";
      return;
    }
    if (!record || !here(record)) return;
    if (what === "sending") card(record).say("正在上传…");
    if (what === "progress") { card(record).bar.value = news.percent; card(record).say(news.percent < 100 ? `正在上传 ${news.percent}%` : "已传完，正在检查…"); }
    if (what === "waiting") card(record).say(news.why === "busy" ? "系统忙，稍后自动重传" : news.why === "line" ? "网络不通，稍后自动重传" : "本人重新登录后自动上传");
    if (what === "sent") done(record, news.got);
    if (what === "refused") refused(record);
  });
  // The form of the next placement begins without the photos of the last.
  form?.addEventListener("renamed", async () => {
    cards.clear();
    shots.replaceChildren();
    for (const one of (await outbox.list()).filter(here)) { card(one); if (one.why) refused(one); }
  });

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

  for (const one of (await outbox.list()).filter(here)) { card(one); if (one.why) refused(one); }
}
