// A place in this browser for work that has not been sent: `read`, `write` and `forget` by a key. What is older than some
// hours goes when anything is read. Where the browser has no such place, nothing is kept.
const MAX_AGE_MS = 6 * 3_600_000;

class BrowserStore extends HTMLElement {
  async read(key) {
    await this.sweep();
    return (await this.ask("get", key))?.work;
  }

  write(key, work) {
    return this.ask("put", { at: Date.now(), work }, key);
  }

  forget(key) {
    return this.ask("delete", key);
  }

  async sweep() {
    for (const key of (await this.ask("getAllKeys")) ?? []) {
      const { at } = (await this.ask("get", key)) ?? {};
      if (Date.now() - at > MAX_AGE_MS) await this.forget(key);
    }
  }

  ask(verb, ...values) {
    return new Promise((resolve) => {
      const opening = indexedDB.open("revive", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("work");
      opening.onerror = () => resolve();
      opening.onsuccess = () => {
        const request = opening.result.transaction("work", "readwrite").objectStore("work")[verb](...values);
        request.onsuccess = request.onerror = () => resolve(request.result, opening.result.close());
      };
    });
  }
}

customElements.define("browser-store", BrowserStore);
