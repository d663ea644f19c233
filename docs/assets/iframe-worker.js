// Search without a server. Browsers refuse workers to a page opened from disk, so its script runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.title = "search"
      this.ready = new Promise(resolve => {
        // Chromium runs a script in the frame's first document, Firefox only in the one it has loaded.
        frame.addEventListener("load", () => {
          const inside = frame.contentWindow
          inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
          inside.importScripts = (...scripts) =>
            scripts.reduce((before, script) => before.then(() => load(inside, script)), Promise.resolve())
          load(inside, url).then(() => resolve(inside))
        })
      })
      frame.srcdoc = "<!doctype html>"
      document.documentElement.append(frame)
    }

    postMessage(data) {
      this.ready.then(inside => inside.dispatchEvent(new inside.MessageEvent("message", { data })))
    }

    terminate() {}
  }

  function load(inside, url) {
    return new Promise((resolve, reject) => {
      const script = inside.document.createElement("script")
      script.src = new URL(url, location.href)
      script.onload = resolve
      script.onerror = reject
      inside.document.head.append(script)
    })
  }
}
