// Draw each chart as it nears the screen; it then takes the place of its still. The Vega view stays on the element.
(() => {
  const draw = (chart) =>
    vegaEmbed(chart.querySelector(".live"), JSON.parse(chart.querySelector("script").text), {
      renderer: "svg",
      actions: false,
      tooltip: { theme: "custom" },
    }).then((embedded) => {
      chart.view = embedded.view;
      chart.querySelectorAll(".vega-bind").forEach((bind) => {  // the name alone: a slider says its value itself
        bind.querySelector("input, select").setAttribute("aria-label", bind.querySelector(".vega-bind-name").textContent);
      });
      chart.classList.add("ready");
    });
  const near = new IntersectionObserver(
    (entries) =>
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        near.unobserve(entry.target);
        draw(entry.target);
      }),
    { rootMargin: "600px" },
  );
  document.querySelectorAll(".explorable").forEach((chart) => near.observe(chart));
})();
