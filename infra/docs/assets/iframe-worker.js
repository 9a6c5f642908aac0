/* The search works in a Web Worker, and browsers allow none on pages opened from the file system. There, a hidden frame
   with the same script takes its place. */
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = null
      this.waiting = []
      const frame = document.createElement("iframe")
      frame.hidden = true
      document.body.append(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => {
        const event = new MessageEvent("message", { data })
        this.dispatchEvent(event)
        if (this.onmessage) this.onmessage(event)
      }
      inside.importScripts = () => {}          /* other languages than English are not built in */
      this.frame = frame
      this.post = data => inside.dispatchEvent(new inside.MessageEvent("message", { data }))
      const script = inside.document.createElement("script")
      script.src = url
      script.onload = () => { this.isReady = true; this.waiting.splice(0).forEach(this.post) }
      inside.document.body.append(script)
    }

    postMessage(data) {
      if (this.isReady) this.post(data)
      else this.waiting.push(data)
    }

    terminate() {
      this.frame.remove()
    }
  }
}
