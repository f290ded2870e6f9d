{# Puts the form's frame after the script tag that calls it. Context: title (the form's name). #}
(() => {
  const script = document.currentScript
  const address = new URL(script.src)
  const MARK = /^(utm_\w+|[gy]clid|ymclid|fbclid|_ym_uid|roistat)$/
  const KEPT = "voronka.marks"
  const here = new URLSearchParams(location.search)
  const fresh = [...here].filter(([name]) => MARK.test(name))
  let marks = fresh
  try { // marks of the first page of this visit count on the later ones too
    if (fresh.length) sessionStorage.setItem(KEPT, JSON.stringify(fresh))
    else marks = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]")
  } catch { /* storage is closed: the marks of this page will do */ }
  const asked = new URLSearchParams(marks)
  asked.set("frame", "1")
  asked.set("page", location.href.slice(0, 1000))
  if (document.referrer) asked.set("referer", document.referrer.slice(0, 1000))
  const language = script.dataset.lang ?? document.documentElement.lang
  if (language) asked.set("lang", language.slice(0, 2).toLowerCase())
  if (script.dataset.theme) asked.set("theme", script.dataset.theme)
  const frame = document.createElement("iframe")
  frame.src = address.origin + address.pathname.replace(/embed\.js$/, "frame") + "?" + asked
  frame.title = "{{ title|escapejs }}"
  frame.loading = "lazy"
  frame.style.cssText = "width:100%;border:0;min-height:240px;display:block;color-scheme:normal"
  const place = script.dataset.target ? document.querySelector(script.dataset.target) : null
  if (place) place.append(frame)
  else script.insertAdjacentElement("afterend", frame)
  addEventListener("message", event => {
    if (event.source !== frame.contentWindow || event.origin !== address.origin) return
    const told = event.data?.voronka
    if (told?.height > 0) frame.style.height = Math.min(told.height, 5000) + "px"
    if (told?.sent) document.dispatchEvent(new CustomEvent("voronka:sent"))
    if (/^https?:\/\//.test(told?.redirect ?? "")) location.assign(told.redirect)
  })
})()
