// The public page works without this. With it: an option that excludes the others unticks
// them, questions on one long page come and go, a second click does nothing, and the small
// work that is asked for in a rush is done while one reads.

const form = document.querySelector("form[action]");

document.getElementById("bad")?.focus();

if (form) {
  form.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type === "checkbox" && box.checked) {
      for (const other of form.querySelectorAll(`input[name="${CSS.escape(box.name)}"]`)) {
        if (other !== box && (box.hasAttribute("data-exclusive") || other.hasAttribute("data-exclusive"))) other.checked = false;
      }
    }
    arrange();
  });
  form.addEventListener("input", (event) => {
    const field = event.target;
    if (field.name?.startsWith("o.") && field.value.trim()) {
      const boxes = [...field.closest("fieldset").querySelectorAll(".o input")];
      const other = boxes.find((box) => box.hasAttribute("data-other"));
      if (other && !other.checked) { other.checked = true; other.dispatchEvent(new Event("change", { bubbles: true })); }
    }
    arrange();
  });

  let sent = false, reached = false;
  form.addEventListener("submit", (event) => {
    const lost = form.querySelector("[data-lost]");
    if (navigator.onLine === false && lost && !reached) {
      event.preventDefault();
      const button = event.submitter ?? form.querySelector("button.main");
      reach((there) => {
        lost.hidden = there;
        if (there) { reached = true; button.click(); }
      });
      return;
    }
    reached = false;
    if (sent) { event.preventDefault(); return; }
    sent = true;
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(() => { sent = false; }, 8000); // a line that hangs may be tried again
  });
  // The back button may bring back the page as it was left, after it was sent.
  addEventListener("pageshow", () => { sent = false; form.querySelectorAll("[aria-busy]").forEach((b) => b.removeAttribute("aria-busy")); });
  arrange();
  prove();
}

// arrange shows the questions whose conditions hold, in order: a hidden question opens no
// other. It says the same as survey.Shown, which the server asks in any case.
function arrange() {
  if (!form.querySelector("[data-show],[data-skip]")) return;
  form.classList.add("live");
  const seen = { choices: {}, numbers: {} };
  let refused = false;
  for (const q of form.querySelectorAll("[data-name]")) {
    const show = q.dataset.show, skip = q.dataset.skip;
    const shown = !refused && (!show || holds(JSON.parse(show), seen)) && (!skip || !holds(JSON.parse(skip), seen));
    q.hidden = !shown;
    for (const plain of q.querySelectorAll(".plain")) plain.hidden = true;
    if (!shown) continue;
    const rows = [...q.querySelectorAll("[data-row]")].map((row) => row.dataset.row);
    for (const name of rows.length ? rows : [q.dataset.name]) {
      const fields = [...q.querySelectorAll(`[name="q.${CSS.escape(name)}"]`)];
      if (q.dataset.type === "rating" || q.dataset.type === "number") {
        const text = q.dataset.type === "rating" ? fields.find((f) => f.checked)?.value : fields[0]?.value.trim();
        if (text && !Number.isNaN(Number(text))) seen.numbers[name] = Number(text);
      } else {
        const codes = fields.filter((f) => f.checked).map((f) => f.value);
        if (codes.length) seen.choices[name] = codes;
        refused ||= q.dataset.type === "consent" && codes.includes("no") && q.hasAttribute("data-required");
      }
    }
  }
}

function holds(c, seen) {
  if (c.question) {
    const held = seen.choices[c.question] || [];
    const meets = (list) => (list || []).some((code) => held.includes(code));
    if (c.in?.length && !meets(c.in) || meets(c.not_in)) return false;
    const n = seen.numbers[c.question];
    const bounded = [c.at_least, c.at_most, c.above, c.below].some((bound) => bound !== undefined && bound !== null);
    if (bounded) {
      if (n === undefined) return false;
      if (c.at_least != null && n < c.at_least || c.at_most != null && n > c.at_most || c.above != null && n <= c.above || c.below != null && n >= c.below) return false;
    }
  }
  return (c.all || []).every((part) => holds(part, seen)) && (!(c.any || []).length || c.any.some((part) => holds(part, seen)));
}

// prove looks for a number with which the text's SHA-256 begins with enough zero bits. A
// page without TLS has no crypto.subtle, so the sum is done here.
function prove() {
  const box = form.querySelector("[data-proof]");
  if (!box) return;
  const bits = Number(box.dataset.bits), text = box.dataset.proof;
  let n = 0;
  const some = () => {
    for (let i = 0; i < 400; i++, n++) {
      if (Math.clz32(sha256(`${text}:${n}`)) >= bits) { box.querySelector("[name=work]").value = String(n); return; }
    }
    setTimeout(some, 0);
  };
  some();
}

// sha256 gives the first 32 bits of the hash of a short ASCII text.
function sha256(text) {
  const k = sha256.k ||= primes(64, 1 / 3), h = [...(sha256.h ||= primes(8, 1 / 2))];
  const size = ((text.length + 8) >> 6) + 1 << 4, words = new Int32Array(size);
  for (let i = 0; i < text.length; i++) words[i >> 2] |= text.charCodeAt(i) << (24 - (i % 4) * 8);
  words[text.length >> 2] |= 0x80 << (24 - (text.length % 4) * 8);
  words[size - 1] = text.length * 8;
  const w = new Int32Array(64), turn = (x, by) => (x >>> by) | (x << (32 - by));
  for (let at = 0; at < size; at += 16) {
    let [a, b, c, d, e, f, g, i] = h;
    for (let t = 0; t < 64; t++) {
      if (t < 16) w[t] = words[at + t];
      else {
        const x = w[t - 15], y = w[t - 2];
        w[t] = (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[t - 7] + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)) + w[t - 16] | 0;
      }
      const one = i + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t] | 0;
      const two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c)) | 0;
      [i, g, f, e, d, c, b, a] = [g, f, e, d + one | 0, c, b, a, one + two | 0];
    }
    [a, b, c, d, e, f, g, i].forEach((value, j) => { h[j] = h[j] + value | 0; });
  }
  return h[0];
}

function primes(count, power) {
  const list = [], found = [];
  for (let n = 2; list.length < count; n++) {
    if (found.some((p) => n % p === 0)) continue;
    found.push(n);
    const root = n ** power;
    list.push((root - Math.floor(root)) * 4294967296 | 0);
  }
  return list;
}

// reach asks for a small file of ours. A browser says that it is offline also where the only
// network is the one between it and this server, as on a computer that is both.
function reach(tell) {
  const probe = new Image();
  const late = setTimeout(() => { probe.src = ""; tell(false); }, 5000);
  const end = (there) => { clearTimeout(late); probe.onload = probe.onerror = null; tell(there); };
  probe.onload = () => end(true);
  probe.onerror = () => end(false);
  probe.src = document.querySelector("link[rel=icon]").href + "?" + Date.now();
}
