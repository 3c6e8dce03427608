// What a page adds for browsers with scripts: live parts, keys, the count of what is selected, passkeys, and
// the browser's time zone for the next page. Everything works without it.
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

  // Live parts, such as data-live="/" data-every="10": every so many seconds the server is asked for what
  // stands there, or for a whole page of which the part is taken that data-part names. Where it does not answer,
  // or the same as before, what is shown stays, and so does the keyboard's place; that it does not answer is said.
  const put = (part, text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html"), at = document.activeElement;
    const alike = () => [...part.querySelectorAll("a")].filter((a) => a.getAttribute("href") == at.getAttribute("href"));
    const place = alike().indexOf(at);
    const name = part.dataset.part;
    if (name) {
      const page = fresh.querySelector(name);
      if (page) document.querySelector(name).replaceWith(page);
      page?.querySelectorAll("[data-live]").forEach(live);
      return;
    }
    part.replaceChildren(...fresh.body.childNodes);
    if (place >= 0) alike()[place]?.focus({ preventScroll: true });
  };
  const stale = (is) => { document.querySelector("[data-stale]").hidden = !is; };
  const live = (part) => {
    let shown, tag;
    const look = async () => {
      if (!part.isConnected) return;
      if (document.hidden) return document.addEventListener("visibilitychange", look, { once: true });
      try {
        const res = await fetch(part.dataset.live, { headers: tag ? { "Hisseki-Live": "1", "If-None-Match": tag } : { "Hisseki-Live": "1" } });
        if (res.status == 401) return location.reload(); // the session has ended: to the login
        const same = res.status == 304, text = res.ok ? await res.text() : shown; // 304: nothing is new
        if (res.ok) tag = res.headers.get("ETag");
        if (text !== shown) put(part, shown = text);
        stale(!res.ok && !same);
      } catch {
        stale(true);
      }
      setTimeout(look, 1000 * part.dataset.every);
    };
    setTimeout(look, 1000 * part.dataset.every);
  };
  document.querySelectorAll("[data-live]").forEach(live);

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
    // [open]: what had the focus in a dialog keeps it until the next frame after that has closed.
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input:not([type=checkbox]), select, textarea, dialog[open]")) return;
    if (Object.hasOwn(keys, e.key)) { e.preventDefault(); keys[e.key](); }
  });
})();
