//! The thread that shows a full-screen view and listens to its keys. It may wait for a slow terminal;
//! the scheduler may not.

use crate::os;
use crate::os::error::no_thread;
use crate::os::signal::job_control;
use std::io::{self, BufWriter, IsTerminal, Stdout, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::crossterm::style::force_color_output;
use ratatui::crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::crossterm::{execute, queue};
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use terminal_size::{Height, Width, terminal_size_of};
use tokio::sync::oneshot;

use crate::machine::{Observer, TickSnapshot};
use crate::os::affinity;
use crate::os::clock::own_cpu_ns;
use crate::os::signal::Signals;
use crate::os::terminal::full_screen;
use crate::output::failure::Failure;
use crate::scheduler::{Decision, Tick};
use crate::trace::recording::{Entry, EntryObserver};
use crate::tui;
use crate::tui::{Action, Keys, Sample, View, draw};

/// How often the thread looks whether there is something to show. It is not woken for each entry:
/// that would cost the scheduler an inter-processor interrupt a tick.
const LOOK: Duration = Duration::from_millis(30);

/// How often the kernel is asked what it says of the processes, at least; also at each new moment.
const REFRESH: Duration = Duration::from_millis(250);

/// For how long a terminal that takes nothing may keep us from ending.
const PATIENCE: Duration = Duration::from_secs(2);

/// What there is to show.
pub enum Update {
    Entry(Box<Entry>),
    /// All is decided about this tick, and it begins.
    Begins(Tick),
    /// The run is over: its summary, line by line.
    Over(Vec<String>),
    /// The view is not needed any more.
    Close,
}

/// What there is behind the view.
pub trait ViewController: Send + 'static {
    /// Carries out what the person wants.
    fn action(&mut self, action: Action);

    /// What the kernel says of the processes; `None` where there are none.
    fn look(&mut self) -> Option<Vec<Sample>>;
}

/// The view, shown until the person leaves it.
pub struct Display {
    updates: Sender<Update>,
    thread: JoinHandle<io::Result<()>>,
    closed: oneshot::Receiver<()>,
    /// CPU time of the thread in nanoseconds.
    cpu_ns: Arc<AtomicU64>,
}

/// Whether there is a terminal to show it on.
pub fn require_terminal(instead: &str) -> Result<(), Failure> {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let what = if !stdout().is_terminal() {
        "standard output is none"
    } else if !stdin().is_terminal() {
        "standard input is none"
    } else if dumb {
        "this one is dumb (TERM)"
    } else {
        return Ok(());
    };
    Err(Failure::Input(format!(
        "a full-screen view needs a terminal, and {what}; without one: {instead}"
    )))
}

impl Display {
    /// Starts the thread, on these CPUs if that is possible. The terminal must have been taken.
    pub fn start(
        view: View,
        cpus: Vec<usize>,
        controller: impl ViewController,
    ) -> Result<Self, Failure> {
        let (updates, incoming) = channel();
        let (closing, closed) = oneshot::channel();
        let cpu_ns = Arc::new(AtomicU64::new(0));
        let used = Arc::clone(&cpu_ns);
        let work = move || {
            // On the children's CPU it would only be in the way.
            let _ = affinity::pin(&cpus);
            let mut controller = Leaving(controller);
            let shown = show(view, &incoming, &mut controller.0, &used);
            drop(controller);
            let _ = closing.send(());
            shown
        };
        let thread = job_control::with_tstp_blocked(|| thread::Builder::new().spawn(work));
        Ok(Self {
            updates,
            thread: thread.map_err(no_thread("the thread that shows the run"))?,
            closed,
            cpu_ns,
        })
    }

    /// CPU time the thread has used so far, in nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns.load(Ordering::Relaxed)
    }

    pub fn observer(&self) -> DisplayObserver {
        DisplayObserver(self.updates.clone())
    }

    /// The run is over.
    pub fn conclude(&self, summary: &str) {
        let lines = summary.lines().map(str::to_owned).collect();
        let _ = self.updates.send(Update::Over(lines));
    }

    /// Waits until the person leaves.
    ///
    pub async fn until_left(&mut self, signals: &Signals) -> Result<(), os::Error> {
        tokio::select! {
            _ = &mut self.closed => Ok(()),
            signal = signals.end() => Err(os::Error::Interrupted(signal?)),
        }
    }

    /// Shows it no longer.
    ///
    /// # Errors
    /// What ended it early: the terminal is gone.
    pub fn finish(self) -> Result<(), Failure> {
        let _ = self.updates.send(Update::Close);
        let deadline = Instant::now() + PATIENCE;
        while !self.thread.is_finished() {
            if Instant::now() >= deadline {
                return Err(Failure::stdout(io::ErrorKind::TimedOut.into()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        let panicked = |_| Err(io::Error::other("the thread that shows it has panicked"));
        let shown = self.thread.join().unwrap_or_else(panicked);
        shown.map_err(Failure::stdout)
    }
}

/// Hands over to the display what happens. That the view is left is told by [`Action::Leave`], not by
/// an error.
pub struct DisplayObserver(Sender<Update>);

impl Observer for DisplayObserver {
    fn decided(&mut self, decision: &Decision) -> io::Result<()> {
        self.entries().decided(decision)
    }

    fn tick_begins(&mut self, tick: Tick) -> io::Result<()> {
        let _ = self.0.send(Update::Begins(tick));
        Ok(())
    }

    fn tick_ended(&mut self, seen: &TickSnapshot<'_>) -> io::Result<()> {
        self.entries().tick_ended(seen)
    }
}

impl DisplayObserver {
    fn entries(&self) -> EntryObserver<impl FnMut(Entry) -> io::Result<()> + '_> {
        EntryObserver(|entry| {
            let _ = self.0.send(Update::Entry(Box::new(entry)));
            Ok(())
        })
    }
}

/// However the view ends, it has been left.
struct Leaving<B: ViewController>(B);

impl<B: ViewController> Drop for Leaving<B> {
    fn drop(&mut self) {
        self.0.action(Action::Leave);
    }
}

fn show(
    mut view: View,
    incoming: &Receiver<Update>,
    controller: &mut impl ViewController,
    cpu_ns: &AtomicU64,
) -> io::Result<()> {
    // Whether there are colours, the view knows: --color goes before NO_COLOR.
    force_color_output(view.theme.color);
    let mut screen = Screen::default();
    let mut keys = Keys::default();
    let mut passed = Instant::now();
    let mut glances = Glances::default();
    let mut stale = true;
    loop {
        match listen(&mut view, incoming) {
            Updates::None => {}
            Updates::Taken => stale = true,
            Updates::Closed => return Ok(()),
        }
        stale |= view.pass(passed.elapsed());
        passed = Instant::now();
        if glances.are_due(&view)
            && let Some(now) = controller.look()
        {
            match listen(&mut view, incoming) {
                Updates::None => view.model.sampled(now),
                // It may be of another moment: once more, soon.
                Updates::Taken => glances.last = None,
                Updates::Closed => return Ok(()),
            }
            stale = true;
        }
        screen.paint(&view, stale)?;
        cpu_ns.store(own_cpu_ns(), Ordering::Relaxed);
        stale = false;
        for key in pressed(&mut keys)? {
            for action in view.press(key) {
                if action == Action::Leave {
                    return Ok(());
                }
                controller.action(action);
            }
            stale = true;
        }
    }
}

enum Updates {
    None,
    Taken,
    Closed,
}

fn listen(view: &mut View, incoming: &Receiver<Update>) -> Updates {
    let mut updates = Updates::None;
    loop {
        match incoming.try_recv() {
            Ok(Update::Entry(entry)) => view.model.take(*entry),
            Ok(Update::Begins(tick)) => view.model.begins(tick.0),
            Ok(Update::Over(summary)) => view.conclude(summary),
            Ok(Update::Close) | Err(TryRecvError::Disconnected) => return Updates::Closed,
            Err(TryRecvError::Empty) => break,
        }
        updates = Updates::Taken;
    }
    if matches!(updates, Updates::Taken) {
        view.told();
    }
    updates
}

/// When the kernel was asked last.
#[derive(Default)]
struct Glances {
    last: Option<(Instant, u64)>,
}

impl Glances {
    fn are_due(&mut self, view: &View) -> bool {
        let moment = view.model.latest();
        let due = !view.model.is_over()
            && self
                .last
                .is_none_or(|(at, of)| of != moment || at.elapsed() >= REFRESH);
        if due {
            self.last = Some((Instant::now(), moment));
        }
        due
    }
}

/// What has been drawn, and so need not be drawn again.
#[derive(Default)]
struct Screen(Option<Terminal<CrosstermBackend<BufWriter<Stdout>>>>);

impl Screen {
    /// Draws, if what is on the screen is stale, or is no more.
    ///
    fn paint(&mut self, view: &View, stale: bool) -> io::Result<()> {
        let Some(held) = full_screen::hold() else {
            return Ok(());
        };
        let area = area_of_terminal()?;
        let fits = |terminal: &mut Terminal<_>| terminal.get_frame().area() == area;
        let intact = !held.is_blank && self.0.as_mut().is_some_and(fits);
        if intact && !stale {
            return Ok(());
        }
        if !intact {
            self.0 = Some(blank(area)?);
        }
        if let Some(terminal) = &mut self.0 {
            // Terminals that know this show the frame when it is whole.
            queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
            terminal.draw(|frame| draw(view, frame.buffer_mut()))?;
            execute!(terminal.backend_mut(), EndSynchronizedUpdate)?;
        }
        Ok(())
    }
}

/// No view is larger, in columns and rows: a terminal may call itself 65535 wide, and each cell takes
/// memory.
const WIDEST: u16 = 1000;
const TALLEST: u16 = 500;

/// Where there is a terminal that does not know its size, as on a serial line, it is the usual one.
fn area_of_terminal() -> io::Result<Rect> {
    match terminal_size_of(stdout()) {
        Some((Width(columns), Height(rows))) => {
            Ok(Rect::new(0, 0, columns.min(WIDEST), rows.min(TALLEST)))
        }
        None if stdout().is_terminal() => Ok(Rect::new(0, 0, 80, 24)),
        None => Err(Errno::EIO.into()),
    }
}

/// An empty screen of this size. (ratatui's own way to follow the size of a terminal asks that where
/// its cursor is, and would take the answer from among the keys.)
fn blank(area: Rect) -> io::Result<Terminal<CrosstermBackend<BufWriter<Stdout>>>> {
    let out = BufWriter::with_capacity(1 << 16, stdout());
    let mut terminal = Terminal::with_options(
        CrosstermBackend::new(out),
        TerminalOptions {
            viewport: Viewport::Fixed(area),
        },
    )?;
    terminal.backend_mut().clear()?;
    Ok(terminal)
}

/// The keys that come within a look.
fn pressed(keys: &mut Keys) -> io::Result<Vec<tui::Key>> {
    let bytes = full_screen::read_keys(LOOK)?;
    let unfinished = keys.is_unfinished();
    keys.push(&bytes);
    let mut pressed: Vec<_> = keys.by_ref().collect();
    if bytes.is_empty() && unfinished {
        pressed.extend(keys.settle());
    }
    Ok(pressed)
}
