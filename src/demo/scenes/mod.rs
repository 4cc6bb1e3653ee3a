//! All scenes, one file each.

mod context_switch;
mod double_fork;
mod loading;
mod orphan;
mod sigchld;
mod states;
mod stop_cont;
mod time_sharing;
mod wait;
mod zombie;
mod zombie_orphan;

use super::scene_run::Scene;

/// In an order in which they can be watched.
pub const SCENES: [Scene; 11] = [
    Scene {
        name: "states",
        title: "one process through all the states of figure 4.2",
        run: states::run,
    },
    Scene {
        name: "loading",
        title: "how a program becomes a process, and what it is made of",
        run: loading::run,
    },
    Scene {
        name: "time-sharing",
        title: "two processes on one CPU, each as if it had it alone",
        run: time_sharing::run,
    },
    Scene {
        name: "context-switch",
        title: "the registers of a process that does not run",
        run: context_switch::run,
    },
    Scene {
        name: "stop-cont",
        title: "suspend and resume; what waits until then, and what does not",
        run: stop_cont::run,
    },
    Scene {
        name: "wait",
        title: "how a parent waits, and what it is told",
        run: wait::run,
    },
    Scene {
        name: "zombie",
        title: "a process that has exited and not been reaped",
        run: zombie::run,
    },
    Scene {
        name: "sigchld",
        title: "fifty exits, one signal: why one waits in a loop",
        run: sigchld::run,
    },
    Scene {
        name: "orphan",
        title: "the parent dies first: which process becomes the new one?",
        run: orphan::run,
    },
    Scene {
        name: "zombie-orphan",
        title: "a zombie whose parent dies is reaped by its new one",
        run: zombie_orphan::run,
    },
    Scene {
        name: "double-fork",
        title: "how a daemon leaves no zombie",
        run: double_fork::run,
    },
];
