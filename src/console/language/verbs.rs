//! The verbs of the console: how they are written and what they do, for `help` and for messages.

/// One verb.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    pub name: &'static str,
    /// The whole command, optional parts in brackets.
    pub usage: &'static str,
    pub help: &'static str,
}

const fn entry(name: &'static str, usage: &'static str, help: &'static str) -> Verb {
    Verb { name, usage, help }
}

/// All of them, in the order of `help`.
pub const VERBS: [Verb; 15] = [
    entry(
        "create",
        "create PROGRAM [as NAME], create [as NAME] -- COMMAND",
        "fork a process and stop it before its first instruction: it is ready",
    ),
    entry("run", "run WHO", "continue it: SIGCONT"),
    entry("cont", "cont WHO", "the same as run"),
    entry(
        "stop",
        "stop WHO",
        "stop it, and wait until it is: SIGSTOP, waitid",
    ),
    entry(
        "kill",
        "kill [SIGNAL] WHO",
        "send it a signal; without one, SIGTERM",
    ),
    entry(
        "wait",
        "wait [--nohang] WHO",
        "wait until it ends and take its exit status; --nohang: only if it has",
    ),
    entry(
        "status",
        "status [WHO]",
        "what the kernel says of it; also ps",
    ),
    entry("inspect", "inspect WHO", "one process in more detail"),
    entry("tree", "tree", "who is whose parent, from this console on"),
    entry(
        "policy",
        "policy [SWITCH_ON_… | IO_RUN_… | iolength TICKS | tick TIME]",
        "show or set the rules of the scheduler and the device",
    ),
    entry(
        "start",
        "start",
        "let the scheduler drive all workers until they have finished",
    ),
    entry(
        "pause",
        "pause",
        "at the end of the tick, take over from the scheduler again",
    ),
    entry("sleep", "sleep TIME", "let so much time pass, as 200ms"),
    entry("help", "help [COMMAND]", "explain the commands"),
    entry(
        "quit",
        "quit",
        "end all processes and leave; so do exit and the end of the input",
    ),
];

/// The verb of this name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}
