// The list: ticking rows, walking them by keys, editing a cell where it stands, dragging columns.
// What others do arrives by itself: rows that are shown change in place, further cards wait behind a button.
// What a card is and whether it may change is the server's to say; after a change a row is read again.

const CALM = 400 // milliseconds in which several changes become one re-reading
const MOST = 100 // changed cards in one question

class CardList extends HTMLElement {
  #picked = new Set()
  #all = false
  #last = null // the row ticked before, for a range with Shift
  #opened = "" // the card that stands in the slider
  #stale = new Set() // ids that somebody changed
  #further = new Set() // ids that pass the filter and are not shown yet
  #timer
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving
    const listen = (name, act) => document.addEventListener(name, act, { signal })
    this.addEventListener("click", event => this.#clicked(event), { signal })
    this.addEventListener("change", event => this.#changed(event.target), { signal })
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    listen("item:moved", ({ detail }) => this.#again(detail.id))
    listen("item:deleted", ({ detail }) => this.#again(detail.id))
    listen("item:created", () => this.refresh())
    listen("list:changed", () => this.refresh())
    listen("slider:closed", () => { if (this.#opened) this.#again(this.#opened); this.#opened = "" })
    listen("live:change", ({ detail }) => this.#heard(detail))
    listen("visibilitychange", () => this.#soon())
    this.addEventListener("live", () => { for (const row of this.#rows) this.#stale.add(row.dataset.id); this.#soon() }, { signal }) // after an outage
    listen("htmx:afterSwap", event => this.#swapped(event.detail.target))
    this.#dressHeads()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    clearTimeout(this.#timer)
  }

  get #cards() { return this.querySelector("#cards") }
  get #rows() { return [...this.querySelectorAll("tbody tr[data-id]")] }
  get #cursor() { return this.querySelector("tr.cursor") }

  /** Read the whole list again, from its beginning. */
  refresh() {
    htmx.ajax("GET", this.#cards.dataset.refresh, { target: "#cards", select: "#cards", swap: "outerHTML" })
  }

  /** Read one row again: it goes away when the card no longer passes the filter. */
  #again(id) {
    const row = this.querySelector(`#row-${CSS.escape(id)}`)
    if (!row) return this.refresh()
    const address = new URL(this.#cards.dataset.refresh, location.href)
    address.searchParams.set("row", id)
    htmx.ajax("GET", address.pathname + address.search, { target: row, swap: "outerHTML" })
  }

  #heard({ v: verb, s: subject, i: id, p: pipeline }) {
    if (subject !== "item" || verb === "item.watched") return
    const shown = this.querySelector(`#row-${CSS.escape(id)}`)
    if (!shown && this.dataset.pipeline && String(pipeline) !== this.dataset.pipeline) return
    this.#stale.add(String(id))
    this.#soon()
  }

  #soon() {
    clearTimeout(this.#timer)
    if (this.#stale.size && !document.hidden) this.#timer = setTimeout(() => this.#reread(), CALM)
  }

  /** Read what others changed: rows in place; one that is being edited waits, one that has gone stays grey until asked. */
  async #reread() {
    const ids = [...this.#stale].filter(id => !this.querySelector(`#row-${CSS.escape(id)} .editing`)).slice(0, MOST)
    if (!ids.length) return this.#later()
    for (const id of ids) this.#stale.delete(id)
    const address = new URL(this.#cards.dataset.refresh, location.href)
    for (const id of ids) address.searchParams.append("row", id)
    const box = document.createElement("template")
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } })
      if (!answer.ok) return
      box.innerHTML = await answer.text()
    } catch {
      return
    }
    for (const id of ids) this.#put(id, box.content.getElementById(`row-${id}`))
    this.#offer()
    this.#later()
  }

  #later() {
    if (this.#stale.size) this.#timer = setTimeout(() => this.#reread(), CALM * 5)
  }

  #put(id, row) {
    const old = this.querySelector(`#row-${CSS.escape(id)}`)
    if (!old) return row ? this.#further.add(id) : this.#further.delete(id)
    if (old.querySelector(".editing")) return this.#stale.add(id)
    if (!row) return old.classList.add("gone")
    if (old.classList.contains("cursor")) row.classList.add("cursor")
    row.querySelector(".check").checked = this.#all || this.#picked.has(id)
    const focused = old.contains(document.activeElement)
    old.replaceWith(row)
    htmx.process(row)
    if (!focused) return
    row.tabIndex = -1
    row.focus({ preventScroll: true })
  }

  /** Say that further cards have come; a click reads the list anew. */
  #offer() {
    const button = this.querySelector("[data-newer]")
    if (!button) return
    button.hidden = !this.#further.size
    button.querySelector(".counter").textContent = this.#further.size
  }

  #swapped(target) {
    if (target.id === "dialog") return this.#leaveStage()
    if (!this.contains(target) && target !== this) return
    if (target.id === "cards") {
      this.#picked.clear()
      this.#all = false
      this.#further.clear()
      this.#dressHeads()
    }
    for (const row of this.#rows) row.querySelector(".check").checked = this.#all || this.#picked.has(row.dataset.id)
    this.#count()
  }

  #clicked(event) {
    const { target } = event
    const step = target.closest("[data-step]")
    if (step) return this.#walk(Number(step.dataset.step))
    if (target.closest("[data-newer]")) return this.refresh()
    if (target.closest("[data-tick]")) return this.#tick()
    if (target.closest("[data-pick-none]")) return this.#pick(this.#rows, false, { none: true })
    if (target.closest("[data-pick-all]")) {
      this.#pick(this.#rows, true)
      this.#all = true
      return this.#count()
    }
    if (target.matches("tbody .check")) {
      if (event.shiftKey && this.#last) this.#range(target.closest("tr"), target.checked)
      this.#last = target.closest("tr")
      return
    }
    const edit = target.closest(".cell-edit > button, [data-edit]")
    if (edit) return this.#edit(edit.closest("td"))
    const link = target.closest("tbody a[data-slider]")
    if (link) this.#opened = link.closest("tr").dataset.id
  }

  #changed(target) {
    if (target.matches("[data-pick-page]")) return this.#pick(this.#rows, target.checked, { none: !target.checked })
    if (target.matches("tbody .check")) this.#pick([target.closest("tr")], target.checked)
  }

  #range(row, on) {
    const rows = this.#rows
    const [from, to] = [rows.indexOf(this.#last), rows.indexOf(row)].sort((a, b) => a - b)
    if (from >= 0) this.#pick(rows.slice(from, to + 1), on)
  }

  #pick(rows, on, { none = false } = {}) {
    for (const row of rows) {
      row.querySelector(".check").checked = on
      if (on) this.#picked.add(row.dataset.id)
      else this.#picked.delete(row.dataset.id)
    }
    if (none) this.#picked.clear()
    if (!on) this.#all = false
    this.#count()
  }

  #count() {
    const bar = this.querySelector("[data-bulk]")
    if (!bar) return
    const rows = this.#rows
    const page = this.querySelector("[data-pick-page]")
    const picked = this.#picked.size
    if (page) {
      page.checked = rows.length > 0 && rows.every(row => this.#picked.has(row.dataset.id))
      page.indeterminate = picked > 0 && !page.checked
    }
    bar.hidden = !picked
    bar.querySelector("[data-picked]").textContent = this.#all ? bar.dataset.bulk : picked
    bar.querySelector("[data-pick-more]").hidden = this.#all || !page?.checked || !this.querySelector("#list-more")
    bar.elements.ids.value = this.#all ? "" : [...this.#picked].join(",")
    bar.elements.all.value = this.#all ? "1" : ""
  }

  #walk(step) {
    const rows = this.#rows
    const now = rows.indexOf(this.#cursor)
    const next = rows[now < 0 ? 0 : Math.min(Math.max(now + step, 0), rows.length - 1)]
    if (!next) return
    this.#cursor?.classList.remove("cursor")
    next.classList.add("cursor")
    next.tabIndex = -1
    next.focus({ preventScroll: true })
    next.scrollIntoView({ block: "nearest" })
  }

  #tick() {
    const row = this.#cursor
    if (row) this.#pick([row], !this.#picked.has(row.dataset.id))
  }

  #pressed(event) {
    const { target } = event
    if (event.key === "Enter" && target.matches("tbody tr")) {
      event.preventDefault()
      return target.querySelector("a[data-slider]")?.click()
    }
    if (!target.matches("tbody tr, .cell-edit > button")) return
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step) {
      const cells = [...target.closest("tr").querySelectorAll(".cell-edit > button")]
      const next = cells[cells.indexOf(target) + step]
      event.preventDefault()
      return next ? next.focus() : target.closest("tr").focus()
    }
    const rows = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (rows && target.matches("tr")) {
      event.preventDefault()
      this.#walk(rows)
    }
  }

  #edit(cell) {
    const url = this.dataset.cell.replace("/0/", `/${cell.closest("tr").dataset.id}/`).replace(/-$/, cell.dataset.code)
    htmx.ajax("GET", url, { target: cell, swap: "outerHTML" })
  }

  /** The gate asks in its dialog: the cell shows its stage again, or a click there would move once more. */
  #leaveStage() {
    this.querySelector(".editing[data-code=stage] [data-cancel]")?.click()
  }

  async #dressHeads() {
    const heads = this.querySelector("thead tr")
    if (!heads || !matchMedia("(hover: hover)").matches) return
    const { default: Sortable } = await import("sortablejs")
    if (!heads.isConnected) return
    Sortable.create(heads, {
      draggable: "th[data-code]", ghostClass: "ghost", delay: 150, delayOnTouchOnly: true,
      onEnd: ({ oldIndex, newIndex }) => { if (oldIndex !== newIndex) this.#order(heads) },
    })
  }

  #order(heads) {
    const column = [...heads.querySelectorAll("th[data-code]")].map(head => head.dataset.code)
    htmx.ajax("POST", this.dataset.columnsUrl, { values: { column }, swap: "none" })
  }
}
customElements.define("card-list", CardList)

// The dialog with the columns: drag, or up and down.
class ColumnOrder extends HTMLElement {
  async connectedCallback() {
    this.addEventListener("click", event => {
      const button = event.target.closest("[data-move]")
      if (!button) return
      const row = button.closest("li")
      if (button.dataset.move < 0) row.previousElementSibling?.before(row)
      else row.nextElementSibling?.after(row)
      button.focus()
    })
    const { default: Sortable } = await import("sortablejs")
    const list = this.querySelector("ul")
    if (list) Sortable.create(list, { handle: ".grip", ghostClass: "ghost", animation: 120 })
  }
}
customElements.define("column-order", ColumnOrder)

// A box in the head of a plain table that ticks all of its rows: <input data-pick-all-of="ids">.
document.addEventListener("change", ({ target }) => {
  const name = target.dataset?.pickAllOf
  if (!name) return
  for (const box of target.closest("form").querySelectorAll(`input[name="${CSS.escape(name)}"]`)) box.checked = target.checked
})
