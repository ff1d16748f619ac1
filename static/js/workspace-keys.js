// The keys of what is shown in the middle work wherever the focus is in the workspace: those of the canvas while
// something is drawn, else those of the comparison. What a person types into a field stays there.
const TYPED = "input:not([type=range], [type=radio], [type=checkbox], [type=file], [type=color]), select, textarea";

class WorkspaceKeys extends HTMLElement {
  connectedCallback() {
    this.workspace = this.closest(".workspace");
    const over = new AbortController();
    this.leave = () => over.abort();
    for (const name of ["keydown", "keyup"]) document.addEventListener(name, (event) => this.pass(event), { signal: over.signal });
  }

  disconnectedCallback() {
    this.leave();
  }

  pass(event) {
    const { target } = event;
    const here = target === document.body || this.workspace.contains(target);
    if (event.defaultPrevented || !here || target.matches(TYPED)) return;
    const draws = this.workspace.classList.contains("is-drawing");
    const tools = this.workspace.querySelector(draws ? ".drawn.is-shown drawing-tools" : ".job-view compare-tools");
    // What has the focus inside has heard it.
    if (!tools || tools.closest("drawing-surface, compare-slider").contains(target)) return;
    if (event.type === "keydown") tools.key(event);
    else if (event.key.toLowerCase() === "b") tools.blink?.(false);
  }
}

customElements.define("workspace-keys", WorkspaceKeys);
