//! A headless Chromium, driven over its `DevTools` protocol through a pipe: no port, no driver.
//! <https://chromedevtools.github.io/devtools-protocol/>

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::runner::skip;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// It bounds a hang; it paces nothing.
const PATIENCE: Duration = Duration::from_mins(1);

const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A browser with one page. Dropped, it is killed with all that belongs to it.
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    /// Told by the browser while an answer was awaited.
    events: Vec<Value>,
    calls: u64,
    /// Of the page.
    session: Option<String>,
    _home: TempDir,
}

impl Browser {
    /// Where there is no Chromium, the test is skipped.
    pub fn start() -> Self {
        let Some(program) = NAMES.into_iter().find(|name| is_there(name)) else {
            skip(&format!(
                "there is no browser (looked for {})",
                NAMES.join(", ")
            ));
        };
        let home = tempfile::tempdir().expect("a folder can be made");
        // It reads calls from descriptor 3 and writes answers to 4.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#,
                program,
            ])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", home.path().display()))
            .arg("about:blank")
            .env("HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        let mut child = command.spawn().expect("a shell starts");
        let mut answers = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (heard, from) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            while answers
                .read_until(0, &mut message)
                .is_ok_and(|length| length > 0)
            {
                let text = message.strip_suffix(b"\0").unwrap_or(&message);
                let Ok(value) = serde_json::from_slice(text) else {
                    return;
                };
                if heard.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            to: child.stdin.take().expect("it is a pipe"),
            child,
            from,
            events: Vec::new(),
            calls: 0,
            session: None,
            _home: home,
        };
        let page = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = browser.call(
            "Target.attachToTarget",
            &json!({"targetId": page["targetId"], "flatten": true}),
        );
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        browser.screen(1280, 1000, "light");
        browser
    }

    /// Calls a method, and gives its result.
    #[track_caller]
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut call = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        let text = format!("{call}\0");
        self.to
            .write_all(text.as_bytes())
            .expect("the browser listens");
        loop {
            let mut answer = self.next(method);
            if answer["id"] == id {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    #[track_caller]
    fn next(&mut self, awaited: &str) -> Value {
        let message = self.from.recv_timeout(PATIENCE);
        message.unwrap_or_else(|error| panic!("in vain until {awaited}: {error}"))
    }

    #[track_caller]
    fn until_event(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.next(method);
            self.events.push(event);
        }
    }

    /// Opens a page, and waits until it has been loaded. What the browser told before is forgotten.
    #[track_caller]
    pub fn open(&mut self, address: &str) {
        // A page of its own, also where only what is behind the # differs.
        for address in ["about:blank", address] {
            self.events.clear();
            self.call("Page.navigate", &json!({"url": address}));
            self.until_event("Page.loadEventFired");
        }
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", &parameters);
        let failed = &answer["exceptionDetails"];
        assert!(failed.is_null(), "{expression}: {failed}");
        answer["result"]["value"].take()
    }

    #[track_caller]
    pub fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        let text = value.as_str().map(str::to_owned);
        text.unwrap_or_else(|| panic!("{expression} is no text: {value}"))
    }

    /// Presses a key and lets go of it, where the focus is.
    #[track_caller]
    pub fn press(&mut self, key: &str) {
        let mut down = json!({"type": "keyDown", "key": key});
        if key == " " {
            down["text"] = json!(key);
        }
        self.call("Input.dispatchKeyEvent", &down);
        let up = json!({"type": "keyUp", "key": key});
        self.call("Input.dispatchKeyEvent", &up);
    }

    /// A screen of this size, light or dark, for a person who wants nothing to move.
    pub fn screen(&mut self, width: u32, height: u32, scheme: &str) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// What went wrong since the page was opened: errors in scripts and whatever was logged.
    pub fn complaints(&mut self) -> Vec<Value> {
        // An answer comes behind all that was told before.
        self.value("0");
        let bad = [
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
        ];
        let events = self.events.iter();
        let bad = events.filter(|event| bad.iter().any(|method| event["method"] == *method));
        bad.cloned().collect()
    }

    /// The addresses that were asked for since the page was opened.
    pub fn requests(&mut self) -> Vec<String> {
        self.value("0");
        let events = self.events.iter();
        let asked = events.filter(|event| event["method"] == "Network.requestWillBeSent");
        let address = |event: &Value| {
            event["params"]["request"]["url"]
                .as_str()
                .map(str::to_owned)
        };
        asked.filter_map(address).collect()
    }
}

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Drop for Browser {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).expect("pids are positive");
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
