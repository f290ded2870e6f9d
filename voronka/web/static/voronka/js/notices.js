// Lets this browser show notices: <notice-device data-key data-worker data-open-url data-target>. One of its
// [data-state] children is shown: "off" with the button, "on", "denied", or "impossible".
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0))
const letters = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

class NoticeDevice extends HTMLElement {
  connectedCallback() {
    this.querySelector("button")?.addEventListener("click", () => this.#open())
    document.body.addEventListener("notices:closed", this.#forget)
    this.#look()
  }

  disconnectedCallback() {
    document.body.removeEventListener("notices:closed", this.#forget)
  }

  #show(state) {
    for (const child of this.querySelectorAll("[data-state]")) child.hidden = child.dataset.state !== state
  }

  /** Say how it stands: the server knows whether this log-in shows notices, the browser whether it still may. */
  async #look() {
    if (!window.isSecureContext || !navigator.serviceWorker || !window.PushManager || !window.Notification) return this.#show("impossible")
    if (Notification.permission === "denied") return this.#show("denied")
    const known = await this.#known()
    const on = known && this.#ours(known) && Notification.permission === "granted" && this.hasAttribute("data-here")
    this.#show(on ? "on" : "off")
  }

  async #known() {
    const worker = await navigator.serviceWorker?.getRegistration(this.dataset.worker)
    return worker?.pushManager.getSubscription()
  }

  async #open() {
    const button = this.querySelector("button")
    button.disabled = true
    try {
      if ((await Notification.requestPermission()) !== "granted") return this.#show("denied")
      const worker = await navigator.serviceWorker.register(this.dataset.worker)
      await active(worker)
      const known = await worker.pushManager.getSubscription()
      if (known && !this.#ours(known)) await known.unsubscribe()
      const address = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(this.dataset.key) })
      await this.#tell(address)
      this.toggleAttribute("data-here", true)
      this.#show("on")
    } catch {
      this.#show("failed")
    } finally {
      button.disabled = false
    }
  }

  #ours(subscription) {
    const key = subscription.options?.applicationServerKey
    return !key || letters(key) === this.dataset.key
  }

  #tell(subscription) {
    const { endpoint, keys } = subscription.toJSON()
    const values = { endpoint, p256dh: keys.p256dh, auth: keys.auth }
    return htmx.ajax("POST", this.dataset.openUrl, { source: this, target: this.dataset.target, swap: "outerHTML", values })
  }

  /** The device was taken off the list: the browser forgets its address as well. */
  #forget = async () => {
    this.toggleAttribute("data-here", false)
    const known = await this.#known()
    await known?.unsubscribe()
    this.#look()
  }
}

/** Wait until a new worker is at work: a browser subscribes no other. */
function active(registration) {
  const worker = registration.active ? null : registration.installing ?? registration.waiting
  if (!worker || worker.state === "activated") return Promise.resolve()
  return new Promise(done => worker.addEventListener("statechange", () => { if (worker.state === "activated") done() }))
}

customElements.define("notice-device", NoticeDevice)
