"use strict";

// Plays the run that is in the page. Everything is shown by textContent: what comes from a trace is
// text, whatever it looks like.
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  // 0 is before the first tick, END behind the last one.
  const END = data.ticks + 1;
  const STATES = {
    n: "new", r: "ready", c: "running", i: "running", d: "running", x: "running",
    b: "blocked", z: "zombie", "-": "gone",
  };
  // More tokens than these do not fit into a state.
  const MOST_TOKENS = 64;

  let now = 0;
  let side = "measured";
  let chosen = 0;
  let player = null;

  // What a run says of a process at a moment.

  const letterOf = (which, process, tick) => {
    if (tick <= 0) return "n";
    if (tick >= END) return data[which].end[process];
    return data[which].cells[process][tick - 1];
  };
  const stateOf = (which, process, tick) => {
    const letter = letterOf(which, process, tick);
    if (letter !== undefined) return STATES[letter];
    // This side has no such tick: it is over there.
    return STATES[data[which].end[process]];
  };
  const wordOf = (which, process, tick) => {
    const letter = letterOf(which, process, tick);
    return letter === undefined ? "–" : data.words[letter];
  };
  const differs = (process, tick) =>
    tick > 0 && tick < END &&
    letterOf("simulated", process, tick) !== letterOf("measured", process, tick);

  const time = (ns) => {
    if (ns < 1e3) return `${ns} ns`;
    if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} us`;
    if (ns < 1e9) return `${(ns / 1e6).toFixed(2)} ms`;
    return `${(ns / 1e9).toFixed(3)} s`;
  };
  const name = (tick) => {
    if (tick === 0) return "Before the first tick";
    if (tick === END) return data.goes_on ? "After the last tick drawn" : "After the last tick";
    return `Tick ${tick} of ${data.ticks}`;
  };
  const when = (tick) => {
    const times = data.times[tick - 1];
    if (tick === 0 || tick === END || !times) return "";
    const [start, end] = times;
    return `${time(end - start)}, from ${time(start)} to ${time(end)}`;
  };
  const reasons = (which, tick) => [
    ...(data[which].reasons[tick] ?? []),
    ...((which === "measured" && data.marks[tick]) || []),
  ];
  const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

  // The state diagram.

  const ARROWS = [
    ["new", "ready"], ["ready", "running"], ["running", "ready"], ["running", "blocked"],
    ["blocked", "ready"], ["running", "zombie"], ["zombie", "gone"],
  ];
  // The arrows from one state to another, by the shortest way.
  const way = (from, to) => {
    const ways = [[from]];
    while (ways.length > 0) {
      const path = ways.shift();
      const at = path[path.length - 1];
      if (at === to) return path.slice(1).map((state, index) => `${path[index]}-${state}`);
      for (const [a, b] of ARROWS) if (a === at && !path.includes(b)) ways.push([...path, b]);
    }
    return [];
  };
  const svg = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const boxes = {};
  for (const state of document.querySelectorAll("#diagram .state")) {
    const box = state.querySelector("rect");
    const of = (key) => Number(box.getAttribute(key));
    boxes[state.dataset.state] = { x: of("x"), y: of("y"), width: of("width"), height: of("height") };
  }
  const tokens = data.names.map((label, process) => {
    const token = svg("g", { class: "token", "data-process": process });
    token.append(svg("title", {}, label), svg("circle", {}), svg("text", {}, `P${process}`));
    return token;
  });
  byId("tokens").append(...tokens);
  const more = {};
  for (const state of Object.keys(boxes)) {
    more[state] = svg("text", { class: "more" });
    byId("tokens").append(more[state]);
  }

  const at = (x, y) => `translate(${x}px, ${y}px)`;
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  // Moves a token along the arrows from the state it was in; they may have been taken backwards.
  const moveAlong = (token, before, state) => {
    const forth = way(before.state, state);
    const back = way(state, before.state);
    const ways = forth.length > 0 ? forth : [...back].reverse();
    const points = ways.flatMap((id) => {
      const arrow = byId(id);
      const length = arrow.getTotalLength();
      const along = [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => arrow.getPointAtLength(part * length));
      return forth.length > 0 ? along : along.reverse();
    });
    if (points.length === 0 || still.matches) return;
    const through = points.map(({ x, y }) => ({ transform: at(x, y) }));
    token.animate(
      [{ transform: before.transform }, ...through, { transform: token.style.transform }],
      { duration: 320 * Math.min(ways.length + 1, 3), easing: "ease" },
    );
  };
  const place = (state, processes) => {
    const box = boxes[state];
    const acrossOf = (r) => Math.floor((box.width - 8) / (2 * r + 2));
    const radius = [12, 8, 5.5, 3.4].find(
      (r) => acrossOf(r) * Math.floor((box.height - 26) / (2 * r + 2)) >= processes.length,
    ) ?? 3.4;
    const across = acrossOf(radius);
    const step = 2 * radius + 2;
    const rows = Math.max(1, Math.floor((box.height - 26) / step));
    const fits = Math.min(processes.length, MOST_TOKENS, rows * across);
    const left = box.x + (box.width - Math.min(fits, across) * step) / 2 + step / 2;
    const used = Math.ceil(fits / across);
    const top = box.y + 24 + (box.height - 26 - used * step) / 2 + step / 2;
    processes.forEach((process, index) => {
      const token = tokens[process];
      const [circle, text] = [token.querySelector("circle"), token.querySelector("text")];
      token.style.display = index < fits ? "" : "none";
      circle.setAttribute("r", radius);
      text.style.fontSize = `${radius * (process > 99 ? 0.7 : process > 9 ? 0.85 : 1)}px`;
      text.setAttribute("dy", radius * 0.38);
      const [column, row] = [index % across, Math.floor(index / across)];
      const before = { state: token.dataset.state, transform: token.style.transform };
      token.style.transform = at(left + column * step, top + row * step);
      token.dataset.state = state;
      if (before.state && before.state !== state) moveAlong(token, before, state);
      token.classList.toggle("chosen", process === chosen && data.names.length > 1);
    });
    more[state].setAttribute("x", box.x + box.width - 14);
    more[state].setAttribute("y", box.y + 20);
    more[state].textContent = processes.length > fits ? `+${processes.length - fits}` : "";
  };

  const drawDiagram = (before) => {
    const inState = {};
    for (const state of Object.keys(boxes)) inState[state] = [];
    tokens.forEach((_, process) => inState[stateOf(side, process, now)].push(process));
    for (const [state, processes] of Object.entries(inState)) place(state, processes);
    const taken = new Set();
    if (now === before + 1) {
      tokens.forEach((_, process) => {
        const [from, to] = [stateOf(side, process, before), stateOf(side, process, now)];
        for (const arrow of way(from, to)) taken.add(arrow);
      });
    }
    for (const arrow of document.querySelectorAll("#diagram .arrows path")) {
      arrow.classList.toggle("taken", taken.has(arrow.id));
    }
  };

  // The tick that is shown, in words.

  const cellOf = (tag, text, state) => {
    const element = document.createElement(tag);
    if (tag === "th") element.scope = "row";
    if (state === undefined) element.textContent = text;
    else {
      const word = document.createElement("span");
      word.className = `state-word ${state}`;
      word.textContent = text;
      element.append(word);
    }
    return element;
  };
  const drawNow = () => {
    byId("now-heading").textContent = name(now);
    byId("now-when").textContent = when(now);
    const rows = data.names.map((label, process) => {
      const row = document.createElement("tr");
      row.className = differs(process, now) ? "differs" : "";
      const kernel = now > 0 && now < END ? data.measured.kernel[process][now - 1] : undefined;
      row.append(
        cellOf("th", label),
        cellOf("td", wordOf("simulated", process, now), stateOf("simulated", process, now)),
        cellOf("td", wordOf("measured", process, now), stateOf("measured", process, now)),
        cellOf("td", kernel?.trim() || "–"),
      );
      return row;
    });
    byId("now-cells").replaceChildren(...rows);
    const why = reasons(side, now).map((text) => {
      const item = document.createElement("li");
      item.textContent = sentence(text);
      return item;
    });
    byId("now-why").replaceChildren(...why);
  };
  const say = (before) => {
    const moved = data.names
      .map((label, process) => [label, stateOf(side, process, before), stateOf(side, process, now)])
      .filter(([, from, to]) => from !== to)
      .map(([label, from, to]) => `${label} from ${from} to ${to}`);
    const told = moved.slice(0, 6).join(", ") + (moved.length > 6 ? ` and ${moved.length - 6} more` : "");
    const parts = [name(now), told || "no process changes its state", ...reasons(side, now)];
    byId("said").textContent = parts.map(sentence).join(" ");
  };

  // The timelines.

  const timeline = byId("timeline");
  const cursor = byId("cursor");
  // A tick is as wide as there is room for, and no narrower than it was drawn.
  let cell = data.cell;
  const WIDEST = 240;
  const bands = [...document.querySelectorAll("#bands .cells")];
  const asDrawn = (element) => ({
    element, x: element.getAttribute("x"), width: element.getAttribute("width"),
  });
  const stretched = bands.flatMap((band) =>
    [band, ...band.querySelectorAll("[x], rect[width]")].map(asDrawn));
  const paper = matchMedia("print");
  const fit = () => {
    const room = (timeline.clientWidth - data.label_width) / Math.max(1, data.ticks);
    // On paper it goes on in the next line instead.
    cell = paper.matches ? data.cell : Math.max(data.cell, Math.min(WIDEST, Math.floor(room)));
    const factor = cell / data.cell;
    for (const { element, x, width } of stretched) {
      if (x !== null) element.setAttribute("x", x * factor);
      if (width !== null) element.setAttribute("width", width * factor);
    }
    for (const band of bands) {
      const width = band.getAttribute("width");
      band.setAttribute("viewBox", `0 0 ${width} ${band.getAttribute("height")}`);
      const line = band.querySelector(".nominal");
      line?.setAttribute("d", line.getAttribute("d").replace(/h.*/, `h${width}`));
    }
    drawCursor();
  };
  const placeOf = (tick) => data.label_width + (tick - 1) * cell;
  const drawCursor = () => {
    cursor.hidden = now === 0 || now === END;
    cursor.style.left = `${placeOf(now) - 2}px`;
    cursor.style.width = `${cell + 3}px`;
    const margin = 3 * cell;
    const [left, right] = [placeOf(now) - data.label_width, placeOf(now) + cell];
    if (left - margin < timeline.scrollLeft) timeline.scrollLeft = left - margin;
    if (right + margin > timeline.scrollLeft + timeline.clientWidth) {
      timeline.scrollLeft = right + margin - timeline.clientWidth;
    }
  };

  const tip = byId("tip");
  const showTip = (tick, process, x, y) => {
    const line = (text, tag = "p") => {
      const element = document.createElement(tag);
      element.textContent = text;
      return element;
    };
    const lines = [line(name(tick), "strong")];
    const times = data.times[tick - 1];
    if (times) {
      const [from, until] = times.map((ns) => ns.toLocaleString("en"));
      lines.push(line(`Measured: ${time(times[1] - times[0])}, from ${from} to ${until} ns.`));
    }
    if (process !== undefined) {
      const kernel = data.measured.kernel[process][tick - 1]?.trim();
      const words = ["simulated", "measured"].map((which) => `${wordOf(which, process, tick)} ${which}`);
      const said = kernel ? `, the kernel said ${kernel}` : "";
      lines.push(line(`${data.names[process]}: ${words.join(", ")}${said}.`));
    }
    for (const reason of reasons("measured", tick)) lines.push(line(sentence(reason)));
    tip.replaceChildren(...lines);
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - width - 8))}px`;
    tip.style.top = `${y + 18 + height > innerHeight ? Math.max(8, y - height - 12) : y + 18}px`;
  };
  const hideTip = () => { tip.hidden = true; };
  const tickAt = (event) => {
    const x = event.clientX - byId("bands").getBoundingClientRect().left - data.label_width;
    const overLabels = event.target.closest(".labels");
    const tick = Math.floor(x / cell) + 1;
    return !overLabels && tick >= 1 && tick <= data.ticks ? tick : undefined;
  };
  const processAt = (event) => {
    const lane = event.target.closest("[data-process]");
    return lane ? Number(lane.dataset.process) : undefined;
  };
  timeline.addEventListener("pointermove", (event) => {
    const tick = tickAt(event);
    if (tick === undefined) hideTip();
    else showTip(tick, processAt(event), event.clientX, event.clientY);
  });
  timeline.addEventListener("pointerleave", hideTip);
  timeline.addEventListener("click", (event) => {
    const tick = tickAt(event);
    chosen = processAt(event) ?? chosen;
    if (tick !== undefined) go(tick);
  });
  timeline.addEventListener("blur", hideTip);
  addEventListener("scroll", hideTip, { passive: true });
  // At the cell of the chosen process, where there is no pointer.
  const showChosen = () => {
    if (now === 0 || now === END || data.names.length === 0) return hideTip();
    const lane = document.querySelector(`#bands [data-side="measured"][data-process="${chosen}"]`);
    const y = lane ? lane.getBoundingClientRect().bottom : timeline.getBoundingClientRect().top;
    showTip(now, chosen, cursor.getBoundingClientRect().right - 14, Math.min(y, innerHeight - 20) - 14);
  };

  // Stepping.

  const show = (tick, { speak = true } = {}) => {
    const before = now;
    now = Math.max(0, Math.min(END, tick));
    drawDiagram(before);
    drawNow();
    drawCursor();
    const slider = byId("slider");
    slider.value = now;
    slider.setAttribute("aria-valuetext", name(now));
    if (speak && before !== now) say(before);
  };
  // Some browsers refuse when it goes too fast; the next step catches up.
  const remember = () => {
    try {
      history.replaceState(null, "", `#t=${now}`);
    } catch { /* not now */ }
  };
  const go = (tick) => {
    show(tick);
    remember();
  };
  const named = () => /^#t=(\d{1,9})$/.exec(location.hash)?.[1];
  const follow = () => {
    const tick = named();
    if (tick !== undefined) show(Number(tick));
  };

  const playButton = byId("play-pause");
  const PLAY = "M7 4v16l13-8z";
  const PAUSE = "M6 4h4.5v16H6zM13.5 4H18v16h-4.5z";
  const setPlaying = (playing) => {
    clearInterval(player);
    if (player !== null && !playing) remember();
    player = playing ? setInterval(advance, 1000 / Number(byId("speed").value)) : null;
    playButton.setAttribute("aria-label", playing ? "Pause" : "Play");
    playButton.title = `${playing ? "Pause" : "Play"} (space)`;
    playButton.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY);
  };
  const advance = () => {
    if (now === END) setPlaying(false);
    else go(now + 1);
  };
  const toggle = () => {
    if (player === null && now === END) go(0);
    setPlaying(player === null);
  };
  const step = (tick) => {
    setPlaying(false);
    go(tick);
  };

  byId("first").addEventListener("click", () => step(0));
  byId("previous").addEventListener("click", () => step(now - 1));
  byId("next").addEventListener("click", () => step(now + 1));
  byId("last").addEventListener("click", () => step(END));
  playButton.addEventListener("click", toggle);
  byId("slider").addEventListener("input", (event) => step(Number(event.target.value)));
  byId("speed").addEventListener("change", () => setPlaying(player !== null));
  byId("side").addEventListener("change", (event) => {
    side = event.target.value;
    show(now);
  });
  addEventListener("hashchange", follow);

  // The arrows step wherever they have no other use.
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    if (event.key === "Escape") return hideTip();
    const of = (selector) => event.target.closest?.(selector);
    if (of("input, select, textarea, .scroll")) return;
    const inTimeline = event.target === timeline;
    const stepTo = (tick) => {
      step(tick);
      if (inTimeline) showChosen();
    };
    const choose = (by) => {
      chosen = (chosen + by + data.names.length) % data.names.length;
      drawDiagram(now);
      showChosen();
      byId("said").textContent = [...tip.children].map((part) => sentence(part.textContent)).join(" ");
    };
    const keys = {
      ArrowRight: () => stepTo(now + 1),
      ArrowLeft: () => stepTo(now - 1),
      Home: () => stepTo(0),
      End: () => stepTo(END),
    };
    if (!of("button, a, summary")) keys[" "] = toggle;
    if (inTimeline && data.names.length > 0) {
      keys.ArrowDown = () => choose(1);
      keys.ArrowUp = () => choose(-1);
    }
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  byId("controls").hidden = false;
  byId("now").hidden = false;
  new ResizeObserver(fit).observe(timeline);
  paper.addEventListener("change", fit);
  fit();
  show(Number(named() ?? 0), { speak: false });
  // A link to a tick shows it.
  if (named() !== undefined) byId("play").scrollIntoView();
})();
