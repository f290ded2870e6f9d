// The card: fields that save themselves, the composer, product lines, tabs on a phone.
import { make, text } from "app/texts"
import { toast } from "app/toasts"

// One field as an input: <edit-field data-control="line"><form>…. A choice saves at once, the rest when one leaves
// the field or presses Enter; Esc and leaving it unchanged bring the text back.
class EditField extends HTMLElement {
  #leaving = new AbortController()
  #first = ""
  #form

  connectedCallback() {
    const { signal } = this.#leaving
    this.#form = this.querySelector("form")
    this.#first = this.#state()
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    this.addEventListener("change", () => { if (["select", "search", "yes_no", "file"].includes(this.dataset.control)) this.#save() }, { signal })
    this.addEventListener("focusout", event => { if (event.relatedTarget && !this.contains(event.relatedTarget)) this.#leave() }, { signal })
    document.addEventListener("pointerdown", event => { if (!this.contains(event.target)) this.#leave() }, { signal, capture: true })
    queueMicrotask(() => this.#focus())
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  #focus() {
    const input = this.querySelector("[autofocus], input:not([type=hidden]), select, textarea")
    if (this.dataset.control === "search") return this.querySelector("app-select")?.dispatchEvent(new FocusEvent("focusin", { bubbles: true }))
    input?.focus()
    if (this.dataset.control !== "area") input?.select?.()
  }

  #state() {
    return this.#form ? JSON.stringify([...new FormData(this.#form)].map(([name, value]) => [name, value.name ?? value])) : ""
  }

  #pressed(event) {
    if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      this.#cancel()
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#save()
  }

  #leave() {
    if (!this.isConnected || this.classList.contains("invalid") && this.#state() === this.#first) return
    this.#state() === this.#first ? this.#cancel() : this.#save()
  }

  #save() {
    this.#form?.requestSubmit()
  }

  #cancel() {
    this.querySelector("[data-cancel]")?.click()
  }
}
customElements.define("edit-field", EditField)

// The composer: tabs, mentions by @, files, and a draft that survives closing the card.
class CardComposer extends HTMLElement {
  #leaving = new AbortController()
  #timer
  #found = []

  connectedCallback() {
    const { signal } = this.#leaving
    const box = this.#box
    box.value = sessionStorage.getItem(this.#key) ?? box.value
    this.addEventListener("click", event => this.#clicked(event), { signal })
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    box.addEventListener("input", () => this.#typed(), { signal })
    this.querySelector("[name=files]")?.addEventListener("change", ({ target }) => this.#chosen(target), { signal })
    this.addEventListener("composer:done", ({ target }) => this.#done(target), { signal })
    document.addEventListener("click", event => {
      const opener = event.target.closest("[data-compose]")
      if (opener && !this.contains(opener)) this.#show(opener.dataset.compose)
    }, { signal })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get #box() { return this.querySelector(".compose-note textarea") }
  get #list() { return this.querySelector(".mention-list") }
  get #key() { return `note:${this.dataset.item}` }

  #clicked(event) {
    const tab = event.target.closest("[data-compose]")
    if (tab) return this.#show(tab.dataset.compose)
    const moment = event.target.closest("[data-due]")
    if (moment) this.querySelector("[name=due]").value = moment.dataset.due
    if (event.target.closest("[data-mention]")) this.#insert("@")
    const person = event.target.closest("[data-person]")
    if (person) this.#mention(person.dataset)
  }

  #show(kind) {
    const plan = this.querySelector(".compose-plan")
    if (kind !== "note" && !plan) return
    for (const tab of this.querySelectorAll("[data-compose]")) tab.setAttribute("aria-pressed", tab.dataset.compose === kind)
    this.querySelector(".compose-note").hidden = kind !== "note"
    if (plan) {
      plan.hidden = kind === "note"
      plan.elements.kind.value = kind
      for (const part of plan.querySelectorAll("[data-only]")) part.hidden = part.dataset.only !== kind
    }
    this.scrollIntoView({ block: "nearest" })
    const input = kind === "note" ? this.#box : plan.elements.title
    input.focus()
  }

  #typed() {
    sessionStorage.setItem(this.#key, this.#box.value)
    const query = this.#query()
    clearTimeout(this.#timer)
    if (query === null) return this.#hide()
    this.#timer = setTimeout(() => this.#search(query), 120)
  }

  /** The letters after the last @ before the caret, or null. */
  #query() {
    const before = this.#box.value.slice(0, this.#box.selectionStart)
    return before.match(/(?:^|\s)@([\p{L}\d.-]{0,30})$/u)?.[1] ?? null
  }

  async #search(query) {
    const address = new URL(this.dataset.people, location.href)
    address.searchParams.set("q", query)
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null)
    if (!answer?.ok || this.#query() !== query) return
    this.#found = await answer.json()
    this.#list.replaceChildren(...this.#found.map(({ id, name }, n) => make("li", { role: "option", "aria-selected": n === 0 },
      make("button", { type: "button", class: "menu-item", tabindex: "-1", "data-person": id, "data-name": name, ...(n === 0 && { "aria-selected": "true" }) }, name))))
    this.#list.hidden = !this.#found.length
  }

  #hide() {
    this.#list.hidden = true
  }

  #pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.target.closest("form")?.requestSubmit()
    if (this.#list.hidden) return
    const options = [...this.#list.querySelectorAll("[data-person]")]
    const now = options.findIndex(option => option.ariaSelected === "true" || option.getAttribute("aria-selected") === "true")
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      const next = (now + step + options.length) % options.length
      options.forEach((option, n) => option.setAttribute("aria-selected", n === next))
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault()
      this.#mention(options[Math.max(now, 0)].dataset)
    } else if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      this.#hide()
    }
  }

  /** People see the name while they write; the form sends "@[id]". */
  #mention({ person, name }) {
    const box = this.#box
    const before = box.value.slice(0, box.selectionStart).replace(/@[\p{L}\d.-]{0,30}$/u, "")
    const after = box.value.slice(box.selectionStart)
    this.#names.set(`@${name}`, `@[${person}]`)
    box.value = `${before}@${name} ${after}`
    box.selectionStart = box.selectionEnd = before.length + name.length + 2
    sessionStorage.setItem(this.#key, box.value)
    this.#hide()
    box.focus()
  }
  #names = new Map()

  /** The text as the server wants it. */
  coded(value) {
    for (const [name, code] of [...this.#names].sort(([a], [b]) => b.length - a.length)) value = value.replaceAll(name, code)
    return value
  }

  #insert(letters) {
    const box = this.#box
    const gap = box.value && !/\s$/.test(box.value.slice(0, box.selectionStart)) ? " " : ""
    box.setRangeText(gap + letters, box.selectionStart, box.selectionEnd, "end")
    box.focus()
    this.#typed()
  }

  #chosen({ files }) {
    const place = this.querySelector(".compose-files")
    place.replaceChildren(...[...files].map(file => make("span", { class: "badge" }, file.name)))
    place.hidden = !files.length
  }

  #done(form) {
    form.closest("form")?.reset()
    if (form.matches(".compose-note, .compose-note *")) {
      sessionStorage.removeItem(this.#key)
      this.#chosen({ files: [] })
      this.#names.clear()
    } else this.#show("note")
  }
}
customElements.define("card-composer", CardComposer)

document.addEventListener("htmx:configRequest", ({ detail }) => {
  const composer = detail.elt.closest?.("card-composer")
  if (composer && detail.elt.matches(".compose-note")) detail.parameters.set?.("text", composer.coded(detail.parameters.get("text"))) ?? (detail.parameters.text = composer.coded(detail.parameters.text))
})

// Products: totals while one types; a name of the price list brings its price.
class ProductLines extends HTMLElement {
  connectedCallback() {
    this.addEventListener("input", event => this.#typed(event.target))
    this.addEventListener("click", event => {
      if (event.target.closest("[data-add]")) this.#add()
      const drop = event.target.closest("[data-drop]")
      if (drop) { drop.closest("tr").remove(); this.#count() }
    })
    if (!this.#rows.length) this.#add()
    this.#count()
  }

  get #rows() { return [...this.querySelectorAll("tbody tr")] }

  #add() {
    const row = this.querySelector("template").content.cloneNode(true)
    this.querySelector("tbody").append(row)
    this.#rows.at(-1).querySelector("[name=name]").focus()
  }

  #typed(input) {
    if (input.name === "name") {
      const row = input.closest("tr")
      const offered = [...this.querySelectorAll("datalist option")].find(option => option.value === input.value)
      row.querySelector("[name=product]").value = offered?.dataset.id ?? ""
      if (offered) row.querySelector("[name=price]").value = offered.dataset.price
    }
    this.#count()
  }

  #count() {
    let sum = 0
    for (const row of this.#rows) {
      const [quantity, price, discount] = ["quantity", "price", "discount"].map(name => number(row.querySelector(`[name=${name}]`).value))
      const total = Math.round(quantity * price * (100 - discount)) / 100
      row.querySelector("[data-total]").textContent = written(total)
      sum += total
    }
    this.querySelector("[data-sum]").textContent = written(sum)
  }
}
customElements.define("product-lines", ProductLines)

const number = typed => Number(typed.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".")) || 0
const written = value => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 })

document.addEventListener("click", async event => {
  const moment = event.target.closest("#dialog [data-due]")
  if (moment) moment.closest("form").elements.due.value = moment.dataset.due
  const tab = event.target.closest("[data-item-tab]")
  if (tab) {
    const item = tab.closest(".item")
    item.querySelector(".item-body").dataset.tab = tab.dataset.itemTab
    for (const other of item.querySelectorAll("[data-item-tab]")) other.setAttribute("aria-pressed", other === tab)
  }
  const copy = event.target.closest("[data-copy-link]")
  if (copy) {
    await navigator.clipboard?.writeText(new URL(copy.dataset.copyLink, location.href).href)
    toast({ kind: "info", text: text("copied") })
  }
})

// Folded sections stay as the person left them, for all cards of this browser.
const folds = JSON.parse(localStorage.getItem("folds") ?? "{}")
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches?.("[data-keep-fold]")) return
  folds[target.dataset.keepFold] = target.open
  localStorage.setItem("folds", JSON.stringify(folds))
}, true)
document.addEventListener("htmx:afterSettle", () => {
  for (const fold of document.querySelectorAll("[data-keep-fold]"))
    if (fold.dataset.keepFold in folds) fold.open = folds[fold.dataset.keepFold]
})

// A card that has moved on: an open card re-reads its pieces.
document.addEventListener("item:moved", ({ detail }) => {
  if (document.querySelector(`[data-item="${detail.id}"]`)) {
    htmx.trigger(document.body, "card:read")
    const head = document.getElementById(`item-head-${detail.id}`)
    if (head) htmx.trigger(head, "live")
  }
})
