// Lists whose order people change: by dragging the grip, by touch, or by the arrow keys on the grip.
//   <row-list> rows of a form: <ol> of rows, a <template> to add from, [data-add], [data-drop], [data-grip]
//   <sort-list data-url data-target="#x" data-name="codes"> saves at once: [data-sort] lists of [data-code]
const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }
const LOOKS = { animation: 140, ghostClass: "ghost", chosenClass: "lifted", dragClass: "dragging", delay: 120, delayOnTouchOnly: true, touchStartThreshold: 4 }
const sortable = () => import("sortablejs").then(module => module.default)

/** Move `row` among its siblings by an arrow key; false when it stands at the end already. */
export function step(event, row, others = [...row.parentElement.children]) {
  const by = STEPS[event.key]
  if (!by) return false
  event.preventDefault()
  const other = others[others.indexOf(row) + by]
  if (!other) return false
  by < 0 ? other.before(row) : other.after(row)
  event.target.focus()
  return true
}

class RowList extends HTMLElement {
  #sortable

  connectedCallback() {
    this.addEventListener("click", this)
    this.addEventListener("keydown", this)
    sortable().then(Sortable => {
      if (this.isConnected) this.#sortable = Sortable.create(this.#list, { ...LOOKS, handle: "[data-grip]", onEnd: () => this.#changed() })
    })
  }

  disconnectedCallback() {
    this.#sortable?.destroy()
  }

  get #list() { return this.querySelector(":scope > ol") }

  handleEvent(event) {
    if (event.target.closest("row-list") !== this) return // a list inside minds its own rows
    const grip = event.target.closest("[data-grip]")
    if (event.type === "keydown") {
      if (grip && step(event, grip.closest("li"))) this.#changed()
    } else if (event.target.closest("[data-add]")) this.#add()
    else if (event.target.closest("[data-drop]")) this.#drop(event.target.closest("li"))
  }

  #add() {
    const row = this.querySelector(":scope > template").content.cloneNode(true)
    const uid = crypto.randomUUID?.().slice(0, 8) ?? String(Math.random()).slice(2, 10)
    for (const input of row.querySelectorAll("[data-uid]")) input.value = uid
    this.#list.append(row)
    const inputs = [...this.#list.lastElementChild.querySelectorAll("input:not([type=hidden]), textarea")]
    inputs.find(input => input.checkVisibility?.() !== false)?.focus()
    this.#changed()
  }

  #drop(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling
    row.remove()
    this.#changed()
    ;(next?.querySelector("[data-drop]") ?? this.querySelector("[data-add]")).focus()
  }

  /** Tell the form that something is not saved yet. */
  #changed() {
    this.dispatchEvent(new Event("input", { bubbles: true }))
    this.dispatchEvent(new Event("rows:changed", { bubbles: true }))
  }
}
customElements.define("row-list", RowList)

class SortList extends HTMLElement {
  #leaving = new AbortController()
  #bound = new Map()

  connectedCallback() {
    const { signal } = this.#leaving
    this.addEventListener("keydown", event => this.#pressed(event), { signal })
    document.addEventListener("htmx:afterSwap", () => this.#bind(), { signal })
    this.#bind()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    for (const sorted of this.#bound.values()) sorted.destroy()
  }

  async #bind() {
    const Sortable = await sortable()
    for (const [list, sorted] of this.#bound) if (!this.contains(list)) { sorted.destroy(); this.#bound.delete(list) }
    for (const list of this.querySelectorAll("[data-sort]")) {
      if (this.#bound.has(list) || !this.isConnected) continue
      const options = {
        ...LOOKS, handle: "[data-grip]", draggable: ">[data-code]", group: list.dataset.sort || undefined, fallbackOnBody: true, swapThreshold: 0.65, emptyInsertThreshold: 12,
        onEnd: ({ item, from, to, oldDraggableIndex, newDraggableIndex }) => {
          if (from !== to || oldDraggableIndex !== newDraggableIndex) this.#send(item, to)
        },
      }
      this.#bound.set(list, Sortable.create(list, options))
    }
  }

  #pressed(event) {
    const row = event.target.closest("[data-grip]")?.closest("[data-code]")
    if (row && step(event, row, rowsOf(row.parentElement))) this.#send(row, row.parentElement)
  }

  #send(row, list) {
    const target = document.querySelector(this.dataset.target)
    const values = { ...JSON.parse(list.dataset.values ?? "{}"), moved: row.dataset.code, [this.dataset.name]: rowsOf(list).map(other => other.dataset.code) }
    const url = list.dataset.url ?? this.dataset.url
    this.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (!detail.successful) htmx.ajax("GET", target.getAttribute("hx-get"), { source: this, target, swap: "morph" }) // as it was
    }, { once: true })
    htmx.ajax("POST", url, { source: this, target, swap: "morph", values })
  }
}
const rowsOf = list => [...list.children].filter(row => row.dataset.code !== undefined)
customElements.define("sort-list", SortList)
