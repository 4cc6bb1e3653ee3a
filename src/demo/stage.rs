//! The stage of a scene: whatever happens on it is written down, and shown as it happens.

use super::process;
use super::process::{DemoProcess, DemoProcesses};
use super::record::{Performance, Region, Row, Share, Step};
use super::{Scene, SceneError, SceneObserver};
use crate::os::procfs;
use crate::os::procfs::view::KernelView;
use crate::os::signal::BlockingSignals;

/// Where a scene takes place.
pub struct Stage<'a> {
    pub processes: DemoProcesses<'a>,
    audience: &'a mut dyn SceneObserver,
    performance: Performance,
    hurry: bool,
}

/// A process to look at.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    pub name: &'a str,
    pub pid: i32,
}

/// Plays a scene to its end, or as far as it comes. No process of it remains.
pub fn play(
    scene: &Scene,
    interrupts: &BlockingSignals,
    audience: &mut dyn SceneObserver,
) -> (Performance, Result<(), SceneError>) {
    let performance = Performance {
        scene: scene.name,
        title: scene.title,
        held: true,
        steps: Vec::new(),
    };
    let processes = match DemoProcesses::gather(interrupts) {
        Ok(processes) => processes,
        Err(error) => return (performance, Err(SceneError::Machine(error))),
    };
    let mut stage = Stage {
        processes,
        audience,
        performance,
        hurry: false,
    };
    let played = stage
        .audience
        .begin(scene)
        .and_then(|()| (scene.play)(&mut stage));
    let played = played.and_then(|()| stage.tell_interference());
    let cleared = stage.processes.kill_all().map_err(SceneError::Machine);
    (stage.performance, played.and(cleared))
}

/// Ourselves, who have a part in some scenes.
#[must_use]
pub fn me() -> Who<'static> {
    Who {
        name: "timeshare",
        pid: nix::unistd::getpid().as_raw(),
    }
}

impl DemoProcess {
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        Who {
            name: &self.name,
            pid: self.pid,
        }
    }
}

/// What is said and shown.
impl Stage<'_> {
    pub fn step(&mut self, step: Step) -> Result<(), SceneError> {
        self.tell_interference()?;
        self.show(step)
    }

    fn tell_interference(&mut self) -> Result<(), SceneError> {
        let interfered = self.processes.interfered().into_iter();
        interfered
            .map(|(name, pid)| Step::Interference { name, pid })
            .try_for_each(|step| self.show(step))
    }

    fn show(&mut self, step: Step) -> Result<(), SceneError> {
        self.performance.steps.push(step);
        match self.performance.steps.last() {
            Some(step) => self.audience.sees(step, self.hurry),
            None => Ok(()),
        }
    }

    /// From now on time matters, or does not any more: then there are pauses for reading.
    pub fn hurry(&mut self, hurry: bool) {
        self.hurry = hurry;
    }

    pub fn say(&mut self, text: impl Into<String>) -> Result<(), SceneError> {
        self.step(Step::Say { text: text.into() })
    }

    /// What `/proc` shows of these processes.
    pub fn look(&mut self, whom: &[Who<'_>]) -> Result<(), SceneError> {
        let row = |who: &Who<'_>| Ok(Row::new(who.name, who.pid, self.view(who.pid)?));
        let processes = whom.iter().map(row).collect::<Result<_, SceneError>>()?;
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

    /// A whole file of a process's folder, untold. `None`: we may not read it, or it is not there.
    #[must_use]
    pub fn read(&self, pid: i32, file: &str) -> Option<String> {
        let path = format!("/proc/{pid}/{file}");
        let bytes = std::fs::read(path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What the kernel shows of a process right now, untold.
    pub fn view(&self, pid: i32) -> Result<Option<KernelView>, SceneError> {
        Ok(process::look(pid)?)
    }

    pub fn memory(&mut self, regions: Vec<Region>) -> Result<(), SceneError> {
        self.step(Step::Memory { regions })
    }

    pub fn shares(&mut self, shares: Vec<Share>) -> Result<(), SceneError> {
        self.step(Step::Shares { shares })
    }

    /// Asserts what the scene tells. One that does not hold is told, and the scene goes on.
    pub fn claim(&mut self, held: bool, text: impl Into<String>) -> Result<(), SceneError> {
        self.performance.held &= held;
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
#[must_use]
pub fn shows(view: Option<&KernelView>, letter: char) -> bool {
    view.is_some_and(|view| view.letter == letter)
}
