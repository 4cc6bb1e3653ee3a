//! Runs each test in a process of its own, and says which ones had nothing to test here.
//!
//! So a test may be a subreaper, count its children, block signals and take limits, whatever the
//! others do at that time; and one that aborts ends alone. The command line and what is printed are
//! libtest's, by `libtest-mimic`. A single test can be run without a runner around it, for a
//! debugger or strace: `target/debug/deps/whole-… --here NAME`. `--slowest N` lists behind the result
//! which tests took longest.

use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::panic::{catch_unwind, resume_unwind};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use std::{env, io};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// A test, as `#[test]` enters it.
pub struct Test {
    /// With its modules and the program's name in front.
    pub name: &'static str,
    pub run: fn(),
    /// Whether no other test may run beside it.
    pub alone: bool,
}

inventory::collect!(Test);

impl Test {
    /// Without the name of the program.
    pub fn path(&self) -> &'static str {
        self.name
            .split_once("::")
            .map_or(self.name, |(_, path)| path)
    }
}

/// Says that a test was skipped, as automake's test programs do.
const SKIPPED: u8 = 77;
const FAILED: u8 = 101;

/// In front of the name of a test that is to be run without a runner around it.
pub const HERE: &str = "--here";

/// The end of a test that can show nothing on this machine.
struct Skip(String);

/// Ends this test: it says nothing here, and why.
pub fn skip(why: &str) -> ! {
    // No panic is reported, for none happened.
    resume_unwind(Box::new(Skip(why.to_owned())))
}

/// Held by a test as long as it runs: by many, or by one that must be alone.
static MACHINE: RwLock<()> = RwLock::new(());

/// In front of how many tests are to be listed that took longest.
const SLOWEST: &str = "--slowest";

/// How long each test took; its process is counted, the wait until it could start is not.
static TIMES: Mutex<Vec<(Duration, &str)>> = Mutex::new(Vec::new());

/// Runs the tests that the command line asks for, and `check` after each that has passed.
pub fn main(check: fn(&Test)) -> ExitCode {
    let mut words: Vec<_> = env::args().collect();
    if words.get(1).map(String::as_str) == Some(HERE) {
        return here(words.get(2).map_or("", String::as_str), check);
    }
    let listed = slowest(&mut words);
    let arguments = Arguments::from_iter(words);
    let is_shown = arguments.nocapture;
    let mut tests: Vec<_> = inventory::iter::<Test>().collect();
    tests.sort_by_key(|test| test.path());
    let trial = |test: &&'static Test| {
        let test = *test;
        Trial::ignorable_test(test.path(), move || apart(test, is_shown))
    };
    let trials = tests.iter().map(trial).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_unstable();
    for (time, test) in times.iter().rev().take(listed) {
        println!("{:8.2} s  {test}", time.as_secs_f64());
    }
    conclusion.exit_code()
}

/// Takes `--slowest N` out of a command line, which libtest does not know.
fn slowest(words: &mut Vec<String>) -> usize {
    let Some(at) = words.iter().position(|word| word == SLOWEST) else {
        return 0;
    };
    let mut taken = words.drain(at..words.len().min(at + 2)).skip(1);
    taken
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or(usize::MAX)
}

/// What this process has inherited besides its standard streams, no program under test inherits from
/// it: some are given few descriptors, and those shall be theirs.
#[expect(
    unsafe_code,
    reason = "there is no safe call for descriptors that nothing here owns"
)]
fn keep_inherited_descriptors() {
    // SAFETY: it sets a flag of descriptors, and closes none.
    let set = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    assert_eq!(set, 0, "close_range: {}", io::Error::last_os_error());
}

/// Runs the test of this name in this process.
fn here(name: &str, check: fn(&Test)) -> ExitCode {
    keep_inherited_descriptors();
    let test = inventory::iter::<Test>().find(|test| test.path() == name);
    let Some(test) = test else {
        eprintln!("there is no test {name}");
        return ExitCode::FAILURE;
    };
    let Err(end) = catch_unwind(|| {
        (test.run)();
        check(test);
    }) else {
        return ExitCode::SUCCESS;
    };
    match end.downcast::<Skip>() {
        Ok(skip) => {
            eprintln!("{}", skip.0);
            ExitCode::from(SKIPPED)
        }
        Err(_) => ExitCode::from(FAILED),
    }
}

/// Runs a test in a process of its own.
fn apart(test: &'static Test, is_shown: bool) -> Result<Completion, Failed> {
    let (_all, _one);
    if test.alone {
        _one = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    } else {
        _all = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    }
    let mut said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let mut command = command(test.path()).map_err(|error| error.to_string())?;
    if !is_shown {
        let both = said
            .try_clone()
            .and_then(|out| Ok((out, said.try_clone()?)));
        let (out, errors) = both.map_err(|error| error.to_string())?;
        command.stdout(out).stderr(errors);
    }
    let began = Instant::now();
    let status = command.status().map_err(|error| error.to_string())?;
    let mut times = TIMES.lock().unwrap_or_else(PoisonError::into_inner);
    times.push((began.elapsed(), test.path()));
    drop(times);
    let mut output = String::new();
    let read = said
        .rewind()
        .and_then(|()| said.read_to_string(&mut output));
    read.map_err(|error| error.to_string())?;
    match status.code() {
        Some(0) => Ok(Completion::Completed),
        Some(code) if code == i32::from(SKIPPED) => {
            let why = output.lines().last().unwrap_or("it said above why");
            Ok(Completion::ignored_with(why))
        }
        Some(_) => Err(output.into()),
        None => Err(format!("{output}killed by signal {:?}", status.signal()).into()),
    }
}

/// This program, to run one test.
///
/// # Errors
/// If it cannot be found.
pub fn command(path: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args([HERE, path]).stdin(Stdio::null());
    Ok(command)
}
