// The form for one placement: the measure word that belongs to the carrier, and the
// position of the phone when it is asked for.

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
