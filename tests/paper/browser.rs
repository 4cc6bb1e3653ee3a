//! The page in a real browser: it opens without complaint, plays, and shows what the trace says.
//! Where there is no Chromium, these tests are skipped.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::browser::Browser;
use crate::common::program::TIMESHARE;
use serde_json::{Value, json};
use tempfile::TempDir;
use test_attribute::test;

/// A run, its trace and its page.
struct Page {
    folder: TempDir,
    trace: Value,
}

impl Page {
    /// Not by `Launch`: it would take the browsers of the other tests for what is left behind.
    fn of(line: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let name = |name: &str| folder.path().join(name).display().to_string();
        let mut command = Command::new(TIMESHARE);
        command.args(["run", "-q", "--tick", "1ms"]);
        command.args(line.split_whitespace());
        command.args(["--json", &name("trace.json"), "--html", &name("page.html")]);
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
        let trace = std::fs::read_to_string(name("trace.json")).expect("it was written");
        Self {
            trace: serde_json::from_str(&trace).expect("it is JSON"),
            folder,
        }
    }

    fn address(&self, hash: &str) -> String {
        address(self.folder.path(), hash)
    }
}

fn address(folder: &Path, hash: &str) -> String {
    format!("file://{}/page.html{hash}", folder.display())
}

/// The number of the tick that is shown, by its heading; 0: before the first.
fn shown(browser: &mut Browser) -> u64 {
    let heading = browser.text("document.getElementById('now-heading').textContent");
    if heading == "Before the first tick" {
        return 0;
    }
    let number = heading.split(' ').nth(1).and_then(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("{heading}"))
}

fn hash(browser: &mut Browser) -> String {
    browser.text("location.hash")
}

/// Where the cursor is, in ticks; the processes in the order in which the diagram has them, each
/// with the state it is drawn in.
fn picture(browser: &mut Browser) -> (Value, Value) {
    let cursor = browser.value(
        "(() => {
            const cursor = document.getElementById('cursor').getBoundingClientRect();
            const cells = document.querySelector('#bands .cells').getBoundingClientRect();
            // The first stretch has 26 ticks, or all of them.
            const tick = cells.width / Math.min(26, Number(document.getElementById('slider').max) - 1);
            return cursor.width ? Math.round((cursor.left + 2 - cells.left) / tick) + 1 : 0;
        })()",
    );
    // Where a token is drawn, not what is noted about it.
    let tokens = browser.value(
        "[...document.querySelectorAll('#diagram .token')].map((token) => {
            const at = token.querySelector('circle').getBoundingClientRect();
            const [x, y] = [at.left + at.width / 2, at.top + at.height / 2];
            const inside = [...document.querySelectorAll('#diagram .state')].filter((state) => {
                const box = state.querySelector('rect').getBoundingClientRect();
                return x > box.left && x < box.right && y > box.top && y < box.bottom;
            });
            return inside.map((state) => state.dataset.state).join();
        })",
    );
    (cursor, tokens)
}

/// What the trace says of a tick: the state of each process.
fn states(trace: &Value, tick: u64) -> Value {
    let index = usize::try_from(tick).expect("small") - 1;
    let cells = trace["ticks"][index]["processes"]
        .as_array()
        .expect("a list");
    cells.iter().map(|cell| cell["state"].clone()).collect()
}

#[test]
fn it_opens_without_complaint_and_asks_for_nothing_else() {
    let mut browser = Browser::start();
    let page = Page::of("-P c2,i,c1:c5:i,c1 -L 3");
    browser.open(&page.address(""));
    assert_eq!(browser.complaints(), [Value::Null; 0]);
    assert_eq!(browser.requests(), [page.address("")]);
    assert_eq!(shown(&mut browser), 0);
    let (_, tokens) = picture(&mut browser);
    assert_eq!(tokens, json!(["new", "new", "new"]));
}

#[test]
fn each_step_shows_the_states_of_its_tick_in_diagram_cursor_words_and_link() {
    let mut browser = Browser::start();
    let page = Page::of("-P c2,i,c1:c5:i,c1 -L 3");
    browser.open(&page.address(""));
    let ticks = page.trace["ticks"].as_array().expect("a list").len() as u64;
    for tick in 1..=ticks {
        // By key and by button in turn.
        if tick % 2 == 0 {
            browser.press("ArrowRight");
        } else {
            browser.value("document.getElementById('next').click()");
        }
        assert_eq!(shown(&mut browser), tick);
        assert_eq!(hash(&mut browser), format!("#t={tick}"));
        let (cursor, tokens) = picture(&mut browser);
        assert_eq!(cursor, tick);
        assert_eq!(tokens, states(&page.trace, tick), "tick {tick}");
        let said = browser.text("document.getElementById('said').textContent");
        assert!(
            said.starts_with(&format!("Tick {tick} of {ticks}.")),
            "{said}"
        );
        for why in reasons(&page.trace, tick) {
            assert!(said.contains(&why), "{why} is not in {said}");
        }
    }
    browser.press("End");
    let (_, tokens) = picture(&mut browser);
    assert_eq!(tokens, json!(["gone", "gone", "gone"]));
    browser.press("ArrowLeft");
    assert_eq!(shown(&mut browser), ticks);
    browser.press("Home");
    assert_eq!(
        (shown(&mut browser), hash(&mut browser).as_str()),
        (0, "#t=0")
    );
    assert_eq!(browser.complaints(), [Value::Null; 0]);
}

/// The reasons of the decisions that brought others onto the CPU.
fn reasons(trace: &Value, tick: u64) -> Vec<String> {
    let decisions = trace["decisions"].as_array().expect("a list").iter();
    let there = decisions
        .filter(|decision| decision["tick"] == tick && decision["transition"] == "dispatch");
    there
        .map(|decision| decision["why"].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn a_link_names_a_tick() {
    let mut browser = Browser::start();
    let page = Page::of("-P c9,i,c4:c5 -L 3");
    browser.open(&page.address("#t=12"));
    assert_eq!(shown(&mut browser), 12);
    assert_eq!(picture(&mut browser).1, states(&page.trace, 12));
    browser.value("location.hash = '#t=3'; new Promise((then) => setTimeout(then, 50))");
    assert_eq!(shown(&mut browser), 3);
    browser.open(&page.address("#t=999999999"));
    let heading = browser.text("document.getElementById('now-heading').textContent");
    assert_eq!(heading, "After the last tick");
    browser.open(&page.address("#t=<img src=x onerror=alert(1)>"));
    assert_eq!(shown(&mut browser), 0);
    assert_eq!(browser.complaints(), [Value::Null; 0]);
}

#[test]
fn it_plays_and_pauses() {
    let mut browser = Browser::start();
    let page = Page::of("-P c20:c5");
    browser.open(&page.address(""));
    browser.value("document.getElementById('speed').value = '10'");
    browser.press(" ");
    let patience = Instant::now() + Duration::from_secs(30);
    while shown(&mut browser) < 3 {
        assert!(Instant::now() < patience, "it does not play");
        sleep(Duration::from_millis(20));
    }
    let label = "document.getElementById('play-pause').getAttribute('aria-label')";
    assert_eq!(browser.text(label), "Pause");
    browser.value("document.getElementById('play-pause').click()");
    assert_eq!(browser.text(label), "Play");
    let stopped_at = shown(&mut browser);
    sleep(Duration::from_millis(400));
    assert_eq!(shown(&mut browser), stopped_at);
    assert_eq!(hash(&mut browser), format!("#t={stopped_at}"));
}

/// Reads from the picture what each process is in each tick: the class of the rectangle that covers
/// the middle of its cell, the letter there, and the kernel's letter.
const READ_PICTURE: &str = "
    (side) => {
        const lanes = [];
        for (const lane of document.querySelectorAll(`#bands g[data-side=${side}][data-process]`)) {
            const first = Number(lane.closest('svg').dataset.first);
            const cells = lanes[lane.dataset.process] ??= [];
            const at = (selector) => {
                const found = {};
                for (const letter of lane.querySelectorAll(`${selector} tspan`)) {
                    found[Number(letter.getAttribute('x'))] = letter.textContent;
                }
                return found;
            };
            const [letters, kernel] = [at('.letter'), at('.kernel')];
            const width = Number(lane.querySelector('.ground').getAttribute('width'));
            for (let x = 12; x < width; x += 24) {
                const covers = [...lane.querySelectorAll('rect:not(.ground, .odd)')].filter((rect) => {
                    const from = Number(rect.getAttribute('x'));
                    return from < x && x < from + Number(rect.getAttribute('width'));
                });
                const state = covers.map((rect) => rect.getAttribute('class')).join();
                cells[first - 1 + (x - 12) / 24] =
                    [state || 'gone', letters[x] ?? ' ', kernel[x] ?? null];
            }
        }
        return lanes;
    }";

#[test]
fn the_cells_of_the_picture_are_those_of_the_trace_for_every_tick() {
    let mut browser = Browser::start();
    let page = Page::of("-l 20:60,20:30,10:50 -s 5");
    browser.open(&page.address(""));
    let drawn = browser.value(&format!("({READ_PICTURE})('measured')"));
    let ticks = page.trace["ticks"].as_array().expect("a list");
    assert!(ticks.len() > 60, "longer than a line of the printed page");
    for (index, tick) in ticks.iter().enumerate() {
        for (process, cell) in tick["processes"]
            .as_array()
            .expect("a list")
            .iter()
            .enumerate()
        {
            let letter = match (cell["state"].as_str(), cell["instruction"].as_str()) {
                (_, Some("cpu")) => "c",
                (_, Some("io")) => "i",
                (_, Some("io_done")) => "d",
                (Some("ready"), _) => "r",
                (Some("blocked"), _) => "b",
                (Some("zombie"), _) => "z",
                _ => " ",
            };
            let expected = json!([cell["state"], letter, cell["kernel"]]);
            assert_eq!(drawn[process][index], expected, "P{process} in {tick}");
        }
    }
    // The simulation's letters are those of the run where it did what the paper said.
    if page.trace["agreement"]["model_equal"] == page.trace["agreement"]["cells"] {
        let paper = browser.value(&format!("({READ_PICTURE})('simulated')"));
        for (real, paper) in drawn
            .as_array()
            .unwrap()
            .iter()
            .zip(paper.as_array().unwrap())
        {
            for (real, paper) in real
                .as_array()
                .unwrap()
                .iter()
                .zip(paper.as_array().unwrap())
            {
                assert_eq!((&real[0], &real[1]), (&paper[0], &paper[1]));
            }
        }
    }
}

#[test]
fn a_cell_tells_its_exact_times_under_the_pointer_and_by_key() {
    let mut browser = Browser::start();
    let page = Page::of("-P c2,i,c1:c5 -L 3");
    browser.open(&page.address("#t=1"));
    // What is scrolled away takes its times with it: first all that scrolling must be over.
    browser.value(
        "document.getElementById('timeline').scrollIntoView();
         new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(() => then(0))))",
    );
    let at = browser.value(
        "(() => {
            const lane = document.querySelector('#bands g[data-side=measured][data-process=\"1\"]');
            const box = lane.getBoundingClientRect();
            return [box.left + box.width / 10 * 3.5, box.top + 8];
        })()",
    );
    let mouse = json!({"type": "mouseMoved", "x": at[0], "y": at[1]});
    browser.call("Input.dispatchMouseEvent", &mouse);
    let tip = "(() => { const tip = document.getElementById('tip'); \
               return tip.hidden ? '' : tip.textContent; })()";
    let told = browser.text(tip);
    assert!(told.starts_with("Tick 4 of 10"), "{told}");
    assert!(
        told.contains("P1: RUN:cpu simulated, RUN:cpu measured"),
        "{told}"
    );
    let why = reasons(&page.trace, 4);
    assert!(told.contains(&why[0]), "{told}");
    let tick = &page.trace["ticks"][3];
    let took_ns = tick["end_ns"].as_f64().unwrap() - tick["start_ns"].as_f64().unwrap();
    let took = format!("{:.2} ms", took_ns / 1e6);
    assert!(told.contains(&took), "{took}: {told}");
    let exactly = told.replace(',', "");
    let until = format!("to {} ns", tick["end_ns"]);
    assert!(exactly.contains(&until), "{until}: {told}");

    browser.press("Escape");
    assert_eq!(browser.text(tip), "");
    browser.value("document.getElementById('timeline').focus({preventScroll: true})");
    browser.press("ArrowDown");
    browser.press("ArrowRight");
    let told = browser.text(tip);
    assert!(
        told.starts_with("Tick 2 of 10") && told.contains("P1: READY"),
        "{told}"
    );
    browser.press("ArrowUp");
    let said = browser.text("document.getElementById('said').textContent");
    assert!(said.contains("P0: RUN:cpu simulated"), "{said}");
}

#[test]
fn it_fits_a_phone_a_dark_room_and_paper() {
    let mut browser = Browser::start();
    let page = Page::of("-l 20:60,20:30,10:50 -s 5");
    let background = "getComputedStyle(document.body).backgroundColor";
    browser.screen(360, 740, "light");
    browser.open(&page.address("#t=30"));
    let width = browser.value("document.documentElement.scrollWidth");
    assert!(width.as_u64() <= Some(360), "{width}");
    let light = browser.text(background);
    browser.screen(1280, 900, "dark");
    browser.open(&page.address(""));
    let dark = browser.text(background);
    assert_ne!(light, dark);

    let printed = browser.call("Page.printToPDF", &json!({"preferCSSPageSize": true}));
    let document = printed["data"].as_str().expect("it is there");
    assert!(
        document.starts_with("JVBERi"),
        "it begins as every PDF does"
    );
    browser.call("Emulation.setEmulatedMedia", &json!({"media": "print"}));
    assert_eq!(
        browser.text(background),
        "rgb(255, 255, 255)",
        "paper is white"
    );
    let hidden = "getComputedStyle(document.getElementById('controls')).display";
    assert_eq!(browser.text(hidden), "none");
    // As wide as a sheet between its margins, all stretches are below each other, none is cut off.
    let size = json!({"width": 688, "height": 1000, "deviceScaleFactor": 1, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", &size);
    let right = browser.value(
        "Math.max(...[...document.querySelectorAll('#bands .cells')]
            .map((cells) => cells.getBoundingClientRect().right))",
    );
    assert!(right.as_f64() <= Some(688.0), "{right}");
    assert_eq!(browser.complaints(), [Value::Null; 0]);
}

/// Whether all of an element is on the screen, in numbers: left, top, right, bottom.
fn is_on_screen(browser: &mut Browser, element: &str, columns: u32, rows: u32) -> bool {
    let edges = browser.value(&format!(
        "(() => {{
            const box = document.querySelector('{element}').getBoundingClientRect();
            return [box.left, box.top, innerWidth - box.right, innerHeight - box.bottom];
        }})()"
    ));
    let edges = edges.as_array().expect("a list").iter();
    let inside = edges.clone().all(|edge| edge.as_f64() >= Some(0.0));
    if !inside {
        eprintln!(
            "{element} on {columns}x{rows}: {:?}",
            edges.collect::<Vec<_>>()
        );
    }
    inside
}

#[test]
fn diagram_and_timelines_are_on_the_screen_together_and_as_wide_as_it() {
    let mut browser = Browser::start();
    let page = Page::of("-P c2,i,c1:c5 -L 3");
    for (columns, rows) in [(1024, 768), (1400, 900), (1920, 1080)] {
        browser.screen(columns, rows, "light");
        browser.open(&page.address(""));
        for element in ["#controls", "#diagram", "#bands"] {
            assert!(
                is_on_screen(&mut browser, element, columns, rows),
                "{element}"
            );
        }
        let used = browser.value(
            "(() => {
                const of = (id) => document.getElementById(id).getBoundingClientRect().width;
                return of('bands') / of('timeline');
            })()",
        );
        assert!(used.as_f64() > Some(0.9), "{used} of the width is used");
    }
    assert_eq!(browser.complaints(), [Value::Null; 0]);
}

#[test]
fn names_that_look_like_scripts_are_only_text() {
    let mut browser = Browser::start();
    let hostile = "</script><script>pwned=1</script><img src=x onerror=pwned=1>\"'&amp;<!--";
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let workload = format!(
        "name = '''{hostile}'''\ndescription = '''{hostile}'''\n\
         [[process]]\nname = '''{hostile}'''\nprogram = 'c2'\n"
    );
    std::fs::write(path("w.toml"), workload).expect("it can be written");
    let mut command = Command::new(TIMESHARE);
    command.args(["run", "-q", "--tick", "1ms", "--html"]);
    command.args([path("page.html"), path("w.toml")]);
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    browser.open(&address(folder.path(), "#t=1"));
    assert_eq!(
        browser.text("document.querySelector('h1').textContent"),
        hostile
    );
    assert_eq!(browser.text("typeof pwned"), "undefined");
    assert_eq!(browser.value("document.images.length"), 0);
    let row = browser.text("document.querySelector('#now-cells th').textContent");
    assert_eq!(row, format!("P0 {hostile}"));
    assert_eq!(browser.complaints(), [Value::Null; 0]);
    assert_eq!(browser.requests(), [address(folder.path(), "")]);
}
