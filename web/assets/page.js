// What a page adds for browsers with scripts: keys, the count of what is selected, and the
// browser's time zone for the next page. Everything works without it.
"use strict";
(() => {
  try {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) document.cookie = "zone=" + encodeURIComponent(zone) + "; Path=/; SameSite=Strict; Max-Age=31536000";
  } catch { /* without it times are in the server's zone */ }

  const rows = () => [...document.querySelectorAll("[data-row]")];
  let here = -1;

  const go = (to) => {
    const list = rows();
    if (!list.length) return;
    list[here]?.classList.remove("here");
    here = Math.max(0, Math.min(to, list.length - 1));
    list[here].classList.add("here");
    list[here].querySelector("a.title").focus({ preventScroll: true });
    list[here].scrollIntoView({ block: "nearest" });
  };

  const picked = document.querySelector("[data-picked]");
  const count = () => {
    if (!picked) return;
    const n = document.querySelectorAll("input[name=id]:checked").length;
    picked.textContent = n ? n + " " + picked.dataset.some : picked.dataset.none;
  };
  document.addEventListener("change", count);
  count();

  // A decision by key is about what is selected, or else about the mail that has the mark.
  const decide = (key) => {
    const button = document.querySelector("[data-key=" + key + "]");
    if (!button) return;
    const box = rows()[here]?.querySelector("input[name=id]");
    if (box && !document.querySelector("input[name=id]:checked")) box.checked = true;
    button.click();
  };

  // Passkeys: the server asks, the browser's passkey answers.
  const ask = async (path, body) => {
    const res = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!res.ok) throw new Error(res.status);
    return res.json();
  };
  for (const button of window.PublicKeyCredential?.parseCreationOptionsFromJSON ? document.querySelectorAll("[data-passkey]") : []) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const problem = document.querySelector("[data-passkey-problem]");
      problem.hidden = true;
      try {
        const path = button.dataset.passkey, { publicKey } = await ask(path), adds = path == "/passkey";
        const key = adds
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
        const more = new URLSearchParams(adds ? { label: document.querySelector("[data-passkey-label]").value } : { to: button.dataset.to });
        location.assign((await ask(path + "/finish?" + more, JSON.stringify(key))).to);
      } catch {
        problem.hidden = false;
      }
    });
  }

  const keys = {
    j: () => go(here + 1),
    k: () => go(here < 0 ? 0 : here - 1),
    x: () => { const box = rows()[here]?.querySelector("input[name=id]"); if (box) { box.checked = !box.checked; count(); } },
    o: () => rows()[here]?.querySelector("a.title").click(),
    r: () => decide("r"),
    d: () => decide("d"),
    "/": () => document.querySelector("[data-search]")?.focus(),
    "?": () => { const help = document.getElementById("keys"); if (help && !help.open) help.showModal(); },
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    if (Object.hasOwn(keys, e.key)) { e.preventDefault(); keys[e.key](); }
  });
})();
