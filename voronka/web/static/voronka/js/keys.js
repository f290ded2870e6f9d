// Keys of the page: <button data-key="n" data-key-title="New deal">; "g d" is g and then d; "?" shows them all.
// Letters are read by their place on the keyboard, so they work in the Russian layout as well, and
// hints show the letter of the layout that was typed in last.
import { icon, make, text } from "app/texts"

const PAUSE = 900 // milliseconds between the two keys of a pair
let first = ""
let timer

const name = event => {
  if (/^Key[A-Z]$/.test(event.code)) return event.code.at(-1).toLowerCase()
  if (/^Digit\d$/.test(event.code) && !event.shiftKey) return event.code.at(-1)
  if (event.code === "Slash") return event.shiftKey ? "?" : "/"
  return { Enter: "enter", Delete: "delete", ArrowLeft: "left", ArrowRight: "right" }[event.key] ?? event.key
}
const typing = element => element?.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")

/** Keys work on the topmost layer only. */
const layer = () => [...document.querySelectorAll("dialog[open]")].at(-1) ?? document
const bound = () => [...layer().querySelectorAll("[data-key]")].filter(element => element.checkVisibility?.() !== false)

const LATIN = "qwertyuiopasdfghjklzxcvbnm"
const RUSSIAN = "йцукенгшщзфывапролдячсмить"
const LAYOUT = "voronka.layout"
let russian = localStorage.getItem(LAYOUT) === "ru"

/** Letter the hints in the layout of the keyboard: what is printed on the key that is meant. */
function letter(root) {
  for (const hint of root.querySelectorAll("kbd")) {
    const own = hint.dataset.latin ?? hint.textContent
    const place = own.length === 1 ? LATIN.indexOf(own.toLowerCase()) : -1
    if (place < 0) continue
    hint.dataset.latin = own
    const there = russian ? RUSSIAN[place] : own
    hint.textContent = own === own.toUpperCase() ? there.toUpperCase() : there
  }
}

document.addEventListener("keydown", event => {
  if (!/^Key[A-Z]$/.test(event.code) || event.key.length !== 1) return
  const now = /[а-яё]/i.test(event.key)
  if (now === russian) return
  russian = now
  localStorage.setItem(LAYOUT, now ? "ru" : "")
  letter(document)
}, true)
document.addEventListener("htmx:load", ({ detail }) => letter(detail.elt))
letter(document)

document.addEventListener("keydown", event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (typing(event.target)) return
  const key = name(event)
  if (key === "?") return sheet()
  const pair = first && `${first} ${key}`
  const elements = bound()
  const found = (pair && elements.find(e => e.dataset.key === pair)) || elements.find(e => e.dataset.key === key)
  clearTimeout(timer)
  if (found) {
    first = ""
    event.preventDefault()
    if (found.matches("input, textarea, select")) found.focus()
    else if (found.matches("details")) found.open = !found.open
    else found.click()
    return
  }
  first = elements.some(e => e.dataset.key.startsWith(`${key} `)) ? key : ""
  timer = setTimeout(() => { first = "" }, PAUSE)
})

function sheet() {
  const rows = new Map()
  for (const element of bound()) {
    const title = element.dataset.keyTitle ?? element.getAttribute("aria-label")
    if (title) rows.set(element.dataset.key, { title, group: element.dataset.keyGroup ?? text("this_page") })
  }
  for (const { key, title } of text("common_keys").split("\n").map(l => l.split("|")).map(([key, title]) => ({ key, title })))
    if (title && (key !== "ctrl K" || document.querySelector("app-palette"))) rows.set(key, { title, group: text("everywhere") })
  const groups = Map.groupBy ? Map.groupBy(rows, ([, row]) => row.group) : grouped(rows)
  const list = make("dl", { class: "keys" })
  for (const [group, entries] of groups) {
    list.append(make("dt", { class: "overline keys-group" }, group))
    for (const [key, row] of entries)
      list.append(make("dd", { class: "keys-row" }, make("span", {}, row.title),
        make("span", {}, ...key.split(" ").map(part => make("kbd", {}, part)))))
  }
  const close = make("button", { type: "button", class: "btn btn-ghost btn-icon", "data-close": "", "aria-label": text("close") }, icon("x"))
  const content = make("div", {}, make("div", { class: "dialog-head" }, make("h2", {}, text("keys_title")), close),
    make("div", { class: "dialog-content" }, list))
  letter(content)
  document.dispatchEvent(new CustomEvent("keys:dialog", { detail: content }))
}

function grouped(rows) {
  const groups = new Map()
  for (const entry of rows) groups.set(entry[1].group, [...(groups.get(entry[1].group) ?? []), entry])
  return groups
}
document.addEventListener("click", event => { if (event.target.closest("[data-keys-sheet]")) sheet() })
