// Short answers in the corner. The server sends them as HX-Trigger: {"toast": {"text", "kind", "undo_url"}};
// full pages carry Django's messages as <template data-toast>. A toast with an undo stays for ten seconds.
import { icon, make, text } from "app/texts"

const LIFE = { plain: 5000, undo: 10_000, error: 12_000 } // milliseconds
const MARKS = { success: "circle-check", error: "alert-circle", warning: "alert-triangle", info: "info-circle" }

class AppToasts extends HTMLElement {
  #begun = false

  connectedCallback() {
    if (this.#begun) return // it only moved into a dialog or out of it
    this.#begun = true
    this.setAttribute("role", "status")
    this.setAttribute("aria-live", "polite")
    this.popover = "manual"
    for (const { dataset } of document.querySelectorAll("template[data-toast]"))
      this.show({ text: dataset.toast, kind: dataset.kind })
  }

  show({ text: words, kind = "success", undo_url: undo, link, sticky = false }) {
    const same = [...this.children].find(other => other.dataset.words === words && !undo)
    same?.remove()
    const close = make("button", { type: "button", class: "btn btn-icon", "aria-label": text("close") }, icon("x"))
    const toast = make("div", { class: `toast toast-${kind}`, "data-words": words }, icon(MARKS[kind] ?? MARKS.info))
    if (kind === "error") toast.setAttribute("role", "alert")
    toast.append(make("span", { class: "text" }, words))
    const gone = () => {
      clearTimeout(timer)
      toast.classList.add("leaving")
      setTimeout(() => { toast.remove(); this.#settle() }, 160)
    }
    if (undo) {
      const button = make("button", { type: "button", class: "btn", "data-key": "z" }, text("undo"))
      button.addEventListener("click", () => {
        htmx.ajax("POST", undo, { source: document.body, swap: "none" })
        gone()
      })
      toast.append(button)
    }
    if (link) toast.append(make("a", { class: "btn", href: link.url }, link.text))
    toast.append(close)
    close.addEventListener("click", gone)
    let timer
    const life = undo ? LIFE.undo : LIFE[kind] ?? LIFE.plain
    const wait = () => { if (!sticky) timer = setTimeout(gone, life) }
    toast.addEventListener("pointerenter", () => clearTimeout(timer))
    toast.addEventListener("pointerleave", wait)
    wait()
    this.append(toast)
    this.#raise()
  }

  /** A modal dialog makes the rest of the page inert, so the stack moves into the topmost one. */
  #raise() {
    const host = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body
    if (this.parentElement !== host) host.append(this)
    if (this.matches(":popover-open")) this.hidePopover()
    this.showPopover()
  }

  #settle() {
    if (!this.children.length && this.matches(":popover-open")) this.hidePopover()
  }

  /** Leave a dialog that is closing. */
  home() {
    if (this.parentElement === document.body) return
    document.body.append(this)
    if (this.children.length) this.#raise()
  }
}
customElements.define("app-toasts", AppToasts)

export const toast = options => document.querySelector("app-toasts").show(options)

document.addEventListener("toast", event => toast(event.detail))
document.addEventListener("close", () => document.querySelector("app-toasts").home(), true)
