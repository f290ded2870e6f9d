{# Puts the chat's button on a page and opens its window. Context: told (settings as JSON). #}
(() => {
  const script = document.currentScript
  const told = JSON.parse("{{ told|escapejs }}")
  const address = new URL(script.src)
  const base = address.origin + address.pathname.replace(/embed\.js$/, "")
  const STORE = "voronka.chat." + base.split("/").at(-2)
  const hostname = location.hostname.toLowerCase()
  const welcome = told.hosts.map(name => name.split(":")[0]).some(name => hostname === name || hostname.endsWith("." + name))
  if (!told.active || window.voronkaChat || (told.hosts.length && !welcome && location.origin !== address.origin)) return

  const asked = script.dataset.lang || document.documentElement.lang || navigator.language || "ru"
  const lang = asked.toLowerCase().startsWith("ru") ? "ru" : "en"
  const words = told.words[lang]
  const read = (store, name) => { try { return JSON.parse(store.getItem(name)) } catch { return null } }
  const keep = (store, name, value) => { try { store.setItem(name, JSON.stringify(value)) } catch { /* closed: this page only */ } }
  let kept = read(localStorage, STORE) ?? {}

  // Marks and the site they came from belong to the first page of the visit.
  const MARK = /^(utm_\w+|[gy]clid|ymclid|fbclid|_ym_uid|roistat)$/
  const fresh = [...new URLSearchParams(location.search)].filter(([name]) => MARK.test(name))
  if (fresh.length) keep(sessionStorage, "voronka.marks", fresh)
  const marks = fresh.length ? fresh : read(sessionStorage, "voronka.marks") ?? []
  let referrer = read(sessionStorage, "voronka.referrer")
  if (referrer === null) keep(sessionStorage, "voronka.referrer", referrer = document.referrer)
  const page = () => ({ page: location.href.slice(0, 1000), title: document.title.slice(0, 300), referrer, utm: Object.fromEntries(marks) })

  const side = script.dataset.side === "left" ? "left" : "right"
  const place = document.createElement("div")
  place.style.cssText = "all:initial"
  const root = place.attachShadow({ mode: "open" })
  const style = document.createElement("style")
  style.textContent = `
    button{all:unset;box-sizing:border-box;position:fixed;${side}:20px;bottom:calc(20px + env(safe-area-inset-bottom));width:56px;height:56px;border-radius:50%;cursor:pointer;z-index:2147483000;
      display:grid;place-items:center;background:${told.colour};color:${told.ink};box-shadow:0 1px 3px rgb(0 0 0/.2),0 6px 20px rgb(0 0 0/.22);transition:transform .16s;-webkit-tap-highlight-color:transparent}
    button:hover{transform:scale(1.05)}button:active{transform:scale(.96)}
    button:focus-visible{outline:3px solid ${told.colour};outline-offset:3px}
    svg{width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round;grid-area:1/1;transition:opacity .16s,transform .16s}
    .down,[aria-expanded=true] .bubble{opacity:0;transform:rotate(-30deg) scale(.6)}[aria-expanded=true] .down{opacity:1;transform:none}
    i{position:absolute;top:-4px;right:-4px;min-width:20px;height:20px;box-sizing:border-box;padding:0 5px;border-radius:10px;background:#c62a1e;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center}
    i:empty{display:none}
    iframe{position:fixed;${side}:20px;bottom:calc(88px + env(safe-area-inset-bottom));width:380px;height:min(620px,calc(100vh - 112px));border:0;border-radius:14px;z-index:2147483001;color-scheme:normal;background:transparent;
      box-shadow:0 0 0 1px rgb(128 128 128/.18),0 2px 6px rgb(0 0 0/.14),0 12px 40px rgb(0 0 0/.24);transition:opacity .16s,transform .16s;transform-origin:bottom ${side}}
    iframe[hidden]{display:block;visibility:hidden;opacity:0;transform:translateY(10px) scale(.98);pointer-events:none}
    @media(max-width:520px),(max-height:460px){iframe{inset:0;width:100%;height:100%;height:100dvh;border-radius:0}[aria-expanded=true]{visibility:hidden}}
    @media(prefers-reduced-motion:reduce){*{transition:none!important}}@media print{:host{display:none}}`
  const button = document.createElement("button")
  button.type = "button"
  button.setAttribute("aria-expanded", "false")
  button.innerHTML = `<svg class="bubble" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 20l1.3-3.9A8 7.5 0 1 1 8.6 19L4 20M8.5 12h.01M12 12h.01M15.5 12h.01"/></svg><svg class="down" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 9l6 6 6-6"/></svg><i></i>`
  const badge = button.querySelector("i")
  let frame = null, ready = false, open = false, unread = 0

  const label = () => {
    button.setAttribute("aria-label", open ? words.close : unread ? `${words.open}, ${words.unread}: ${unread}` : words.open)
    badge.textContent = !open && unread ? (unread > 9 ? "9+" : unread) : ""
  }
  const tell = message => { if (ready) frame.contentWindow.postMessage({ voronka: message }, address.origin) }
  const load = () => {
    if (frame) return
    const settings = new URLSearchParams({ lang })
    if (script.dataset.theme) settings.set("theme", script.dataset.theme)
    frame = document.createElement("iframe")
    Object.assign(frame, { src: `${base}frame?${settings}#${encodeURIComponent(location.origin)}`, title: words.window, hidden: true })
    root.append(frame)
  }
  const show = value => {
    if (value === open) return
    if (value) load()
    void frame.offsetWidth // so that the first opening moves too
    open = value
    frame.hidden = !open
    button.setAttribute("aria-expanded", String(open))
    if (open) {
      kept = read(localStorage, STORE) ?? kept // another tab may have begun meanwhile
      frame.focus()
      tell({ open: page(), kept })
    } else {
      tell({ closed: true })
      button.focus()
    }
    label()
  }
  button.addEventListener("click", () => show(!open))
  button.addEventListener("pointerenter", load, { once: true })
  document.addEventListener("keydown", event => { if (event.key === "Escape" && open) show(false) })
  document.addEventListener("click", event => {
    if (event.target.closest?.("[data-voronka-chat]")) { event.preventDefault(); show(true) }
  })
  addEventListener("message", event => {
    if (event.source !== frame?.contentWindow || event.origin !== address.origin) return
    const said = event.data?.voronka ?? {}
    if (said.ready) { ready = true; tell({ hello: page(), kept, isOpen: open }) }
    if (said.token) keep(localStorage, STORE, kept = { token: said.token, talks: said.talks })
    if (said.unread >= 0) { unread = said.unread; label() }
    if (said.close) show(false)
  })
  root.append(style, button)
  label()
  const begin = () => {
    document.body.append(place)
    if (kept.talks) (window.requestIdleCallback ?? setTimeout)(load) // answers may have come
  }
  if (document.body) begin()
  else addEventListener("DOMContentLoaded", begin)
  window.voronkaChat = { open: () => show(true), close: () => show(false) }
})()
