// The pages' one script: hearing kept sound, following it on the drawing, judging by keyboard, and calls as they run.
// Every page works without it, but for these.
"use strict";

// Kept sound is fetched when somebody asks for it, since that is entered in the audit chain; it stays in memory.
for (const player of document.querySelectorAll("[data-sound]")) {
  const load = player.querySelector("button[data-load]");
  const status = player.querySelector(".status");
  let sound = null;
  async function ready() {
    if (sound) return sound;
    status.textContent = "opening …";
    const answer = await fetch(player.dataset.sound, { headers: { accept: "audio/wav" } });
    if (!answer.ok) {
      status.textContent = "cannot be played: " + (await answer.text()).replace(/<[^>]*>/g, " ").trim().slice(0, 200);
      throw new Error("no sound");
    }
    sound = document.createElement("audio");
    sound.controls = true;
    sound.src = URL.createObjectURL(await answer.blob());
    load.replaceWith(sound);
    status.textContent = "";
    follow(sound, player.dataset.plot && document.getElementById(player.dataset.plot));
    return sound;
  }
  async function toggle(from) {
    try {
      const it = await ready();
      if (from !== undefined) it.currentTime = from;
      if (it.paused || from !== undefined) await it.play(); else it.pause();
    } catch (error) { if (!status.textContent) status.textContent = "cannot be played"; }
  }
  load.addEventListener("click", () => toggle());
  for (const jump of player.querySelectorAll("[data-seek]")) jump.addEventListener("click", () => toggle(Number(jump.dataset.seek)));
  player.toggleSound = toggle;
}

// A drawing is there twice, for wide and for narrow pages; one of them is shown.
function follow(sound, figure) {
  for (const plot of figure ? figure.querySelectorAll("svg.plot[data-seconds]") : []) followOn(plot, sound);
}

function followOn(plot, sound) {
  const left = Number(plot.dataset.left), width = Number(plot.dataset.width), seconds = Number(plot.dataset.seconds);
  const height = plot.viewBox.baseVal.height;
  const head = document.createElementNS("http://www.w3.org/2000/svg", "line");
  head.setAttribute("class", "head");
  head.setAttribute("y1", "0");
  // Below a timeline stand its times; a strip has none.
  head.setAttribute("y2", String(plot.classList.contains("strip") ? height : height - 24));
  plot.append(head);
  plot.setAttribute("data-seekable", "");
  const draw = () => {
    const x = String(left + width * Math.min(sound.currentTime / seconds, 1));
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
    if (!sound.paused) requestAnimationFrame(draw);
  };
  for (const name of ["play", "seeked", "timeupdate"]) sound.addEventListener(name, draw);
  draw();
  plot.addEventListener("click", (event) => {
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * plot.viewBox.baseVal.width;
    sound.currentTime = Math.max(0, Math.min(1, (x - left) / width)) * seconds;
  });
}

// Keys: h s d u judge, p plays, j jumps to the strongest stretch. None while somebody writes.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const player = document.querySelector("[data-sound]");
  const choice = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (choice) choice.click();
  else if (event.key === "n" && document.querySelector("textarea[name=note]")) document.querySelector("textarea[name=note]").focus();
  else if (event.key === "p" && player) player.toggleSound();
  else if (event.key === "j" && player && player.querySelector("[data-seek]")) player.querySelector("[data-seek]").click();
  else return;
  event.preventDefault();
});

// Calls as they run: only what changed is written, so that nothing flickers and nobody loses their place.
const board = document.querySelector("[data-live]");
if (board) {
  const put = (name, text) => {
    for (const place of board.querySelectorAll(`[data-put="${name}"]`)) if (place.textContent !== text) place.textContent = text;
  };
  const showDeviceCall = (call) => {
    for (const [name, text] of Object.entries(call.texts)) put(name, text);
    const bar = board.querySelector(".meter path");
    if (bar) bar.setAttribute("d", `M0 0H${(call.levelShare * 100).toFixed(1)}V10H0Z`);
    const link = board.querySelector("a[data-link]");
    if (link.getAttribute("href") !== "/calls/" + call.id) link.setAttribute("href", "/calls/" + call.id);
    const tone = board.querySelector("[data-tone]");
    if (tone && tone.dataset.tone !== call.tone) { tone.dataset.tone = call.tone; tone.className = "tone " + call.tone; }
  };
  // One row a call. A row is moved only where another call has come before it, so that whoever is about to press a button finds it.
  const showTrunkCalls = (calls, more) => {
    const section = board.querySelector("[data-trunks]"), body = section.querySelector("tbody");
    const rows = new Map([...body.rows].map((row) => [row.querySelector("[data-cell=call]").textContent, row]));
    const ids = new Set(calls.map((call) => call.id));
    for (const [id, row] of rows) if (!ids.has(id)) row.remove();
    calls.forEach((call, place) => {
      const row = rows.get(call.id) || newRow(section, call.id);
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] || null);
      for (const cell of row.querySelectorAll("[data-cell]")) {
        const text = call.texts[cell.dataset.cell];
        if (cell.textContent !== text) cell.textContent = text;
        if (cell.dataset.cell === "state" && cell.className !== "tone " + call.tone) cell.className = "tone " + call.tone;
      }
      const button = row.querySelector("button");
      if (button) button.disabled = !call.canDisclose;
    });
    section.hidden = !calls.length && !more;
  };
  const newRow = (section, id) => {
    const row = section.querySelector("template[data-row]").content.querySelector("tr").cloneNode(true);
    row.querySelector("a").setAttribute("href", "/calls/" + id);
    const button = row.querySelector("button");
    if (button) button.value = id;
    return row;
  };
  const connect = () => {
    const source = new EventSource(board.dataset.live);
    source.addEventListener("live", (event) => {
      const state = JSON.parse(event.data);
      board.classList.remove("lost");
      put("words", state.words);
      put("more", state.more);
      board.querySelector("[data-call]").hidden = !state.call;
      board.querySelector("[data-any]").hidden = !state.call && !state.trunkCalls.length;
      if (state.call) showDeviceCall(state.call);
      showTrunkCalls(state.trunkCalls, state.more);
      for (const button of board.querySelectorAll("button[data-when]")) {
        button.disabled = !state.can.includes(button.dataset.when);
      }
      for (const orders of board.querySelectorAll("[data-orders]")) orders.hidden = !state.can.length;
    });
    source.onerror = async () => {
      board.classList.add("lost");
      put("words", "Connection lost, trying again. What stands below is how it was.");
      // The browser tries again by itself, except where the answer was no event stream.
      if (source.readyState !== EventSource.CLOSED) return;
      const answer = await fetch(location.pathname).catch(() => null);
      // Signed out meanwhile: the page itself leads to where one signs in.
      if (answer && answer.status === 401) location.reload(); else setTimeout(connect, 3000);
    };
  };
  connect();
}

// A call that goes on: its drawing is fetched again while somebody looks at it.
for (const figure of document.querySelectorAll("[data-growing]")) {
  const again = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(figure.dataset.growing);
        if (answer.status === 410) { location.reload(); return; }
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          figure.replaceChildren(...fresh.body.childNodes);
        }
      } catch (error) { /* the program is being restarted */ }
    }
    setTimeout(again, 3000);
  };
  setTimeout(again, 3000);
}
