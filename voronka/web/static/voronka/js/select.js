// A select one can type in: <app-select><select name="owner" class="form-select">…</select></app-select>.
// With data-url="/people/choices" it asks the server: JSON [{"value", "text", "hint"}] for ?q=…
// The library loads when the first such select is touched; until then the plain select works.
class AppSelect extends HTMLElement {
  #picker
  #select

  connectedCallback() {
    this.#select = this.querySelector("select")
    if (this.#picker || !this.#select) return
    if (this.#select.multiple) return this.#start() // bare, it would say "0 selected" in the browser's words
    this.addEventListener("pointerdown", this, { once: true })
    this.addEventListener("focusin", this, { once: true })
  }

  disconnectedCallback() {
    this.#picker?.destroy()
    this.#picker = undefined
  }

  async handleEvent(event) {
    if (event.type === "pointerdown") event.preventDefault()
    this.removeEventListener("pointerdown", this)
    this.removeEventListener("focusin", this)
    await this.#start()
    this.#picker?.focus()
  }

  async #start() {
    const { default: TomSelect } = await import("tom-select")
    if (!this.isConnected || this.#picker) return
    const { url, create } = this.dataset
    this.#picker = new TomSelect(this.#select, {
      create: create !== undefined,
      maxOptions: 200,
      plugins: this.#select.multiple ? ["remove_button"] : [],
      placeholder: this.#select.getAttribute("placeholder") ?? "",
      render: { option: ({ text, hint }, escape) =>
        `<div><div>${escape(text)}</div>${hint ? `<div class="text-xs text-muted">${escape(hint)}</div>` : ""}</div>` },
      ...(url && { preload: "focus", load: (query, done) => this.#load(url, query, done), score: () => () => 1 }),
    })
  }

  async #load(url, query, done) {
    const address = new URL(url, location.href)
    address.searchParams.set("q", query)
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } })
      done(answer.ok ? await answer.json() : [])
    } catch {
      done([])
    }
  }
}
customElements.define("app-select", AppSelect)
