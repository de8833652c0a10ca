// Care for long forms of rows: move and clear a row with a button, add rows at the end, and
// keep the place on a list while its questions move about. Everything works without it.

// field names of a row are kind.N.name
const last = /^(\w+)\.(\d+)\./;

function small(text, label, act) {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "btn btn-sm";
  b.textContent = text;
  b.setAttribute("aria-label", label);
  b.addEventListener("click", act);
  return b;
}

const changed = row => row.querySelector("input, select")?.dispatchEvent(new Event("input", { bubbles: true }));

// count writes the order of the rows into their fields, which is what the server reads.
function count(body) {
  [...body.rows].forEach((row, i) => { const at = row.querySelector("input.at[name$='.at']"); if (at) at.value = i + 1; });
}

function dress(row) {
  const body = row.parentElement;
  const cell = document.createElement("td");
  cell.className = "row-act";
  const ordered = !!row.querySelector("input.at[name$='.at']");
  if (ordered) cell.append(
    small("↑", "上移", () => { row.previousElementSibling?.before(row); count(body); changed(row); }),
    small("↓", "下移", () => { row.nextElementSibling?.after(row); count(body); changed(row); }));
  cell.append(small("清空", "清空这一行", () => {
    for (const field of row.querySelectorAll("input:not([type=hidden]), select")) {
      if (field.type === "checkbox") field.checked = false;
      else if (!(field.classList.contains("at") && field.name.endsWith(".at"))) field.value = "";
    }
    changed(row);
  }));
  row.append(cell);
}

function rows(table) {
  if (table.dataset.dressed) return;
  table.dataset.dressed = "1";
  const body = table.tBodies[0];
  const blank = body.rows[body.rows.length - 1]?.cloneNode(true);
  table.tHead.rows[0].append(document.createElement("th"));
  for (const row of body.rows) dress(row);
  if (!blank) return;
  table.closest(".scroll").after(small("再加一行", "再加一行", () => {
    const row = blank.cloneNode(true);
    const next = Math.max(-1, ...[...body.querySelectorAll("[name]")].map(f => Number(last.exec(f.name)?.[2] ?? -1))) + 1;
    for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(last, (_, kind) => `${kind}.${next}.`);
    body.append(row);
    dress(row);
    count(body);
    row.querySelector("input.words, input:not(.at), select")?.focus();
  }));
}

// Enter in a row of options goes to the next row; it would otherwise send a half-written form.
function enter(event) {
  const field = event.target;
  if (event.key !== "Enter" || event.isComposing || !field.matches?.("[data-rows] input.words")) return;
  event.preventDefault();
  field.closest("tr").nextElementSibling?.querySelector("input.words")?.focus();
}

const all = () => { for (const table of document.querySelectorAll("table[data-rows]")) rows(table); };
all();
document.addEventListener("htmx:afterSettle", all);
document.addEventListener("keydown", enter);

// A question that was moved is looked at again where it now stands.
const moved = document.querySelector(".item:target");
if (moved) { moved.scrollIntoView({ block: "center" }); moved.querySelector("a")?.focus({ preventScroll: true }); }
