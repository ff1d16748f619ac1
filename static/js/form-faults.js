// What the server refused, said beside the field that it is about, or here where it is about none.
class FormFaults extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.template = this.querySelector("template");
  }

  /** Tell of an error as the server sends it: {message, fields}; nothing at all means that there was no response. */
  tell(error) {
    const told = Object.entries(error?.fields ?? {}).filter(([name, words]) => this.beside(name, words));
    if (told.length) return this.lead(this.form.querySelector("[aria-invalid]").id);
    this.append(this.words(error?.message ?? this.dataset.trouble));
  }

  /** Go where something is wrong: to its field, or to the canvas that it is drawn on. */
  lead(name) {
    const canvas = this.form.querySelector(`button[data-mode="${name}"]`);
    canvas ? canvas.click() : document.getElementById(name).focus();
  }

  clear() {
    for (const fault of this.form.querySelectorAll(".field-error[data-fault]")) fault.remove();
    for (const field of this.form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      const describing = (field.getAttribute("aria-describedby") ?? "").split(" ");
      field.setAttribute("aria-describedby", describing.filter((id) => id !== `${field.id}-error`).join(" "));
    }
  }

  beside(name, words) {
    const field = document.getElementById(name);
    const place = this.form.querySelector(`.option[data-option="${name}"]`) ?? field?.closest("photo-drop, .field");
    if (!place || !field || !this.form.contains(field)) return false;
    const fault = this.words(words, `${name}-error`);
    place.append(fault);
    place.closest("details")?.setAttribute("open", "");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${fault.id} ${field.getAttribute("aria-describedby") ?? ""}`.trim());
    if (field.tabIndex < 0) field.tabIndex = -1;
    return true;
  }

  words(words, id = "") {
    const fault = this.template.content.firstElementChild.cloneNode(true);
    fault.querySelector("span").textContent = words;
    fault.dataset.fault = "";
    if (id) fault.id = id;
    return fault;
  }
}

customElements.define("form-faults", FormFaults);
