// Shows notices that come while no page is open. It keeps nothing and reads nothing: the message says it all.
const HERE = self.registration.scope

self.addEventListener("push", event => {
  const { id, title, body } = event.data?.json() ?? {}
  if (title === undefined) return
  const options = { body, tag: `notice-${id}`, data: { id } } // a repeat replaces the first
  event.waitUntil(self.registration.showNotification(title, options))
})

self.addEventListener("notificationclick", event => {
  event.notification.close()
  const { id } = event.notification.data ?? {}
  const address = new URL(id ? `${id}/go/` : "", HERE).href
  event.waitUntil(open(address))
})

async function open(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true })
  const page = pages.find(one => one.focused) ?? pages[0]
  if (!page) return self.clients.openWindow(address)
  await page.focus()
  return page.navigate(address).catch(() => self.clients.openWindow(address))
}
