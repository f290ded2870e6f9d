// A visitor's window: says once, hears at once, keeps what could not be sent. All of it is text.
const $ = id => document.getElementById(id)
const told = JSON.parse($("told").textContent)
const words = told.words
const framed = parent !== window
const host = framed ? decodeURIComponent(location.hash.slice(1)) : ""
const STORE = "voronka.chat." + told.key
const [scroll, lines, text, ask, later] = [document.querySelector(".chat-scroll"), $("lines"), $("text"), $("ask"), $("later")]
const wait = ms => new Promise(done => setTimeout(done, ms))

let token = "", about = {}, messages = [], opens = null, known = false, open = !framed
const pending = new Map() // own id -> a line the server has not shown yet
const nodes = new Map()

document.documentElement.style.setProperty("--chat", told.colour)
document.documentElement.style.setProperty("--on-chat", told.ink)

const tell = message => { if (framed) parent.postMessage({ voronka: message }, host) }
const isSeen = () => open && document.visibilityState === "visible"
const url = path => `${told.base}${path}?lang=${told.lang}`
const call = (path, options = {}) => fetch(url(path), {
  credentials: "omit", cache: "no-store", ...options,
  headers: { ...(token && { Authorization: "Bearer " + token }), ...options.headers },
})

// ---- what was said
let reading = null, again = false
function refresh() { // several wishes at once are one more reading
  if (reading) { again = true; return reading }
  return (reading = read().finally(() => {
    reading = null
    if (again) { again = false; refresh() }
  }))
}

async function read() {
  try {
    const answer = await call("talk")
    if (!answer.ok) return
    const talk = await answer.json()
    ;({ messages, opens } = talk)
    known ||= talk.known
    token = talk.token
    for (const { own } of messages) pending.delete(own)
    keep(messages.length > 0)
    draw()
    confirm()
    if (messages.length) listen()
  } catch { /* no connection: the stream comes back and asks again */ }
}

let talked = false // once they have, an answer that comes late does not undo it
function keep(talks) { // where the visitor will be known by it again
  talks = talked ||= talks
  if (framed) tell({ token, talks })
  else try { localStorage.setItem(STORE, JSON.stringify({ token, talks })) } catch { /* this page only */ }
}

let confirmed = ""
function confirm() {
  const theirs = messages.filter(one => !one.mine)
  const unread = theirs.filter(one => !one.read)
  tell({ unread: isSeen() ? 0 : unread.length })
  const last = Math.max(...theirs.map(one => one.id))
  const state = isSeen() ? "read" : "delivered"
  if (!unread.length || confirmed === state + last) return
  confirmed = state + last
  call("seen", { method: "POST", body: new URLSearchParams({ [state]: last }), keepalive: true }).catch(() => { confirmed = "" })
}

// ---- drawing
const make = (tag, className, content) => Object.assign(document.createElement(tag), { className, textContent: content ?? "" })
const clock = moment => moment.toLocaleTimeString(told.lang, { hour: "2-digit", minute: "2-digit" })
const isSame = (a, b) => a.toDateString() === b.toDateString()
function dayOf(moment) {
  const now = new Date(), before = new Date(now)
  before.setDate(now.getDate() - 1)
  if (isSame(moment, now)) return words.today
  if (isSame(moment, before)) return words.yesterday
  return moment.toLocaleDateString(told.lang, { day: "numeric", month: "long" })
}

function linked(node, said) {
  let from = 0
  for (const found of said.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g)) {
    node.append(said.slice(from, found.index))
    node.append(Object.assign(make("a", "", found[0]), { href: found[0], target: "_blank", rel: "noopener noreferrer nofollow" }))
    from = found.index + found[0].length
  }
  node.append(said.slice(from))
  return node
}

function fileNode(file) {
  const said = make("div", "said")
  if (!file.url) return Object.assign(said, { textContent: file.name })
  const link = Object.assign(make("a", "file"), { href: file.url, target: "_blank", rel: "noopener" })
  if (file.picture) link.append(Object.assign(new Image(), { src: file.url, alt: file.name, loading: "lazy", onload: stick }))
  else {
    const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} ${words.kb}` : `${(file.size / 1e6).toLocaleString(told.lang, { maximumFractionDigits: 1 })} ${words.mb}`
    link.append(make("span", "", file.name), make("small", "", size))
    link.setAttribute("aria-label", words.file.replace("{name}", file.name))
  }
  said.append(link)
  return said
}

function lineNode(one) {
  const node = make("li", "chat-line" + (one.mine ? " mine" : ""))
  node.append(make("div", one.mine ? "visually-hidden" : "who", one.mine ? words.you : one.who))
  if (one.text) node.append(linked(make("div", "said"), one.text))
  node.append(...one.files.map(fileNode), make("div", "state"))
  return node
}

let atEnd = true
const stick = () => { if (atEnd) scroll.scrollTop = scroll.scrollHeight }
scroll.addEventListener("scroll", () => { atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60 })
new ResizeObserver(stick).observe(scroll)

function draw() {
  const all = [...messages, ...pending.values()]
  const wanted = []
  let day = "", speaker = ""
  all.forEach((one, index) => {
    const moment = new Date(one.at)
    if (moment.toDateString() !== day) {
      day = moment.toDateString()
      speaker = ""
      if (!nodes.has(day)) nodes.set(day, make("li", "chat-day", dayOf(moment)))
      wanted.push(nodes.get(day))
    }
    const key = one.mine ? one.own || one.id : one.id
    let node = nodes.get(key)
    if (!node || node.files !== one.files.filter(file => file.url).length) { // a file's address comes later
      node?.remove()
      nodes.set(key, node = Object.assign(lineNode(one), { files: one.files.filter(file => file.url).length }))
    }
    if (!one.mine) node.firstChild.hidden = one.who === speaker
    speaker = one.mine ? "" : one.who
    state(node, one, index === all.length - 1)
    wanted.push(node)
  })
  wanted.forEach((node, index) => { if (lines.children[index] !== node) lines.insertBefore(node, lines.children[index] ?? null) })
  while (lines.children.length > wanted.length) lines.lastChild.remove()
  const begun = all.length > 0
  ask.hidden = begun || !ask.querySelector("[data-ask]:not([hidden])")
  $("status").textContent = opens ? words.opens.replace("{when}", whenOpen(new Date(opens))) : ""
  $("greeting").textContent = opens ? told.offline || told.greeting : told.greeting
  later.hidden = !(begun && opens && !known)
  stick()
}

function state(node, one, isLast) {
  const place = node.lastChild
  const next = one.state ?? (one.mine && isLast ? (one.read ? "read" : "sent") : "")
  if (place.dataset.state === next + (one.why ?? "")) return
  place.dataset.state = next + (one.why ?? "")
  node.classList.toggle("sending", next === "sending")
  node.classList.toggle("failed", next === "failed")
  place.textContent = next === "sent" || next === "read" ? `${words[next]} · ${clock(new Date(one.at))}` : next === "failed" ? (one.why || words.failed) + " " : words[next] ?? ""
  if (next === "failed" && one.body) {
    const button = Object.assign(make("button", "", words.again), { type: "button", onclick: () => { one.tries = 0; post(one) } })
    place.append(button)
  }
}

function whenOpen(moment) {
  return isSame(moment, new Date()) ? clock(moment) : moment.toLocaleString(told.lang, { weekday: "long", hour: "2-digit", minute: "2-digit" })
}

// ---- saying
const PAUSES = [1, 2, 4, 8, 15, 30] // seconds
function say(said, files = []) {
  const own = crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")
  const line = { own, mine: true, text: said.text ?? said.phone ?? "", at: new Date().toISOString(), files: files.map(({ name }) => ({ name })), state: "sending", tries: 0, said }
  line.body = JSON.stringify({ id: own, ...about, ...said, ...(files.length && { files }) })
  pending.set(own, line)
  atEnd = true
  draw()
  return post(line)
}

async function post(line) {
  Object.assign(line, { state: "sending", why: "" })
  draw()
  const trouble = await attempt(line)
  if (trouble === undefined) return true
  if (trouble && line.tries < PAUSES.length) {
    if (line.tries === 2) { line.why = words.offline; $("wrong").textContent = words.offline }
    await wait(1000 * Math.max(PAUSES[line.tries++], trouble))
    if (pending.has(line.own)) return post(line)
  }
  $("wrong").textContent = ""
  if (pending.has(line.own)) line.state = "failed"
  draw()
  return false
}

async function attempt(line) { // nothing when it was taken; seconds to wait, or 0 when it never will be
  let answer
  if (!token) await refresh()
  try {
    answer = await call("messages", { method: "POST", body: line.body, keepalive: line.body.length < 60_000, headers: { "Content-Type": "application/json" } })
  } catch { return 1 }
  if (answer.ok) {
    line.state = "sent"
    keep(true) // who leaves this very moment is known when they return
    $("wrong").textContent = ""
    draw()
    refresh()
    return undefined
  }
  if (answer.status === 401) { token = ""; await refresh(); return 1 }
  if (answer.status === 429) return Number(answer.headers.get("Retry-After")) || 5
  if (answer.status >= 500) return 1
  const refused = await answer.json().catch(() => ({}))
  if (refused.fields) { // back into the hands of who wrote it
    pending.delete(line.own)
    if (line.said.text && !text.value) text.value = line.said.text
    complain(refused.fields)
    return 0
  }
  line.why = refused.why
  if (answer.status !== 404) line.body = ""
  return 0
}

function complain(wrong) {
  let first = null
  for (const name of ["name", "phone", "email", "consent"]) {
    $("wrong-" + name).textContent = wrong[name] ?? ""
    const field = $("ask-" + name)
    if (wrong[name]) { field.setAttribute("aria-invalid", "true"); first ??= field }
    else field.removeAttribute("aria-invalid")
  }
  if (!later.hidden) $("wrong-later").textContent = wrong.phone ?? ""
  first?.focus()
}

async function submit(files = []) {
  const said = { text: text.value.trim() }
  if (!said.text && !files.length) { text.focus(); return }
  if (!ask.hidden) {
    for (const name of ["name", "phone", "email"]) if (told.ask[name] !== "no") said[name] = $("ask-" + name).value.trim()
    if (told.consent && $("ask-consent").checked) said.consent = told.consent.version
    const wrong = {}
    for (const field of ask.querySelectorAll("[data-ask]:not([hidden]) input[required]"))
      if (field.type === "checkbox" ? !field.checked : !field.value.trim()) wrong[field.id.slice(4)] = field.dataset.wrong
    complain(wrong)
    if (Object.keys(wrong).length) return
    known = Boolean(said.phone || said.email)
  }
  if (!files.length || said.text) text.value = ""
  grow()
  await say(said, files)
}

async function attach(chosen) {
  for (const file of [...chosen].slice(0, told.most)) {
    if (file.size > told.largest) { $("wrong").textContent = words.large; continue }
    const data = await new Promise((done, fail) => {
      const reader = Object.assign(new FileReader(), { onload: () => done(reader.result.split(",")[1] ?? ""), onerror: fail })
      reader.readAsDataURL(file)
    }).catch(() => "")
    if (data) submit([{ name: file.name, type: file.type, data }])
  }
}

// ---- hearing: a stream where it gets through, asking from time to time where not
let hearing = false, kick = null
async function listen() {
  if (hearing) return
  hearing = true
  for (let failures = 0; ; ) {
    const heard = await stream()
    failures = heard ? 0 : failures + 1
    const pause = failures < 2 ? 1000 + Math.random() * 2000 : isSeen() ? 4000 : 20_000
    await new Promise(done => { kick = done; setTimeout(done, pause) })
    if (failures) await refresh()
  }
}

async function stream() { // true when anything was heard
  const stop = new AbortController()
  let heard = false, watch = setTimeout(() => stop.abort(), 8000)
  try {
    const answer = await call("stream", { signal: stop.signal })
    if (!answer.ok) return false
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return heard
      heard = true
      clearTimeout(watch)
      watch = setTimeout(() => stop.abort(), 40_000) // a sign of life comes each 15 s
      if (value.includes("event: news")) refresh()
    }
  } catch { return heard } finally { clearTimeout(watch) }
}
addEventListener("online", () => { kick?.(); refresh() })
document.addEventListener("visibilitychange", () => { if (isSeen()) { if (hearing) refresh(); confirm() } })

// ---- the window
const grow = () => { text.style.height = "auto"; text.style.height = Math.min(text.scrollHeight + 2, 132) + "px" }
text.addEventListener("input", grow)
text.addEventListener("keydown", event => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  submit()
})
text.addEventListener("paste", event => {
  if (!told.files || !event.clipboardData.files.length) return
  event.preventDefault()
  attach(event.clipboardData.files)
})
$("write").addEventListener("submit", event => { event.preventDefault(); submit() })
later.addEventListener("submit", async event => {
  event.preventDefault()
  const phone = $("later-phone").value.trim()
  if (!phone) { $("later-phone").focus(); return }
  $("wrong-later").textContent = ""
  if (await say({ phone })) { known = true; draw(); text.focus() }
})
$("attach")?.addEventListener("click", () => $("files").click())
$("files")?.addEventListener("change", event => { attach(event.target.files).then(() => { event.target.value = "" }) })
$("close").addEventListener("click", () => tell({ close: true }))
addEventListener("keydown", event => { if (event.key === "Escape") tell({ close: true }) })

function prepare() {
  $("close").hidden = !framed
  for (const place of ask.querySelectorAll("[data-ask]")) {
    const name = place.dataset.ask
    const need = name === "consent" ? (told.consent ? "required" : "no") : told.ask[name]
    const field = place.querySelector("input")
    place.hidden = need === "no"
    field.required = need === "required"
    field.dataset.wrong = name === "consent" ? words.agree : words.needed
    if (need === "optional") place.querySelector("label span").textContent = ", " + words.optional
  }
  const shown = ask.querySelectorAll(".chat-field:not([hidden])")
  if (shown.length % 2) shown[shown.length - 1].classList.add("only")
  if (told.consent) linked($("consent"), told.consent.text)
}

function meet(page, kept) { // from here on a line knows where it was written
  about = page
  text.disabled = $("send").disabled = false
  if (kept?.token && !messages.length) token = kept.token
}

function focus() { if (matchMedia("(hover: hover)").matches) (ask.hidden ? text : ask.querySelector("[data-ask]:not([hidden]) input")).focus() }

addEventListener("message", async ({ source, origin, data }) => {
  if (!framed || source !== parent || origin !== host || !data?.voronka) return
  const said = data.voronka
  if (said.hello || said.open) meet(said.hello ?? said.open, said.kept)
  if (said.hello) { open = said.isOpen; await refresh(); if (open) focus() }
  if (said.open) { open = true; refresh(); confirm(); focus() }
  if (said.closed) open = false
})

prepare()
draw()
if (framed) tell({ ready: true })
else {
  const marks = [...new URLSearchParams(location.search)].filter(([name]) => /^(utm_\w+|[gy]clid|ymclid|fbclid|_ym_uid|roistat)$/.test(name))
  let kept = null
  try { kept = JSON.parse(localStorage.getItem(STORE)) } catch { /* this page only */ }
  meet({ page: location.href.slice(0, 1000), title: document.title, referrer: document.referrer, utm: Object.fromEntries(marks) }, kept)
  refresh().then(focus)
}
