// A line for a formula: <formula-input><input role="combobox"><ul role="listbox">…</ul></formula-input>.
// The list below offers the fields and functions that fit the word at the cursor; arrows choose, Enter or Tab puts it in.
const WORD = /\{?[\p{L}_][\p{L}\d_.-]*$/u
const MOST = 8 // offers at once

class FormulaInput extends HTMLElement {
  connectedCallback() {
    for (const kind of ["input", "keydown", "focusout", "mousedown", "click"]) this.addEventListener(kind, this)
  }

  get #input() { return this.querySelector("input, textarea") }
  get #list() { return this.querySelector("[role=listbox]") }
  get #shown() { return [...this.#list.children].filter(option => !option.hidden) }
  get #chosen() { return this.#list.querySelector("[aria-selected=true]") }

  handleEvent(event) {
    if (event.type === "input") return this.#offer()
    if (event.type === "mousedown" && event.target.closest("[role=option]")) return event.preventDefault() // keeps the focus
    if (event.type === "click") {
      const option = event.target.closest("[role=option]")
      if (option) this.#put(option)
      else if (event.target.closest("[data-offer]")) this.#offerAll()
      return
    }
    if (event.type === "focusout") return this.contains(event.relatedTarget) ? undefined : this.#close()
    this.#key(event)
  }

  #key(event) {
    if (event.key === "ArrowDown" && this.#list.hidden && event.target === this.#input) { event.preventDefault(); return this.#offerAll() }
    if (this.#list.hidden) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      const shown = this.#shown
      const at = shown.indexOf(this.#chosen)
      this.#choose(shown[(at + step + shown.length) % shown.length])
    } else if ((event.key === "Enter" || event.key === "Tab") && this.#chosen) {
      event.preventDefault()
      this.#put(this.#chosen)
    } else if (event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      this.#close()
    }
  }

  #word() {
    const input = this.#input
    return WORD.exec(input.value.slice(0, input.selectionStart))?.[0] ?? ""
  }

  #offer() {
    const word = this.#word().replace("{", "").toLowerCase()
    if (!word || this.#quoted()) return this.#close()
    const options = [...this.#list.children]
    const rank = option => {
      const words = option.dataset.words.toLowerCase().split("|")
      return words.some(one => one.startsWith(word)) ? 0 : words.some(one => one.includes(word)) ? 1 : 2
    }
    const found = options.map(option => [rank(option), option]).filter(([place]) => place < 2).sort((a, b) => a[0] - b[0]).slice(0, MOST).map(([, option]) => option)
    this.#show(found)
  }

  #offerAll() {
    this.#input.focus()
    this.#show([...this.#list.children])
  }

  #show(found) {
    if (!found.length) return this.#close()
    for (const option of this.#list.children) option.hidden = !found.includes(option)
    this.#list.hidden = false
    this.#input.setAttribute("aria-expanded", "true")
    this.#choose(this.#shown[0])
    this.#list.scrollIntoView({ block: "nearest" })
  }

  #quoted() { // the cursor stands inside a text
    const before = this.#input.value.slice(0, this.#input.selectionStart)
    return before.split('"').length % 2 === 0 || before.split("'").length % 2 === 0 || before.lastIndexOf("«") > before.lastIndexOf("»")
  }

  #choose(option) {
    this.#chosen?.setAttribute("aria-selected", "false")
    option?.setAttribute("aria-selected", "true")
    option?.scrollIntoView({ block: "nearest" })
    this.#input.setAttribute("aria-activedescendant", option?.id ?? "")
  }

  #put(option) {
    const input = this.#input
    const end = input.selectionStart
    const text = option.dataset.insert
    input.setRangeText(text, end - this.#word().length, end, "end")
    if (text.endsWith("()") && !option.hasAttribute("data-bare")) input.setSelectionRange(input.selectionStart - 1, input.selectionStart - 1)
    input.focus()
    this.#close()
    for (const name of ["input", "change"]) input.dispatchEvent(new CustomEvent(name, { bubbles: true }))
    this.#close()
  }

  #close() {
    this.#list.hidden = true
    this.#input.setAttribute("aria-expanded", "false")
    this.#input.removeAttribute("aria-activedescendant")
  }
}
customElements.define("formula-input", FormulaInput)
