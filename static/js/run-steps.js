// The steps of a run: a press on one shows its before and after where the picture is, without a reload. The page of the
// step, which its link leads to, has that part; so the address says what is seen.
class RunSteps extends HTMLElement {
  connectedCallback() {
    if (this.links) return;
    this.links = [...this.querySelectorAll("a[data-step]")];
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-step]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.show(link);
    });
  }

  async show(link) {
    const job = this.closest(".job");
    // The page may still have the address of the tool: only the job's own has steps.
    const url = new URL(job.dataset.url + link.search, location.href);
    try {
      const response = await fetch(url, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      job.querySelector(".job-view").replaceWith(page.querySelector(".job-view"));
    } catch {
      return location.assign(url);
    }
    for (const each of this.links) each.toggleAttribute("aria-current", false);
    link.setAttribute("aria-current", "true");
    history.replaceState(null, "", url);
  }
}

customElements.define("run-steps", RunSteps);
