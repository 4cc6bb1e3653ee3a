//! A scene while it runs: each step is recorded, and shown as it happens.

use crate::machine::Stopped;
use crate::os;
use crate::os::procfs;
use crate::os::procfs::view::KernelView;
use crate::os::signal::BlockingSignals;
use crate::process::commanded;
use crate::process::commanded::{CommandedProcess, CommandedProcesses};

use super::record::{ProcessView, Region, SceneRecord, Share, Step};

/// What ends a scene before its end: a process or the kernel, or where it is shown.
pub type SceneError = Stopped<os::Error>;

impl From<os::Error> for SceneError {
    fn from(error: os::Error) -> Self {
        Self::Machine(error)
    }
}

/// Where a scene is shown. An error ends the scene.
pub trait SceneObserver {
    fn begin(&mut self, scene: &Scene) -> Result<(), SceneError>;

    /// `hurry`: time matters, and the scene must go on at once.
    fn step(&mut self, step: &Step, hurry: bool) -> Result<(), SceneError>;
}

/// A scene: its name on the command line, what it shows, and how.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    pub name: &'static str,
    pub title: &'static str,
    pub(super) run: fn(&mut SceneRun<'_>) -> Result<(), SceneError>,
}

pub struct SceneRun<'a> {
    pub(super) processes: CommandedProcesses<'a>,
    observer: &'a mut dyn SceneObserver,
    record: SceneRecord,
    hurry: bool,
}

/// A process to look at.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub name: &'a str,
    pub pid: i32,
}

/// Runs a scene to its end, or as far as it comes. No process of it remains.
pub fn run(
    scene: &Scene,
    signals: &BlockingSignals,
    observer: &mut dyn SceneObserver,
) -> (SceneRecord, Result<(), SceneError>) {
    let record = SceneRecord {
        scene: scene.name,
        title: scene.title,
        held: true,
        steps: Vec::new(),
    };
    let processes = match CommandedProcesses::new(signals) {
        Ok(processes) => processes,
        Err(error) => return (record, Err(SceneError::Machine(error))),
    };
    let mut run = SceneRun {
        processes,
        observer,
        record,
        hurry: false,
    };
    let ended = run
        .observer
        .begin(scene)
        .and_then(|()| (scene.run)(&mut run))
        .and_then(|()| run.show_interference());
    let cleared = run.processes.kill_all().map_err(SceneError::Machine);
    (run.record, ended.and(cleared))
}

/// This process, which takes part in some scenes.
pub fn me() -> Named<'static> {
    Named {
        name: "timeshare",
        pid: nix::unistd::getpid().as_raw(),
    }
}

/// How a process is named among others.
pub trait Name {
    fn named(&self) -> Named<'_>;
}

impl Name for CommandedProcess {
    fn named(&self) -> Named<'_> {
        Named {
            name: &self.name,
            pid: self.pid,
        }
    }
}

/// What is said and shown.
impl SceneRun<'_> {
    pub fn step(&mut self, step: Step) -> Result<(), SceneError> {
        self.show_interference()?;
        self.show(step)
    }

    fn show_interference(&mut self) -> Result<(), SceneError> {
        let interfered = self.processes.interfered().into_iter();
        interfered
            .map(|(name, pid)| Step::Interference { name, pid })
            .try_for_each(|step| self.show(step))
    }

    fn show(&mut self, step: Step) -> Result<(), SceneError> {
        self.record.steps.push(step);
        match self.record.steps.last() {
            Some(step) => self.observer.step(step, self.hurry),
            None => Ok(()),
        }
    }

    /// From now on time matters, and there are no pauses for reading; or it does not any more.
    pub fn hurry(&mut self, hurry: bool) {
        self.hurry = hurry;
    }

    pub fn say(&mut self, text: impl Into<String>) -> Result<(), SceneError> {
        self.step(Step::Say { text: text.into() })
    }

    /// What `/proc` shows of these processes.
    pub fn look(&mut self, processes: &[Named<'_>]) -> Result<(), SceneError> {
        let view = |one: &Named<'_>| Ok(ProcessView::new(one.name, one.pid, self.view(one.pid)?));
        let processes = processes
            .iter()
            .map(view)
            .collect::<Result<_, SceneError>>()?;
        self.step(Step::View { processes })
    }

    /// A file of `/proc`: a name in the process's folder, and the field to show if not all of it.
    /// `None`: we may not read it, or it is not there.
    pub fn proc(
        &mut self,
        pid: i32,
        file: &str,
        field: Option<&str>,
    ) -> Result<Option<String>, SceneError> {
        let Some(whole) = self.read(pid, file) else {
            return Ok(None);
        };
        let path = format!("/proc/{pid}/{file}");
        let text = match field {
            None => Some(whole.trim()),
            Some(name) => procfs::status::field(&whole, name),
        };
        let Some(text) = text.map(str::to_owned) else {
            return Ok(None);
        };
        let path = field.map_or_else(|| path.clone(), |name| format!("{path}: {name}"));
        self.step(Step::Proc {
            path,
            text: text.clone(),
        })?;
        Ok(Some(text))
    }

    /// A whole file of a process's folder; no step. `None`: we may not read it, or it is not there.
    pub fn read(&self, pid: i32, file: &str) -> Option<String> {
        let path = format!("/proc/{pid}/{file}");
        let bytes = std::fs::read(path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What the kernel shows of a process right now; no step.
    pub fn view(&self, pid: i32) -> Result<Option<KernelView>, SceneError> {
        Ok(commanded::look(pid)?)
    }

    pub fn memory(&mut self, regions: Vec<Region>) -> Result<(), SceneError> {
        self.step(Step::Memory { regions })
    }

    pub fn shares(&mut self, shares: Vec<Share>) -> Result<(), SceneError> {
        self.step(Step::Shares { shares })
    }

    /// Asserts what the scene says. A claim that does not hold is shown, and the scene goes on.
    pub fn claim(&mut self, held: bool, text: impl Into<String>) -> Result<(), SceneError> {
        self.record.held &= held;
        self.step(Step::Claim {
            text: text.into(),
            held,
        })
    }

    /// A part of the scene that this machine does not let us show.
    pub fn absent(
        &mut self,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Result<(), SceneError> {
        self.step(Step::Absent {
            what: what.into(),
            why: why.into(),
        })
    }

    pub fn by_hand(&mut self, lines: &[&str]) -> Result<(), SceneError> {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        self.step(Step::ByHand { lines })
    }
}

/// Whether the kernel shows a process by this letter.
pub fn shows(view: Option<&KernelView>, letter: char) -> bool {
    view.is_some_and(|view| view.letter == letter)
}
