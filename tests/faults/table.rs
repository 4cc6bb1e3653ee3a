//! Which test injects which fault into which command, or why one cannot be.
//!
//! The table cannot rot: what it names is compiled with it, must be a test, and fails if it has not
//! started a command that it is said to.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use test_attribute::test;

use super::subcommand::Subcommand::{self, Compare, Demo, Run, Shell, Watch};
use super::{
    child, force_quit, interference, job_control, limits, machine, manual_control, scene,
    supervisor,
};
use crate::common::program::has_started;
use crate::common::runner::{Test, skip};
use crate::{paper, real};

type Commands = &'static [Subcommand];

/// Number, fault, and who plays it.
type Row = (u32, &'static str, &'static [Part]);

enum Part {
    /// These tests inject it into these commands.
    By(Commands, &'static [Named]),
    /// These unit tests inject it into the code that these commands share.
    Shared(Commands, &'static [&'static str]),
    /// It cannot happen to these, and why.
    Not(Commands, &'static str),
}

use Part::{By, Not, Shared};

/// A test, and where it is.
type Named = (&'static str, fn());

macro_rules! tests {
    ($($test:path),+ $(,)?) => { &[$((stringify!($test), $test as fn())),+] };
}

/// A console by hand and while the scheduler drives counts as one.
const EVERY: Commands = &[Run, Watch, Compare, Demo, Shell];
/// Those whose processes are workers.
const WORKERS: Commands = &[Run, Watch, Compare, Shell];

/// Those that need no terminal.
const PLAIN: Commands = &[Run, Compare, Demo, Shell];
/// Those that are runs, and show them in another way.
const VIEWS: Commands = &[Watch, Compare];

const A_RUN: &str = "it is a run, shown in another way";
const SAME_FILES: &str = "it reads the same files by the same code as a run";

const UNMEASURED: &str = "its actors make one call at a time, and nothing is measured of them but the \
                          two in time-sharing, by their own clocks";

const TABLE: [Row; 35] = [
    // A child …
    (
        1,
        "exits before its first stop",
        &[
            By(
                &[Demo],
                tests![
                    real::demo::a_demo_process_that_is_killed_ends_the_scene_with_an_error,
                ],
            ),
            Shared(
                WORKERS,
                &[
                    "a_child_that_ends_before_it_is_ready_is_reported_with_its_exit_status",
                    "a_child_that_ends_between_its_ready_message_and_its_first_stop_is_reported_too",
                ],
            ),
        ],
    ),
    (
        2,
        "dies by SEGV, ABRT, exit code 127",
        &[
            By(
                &[Run],
                tests![
                    child::a_child_that_dies_of_a_signal_is_told_with_it_and_the_others_go_on,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_death_by_a_signal_is_told_with_it_also_of_a_blocked_process,
                ],
            ),
            By(
                &[Watch, Compare, Demo],
                tests![
                    interference::in_every_command_a_process_may_be_killed,
                ],
            ),
        ],
    ),
    (
        3,
        "panics between fork and exec",
        &[Shared(
            EVERY,
            &["a_panic_between_fork_and_exec_ends_that_child_and_touches_nothing_of_its_parent"],
        )],
    ),
    (
        4,
        "cannot be exec'd",
        &[
            By(
                EVERY,
                tests![
                    limits::a_child_that_cannot_be_executed_is_named_with_the_reason,
                ],
            ),
            Shared(
                WORKERS,
                &[
                    "a_child_that_cannot_be_executed_takes_those_forked_before_it_along",
                    "a_child_that_fails_takes_those_forked_before_it_along",
                ],
            ),
        ],
    ),
    (
        5,
        "stops itself before it is ready",
        &[
            Shared(
                WORKERS,
                &["a_child_that_stops_itself_before_it_is_ready_is_given_up_in_time"],
            ),
            By(
                &[Demo],
                tests![
                    scene::a_demo_process_that_never_answers_is_waited_for_only_until_a_signal_comes,
                ],
            ),
        ],
    ),
    (
        6,
        "ignores SIGTERM",
        &[
            By(
                &[Run],
                tests![
                    child::stopped_blocked_and_running_children_end_with_the_run_at_once,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_command_that_ignores_all_signals_it_can_ends_with_the_console,
                ],
            ),
            Not(
                &[Watch, Compare, Demo],
                "its processes are our own program, which ignores nothing; they get SIGKILL as \
                 those of a run",
            ),
        ],
    ),
    (
        7,
        "cannot stop for a while",
        &[
            Shared(
                WORKERS,
                &["a_child_that_cannot_stop_for_a_while_is_waited_for_within_bounds"],
            ),
            Not(&[Demo], UNMEASURED),
        ],
    ),
    (
        8,
        "never reads or answers its pipe, closes it, dies in mid-I/O",
        &[
            Shared(
                WORKERS,
                &[
                    "a_child_that_never_answers_is_given_up_by_its_cpu_time_or_for_standing_still",
                    "a_child_that_sends_what_no_worker_sends_is_refused",
                ],
            ),
            By(
                &[Run],
                tests![
                    real::interference::when_a_blocked_process_is_killed_the_others_go_on,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_death_by_a_signal_is_told_with_it_also_of_a_blocked_process,
                ],
            ),
            By(
                &[Demo],
                tests![
                    scene::a_demo_process_that_never_answers_is_waited_for_only_until_a_signal_comes,
                    real::demo::a_demo_process_that_is_killed_ends_the_scene_with_an_error,
                ],
            ),
        ],
    ),
    (
        9,
        "exits together with 49 others",
        &[
            By(
                &[Run],
                tests![
                    child::fifty_children_that_die_at_once_are_all_noticed,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::fifty_that_die_at_once_are_all_told,
                ],
            ),
            By(
                &[Demo],
                tests![
                    real::demo::all_scenes_hold_what_they_claim,
                ],
            ),
            Not(VIEWS, A_RUN),
        ],
    ),
    (
        10,
        "holds a sibling's pipe end",
        &[
            By(
                &[Run],
                tests![
                    real::children::no_two_children_have_a_pipe_in_common,
                    real::children::each_child_has_its_name_group_cpu_and_files_and_no_others,
                ],
            ),
            By(
                &[Demo, Shell],
                tests![
                    manual_control::each_process_has_the_files_it_needs_and_no_others,
                ],
            ),
            Not(VIEWS, A_RUN),
        ],
    ),
    // An outsider …
    (
        11,
        "continues a stopped child",
        &[
            By(
                &[Run],
                tests![
                    real::interference::a_ready_process_that_is_continued_from_outside_is_stopped_and_it_is_told,
                ],
            ),
            By(
                &[Watch, Compare, Shell],
                tests![
                    interference::where_the_scheduler_drives_interference_is_told,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::what_others_do_shows_in_the_status_and_can_be_undone,
                ],
            ),
            Not(
                &[Demo],
                "a scene that stops a process shows what becomes of it",
            ),
        ],
    ),
    (
        12,
        "stops the running child",
        &[
            By(
                &[Run],
                tests![
                    real::interference::a_running_process_that_is_stopped_from_outside_is_continued_and_it_is_told,
                    interference::a_child_that_is_stopped_again_and_again_still_comes_to_its_end,
                ],
            ),
            By(
                &[Watch, Compare, Shell],
                tests![
                    interference::where_the_scheduler_drives_interference_is_told,
                ],
            ),
            By(
                &[Demo],
                tests![
                    scene::a_demo_process_that_is_stopped_is_continued_and_it_is_told,
                ],
            ),
        ],
    ),
    (
        13,
        "kills a running, stopped or blocked child",
        &[
            By(
                EVERY,
                tests![
                    interference::in_every_command_a_process_may_be_killed,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::interference::when_the_running_process_is_killed_the_next_one_gets_the_cpu,
                    real::interference::when_a_ready_process_is_killed_the_running_one_goes_on,
                    real::interference::when_a_blocked_process_is_killed_the_others_go_on,
                    real::interference::a_killed_process_is_shown_in_the_summary,
                ],
            ),
        ],
    ),
    (
        14,
        "sends STOP and CONT in a burst",
        &[
            By(
                EVERY,
                tests![
                    interference::bursts_of_stops_and_continues_let_every_command_go_on,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::interference::bursts_of_stops_and_continues_do_not_stop_the_run,
                ],
            ),
        ],
    ),
    (
        15,
        "attaches a debugger",
        &[
            By(
                &[Run],
                tests![
                    interference::a_debugger_that_lets_go_again_is_told,
                    interference::a_debugger_that_does_not_let_go_is_named_and_the_run_ends,
                    interference::ctrl_c_is_heard_while_a_debugger_holds_a_child,
                ],
            ),
            By(
                &[Run, Watch, Compare, Shell],
                tests![
                    force_quit::a_second_ctrl_c_waits_for_no_child_and_the_summary_is_printed,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_stop_that_a_debugger_keeps_from_being_confirmed_is_given_up_on_a_signal,
                ],
            ),
            By(
                &[Demo],
                tests![
                    scene::a_demo_process_that_never_answers_is_waited_for_only_until_a_signal_comes,
                ],
            ),
        ],
    ),
    (
        16,
        "moves, renices or re-pins a child",
        &[
            By(
                &[Run],
                tests![
                    interference::a_child_that_is_moved_to_another_cpu_is_put_back_and_it_is_told,
                    interference::a_child_with_another_weight_gets_back_what_it_had_and_it_is_told_and_marked,
                    interference::without_a_privilege_a_higher_nice_value_stays_and_it_is_told_once,
                ],
            ),
            By(
                &[Watch, Compare, Shell],
                tests![
                    interference::where_the_scheduler_drives_interference_is_told,
                ],
            ),
            Not(&[Demo], UNMEASURED),
        ],
    ),
    (
        17,
        "gets a reused pid",
        &[
            By(
                &[Run],
                tests![
                    interference::a_process_with_the_pid_of_a_child_that_is_gone_is_left_alone,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_process_with_the_pid_of_one_that_was_waited_for_is_left_alone,
                ],
            ),
            Not(VIEWS, A_RUN),
            Not(
                &[Demo],
                "it waits for no process before the scene is over but by a call that the scene shows, and \
                 sends no signal after that",
            ),
        ],
    ),
    // The supervisor …
    (
        18,
        "is SIGKILLed at a random moment",
        &[
            By(
                EVERY,
                tests![
                    supervisor::no_command_leaves_a_process_when_it_is_killed,
                ],
            ),
            By(
                &[Run, Compare],
                tests![
                    supervisor::none_of_64_children_in_mixed_states_outlives_a_killed_supervisor,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::signals::no_child_outlives_a_supervisor_that_is_killed,
                    supervisor::without_the_guard_children_outlive_a_killed_supervisor_and_the_check_finds_them,
                ],
            ),
            By(
                &[Demo],
                tests![
                    real::demo::no_process_outlives_a_demo_that_is_killed,
                    real::demo::not_even_a_stopped_grandchild_outlives_a_demo_that_is_killed,
                ],
            ),
        ],
    ),
    (
        19,
        "is SIGKILLed between a fork and the child's arming",
        &[By(EVERY, tests![supervisor::no_child_outlives_a_supervisor_that_is_killed_while_it_forks_them])],
    ),
    (
        20,
        "panics, aborts, hits process::exit",
        &[
            By(
                EVERY,
                tests![
                    supervisor::no_child_outlives_a_supervisor_that_aborts,
                ],
            ),
            Shared(
                WORKERS,
                &["when_the_supervisor_panics_its_children_end_with_it"],
            ),
            By(
                &[Run],
                tests![
                    real::signals::no_child_outlives_two_signals_in_a_row,
                ],
            ),
        ],
    ),
    (
        21,
        "gets INT, TERM, HUP or QUIT; twice; during its own teardown",
        &[
            By(
                EVERY,
                tests![
                    supervisor::every_command_ends_in_good_order_on_every_signal_that_asks_it_to,
                    force_quit::a_second_signal_at_any_moment_of_the_teardown_leaves_no_process,
                ],
            ),
            By(
                &[Run, Watch, Compare, Shell],
                tests![
                    force_quit::a_second_ctrl_c_waits_for_no_child_and_the_summary_is_printed,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::signals::a_signal_ends_the_run_promptly_and_the_summary_tells_how_far_it_came,
                    supervisor::a_signal_ends_it_while_its_output_is_not_read,
                    force_quit::a_second_signal_ends_it_while_its_output_is_not_read_and_a_third_one_at_once,
                ],
            ),
        ],
    ),
    (
        22,
        "loses its terminal",
        &[
            By(
                EVERY,
                tests![
                    supervisor::when_its_terminal_is_gone_it_ends_as_on_sighup_and_none_is_left,
                ],
            ),
            By(
                PLAIN,
                tests![
                    supervisor::when_the_output_is_gone_before_the_signal_comes_that_is_the_same,
                ],
            ),
        ],
    ),
    (
        23,
        "is suspended with Ctrl-Z and resumed with fg",
        &[
            By(
                EVERY,
                tests![
                    job_control::suspended_no_command_lets_a_process_compute_and_continued_the_same_one_goes_on,
                    job_control::ended_while_it_is_suspended_it_leaves_no_process,
                    job_control::continued_before_it_has_come_to_a_stop_it_goes_on,
                    job_control::a_continue_takes_back_a_ctrl_z_at_whatever_moment_of_it_it_comes,
                ],
            ),
            By(
                &[Run],
                tests![
                    job_control::while_it_is_suspended_all_are_stopped_and_afterwards_only_one_goes_on,
                    job_control::a_ctrl_z_that_was_taken_back_is_no_suspension,
                ],
            ),
        ],
    ),
    (
        24,
        "is SIGSTOPped from outside",
        &[
            By(
                &[Run],
                tests![
                    job_control::a_stopped_supervisor_tells_for_how_long_it_was,
                ],
            ),
            By(
                EVERY,
                tests![
                    job_control::stopped_from_outside_and_continued_every_command_comes_to_its_end,
                ],
            ),
        ],
    ),
    (
        25,
        "has its output closed or full",
        &[
            By(
                PLAIN,
                tests![
                    supervisor::a_reader_of_only_the_first_line_ends_it_without_an_error,
                    supervisor::a_full_disk_ends_it_with_an_error,
                ],
            ),
            Not(
                &[Watch],
                "its output is a terminal, and what becomes of that is in the row of the lost one",
            ),
        ],
    ),
    (
        26,
        "starts with SIGCHLD ignored, or signals blocked",
        &[
            By(
                EVERY,
                tests![
                    machine::started_with_sigchld_ignored_or_signals_blocked_it_works,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::signals::it_works_when_started_with_sigchld_ignored,
                    real::signals::it_works_and_hears_signals_when_started_with_signals_blocked,
                ],
            ),
        ],
    ),
    // The machine …
    (
        27,
        "is out of processes",
        &[
            By(
                EVERY,
                tests![
                    limits::where_a_control_group_allows_no_more_processes_it_says_so_and_none_is_left,
                    limits::where_a_user_may_have_no_more_processes_it_says_so_and_none_is_left,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::interference::the_limit_on_processes_is_named_and_those_started_before_it_are_gone,
                    real::interference::more_processes_than_a_user_may_have_are_refused_with_the_limit_named,
                    real::interference::without_a_second_thread_it_says_so,
                ],
            ),
        ],
    ),
    (
        28,
        "is out of descriptors, at each step",
        &[
            By(
                EVERY,
                tests![
                    limits::with_any_number_of_open_files_it_works_or_says_why_not,
                ],
            ),
            By(
                &[Compare],
                tests![
                    limits::repeated_runs_need_no_more_open_files_than_one,
                ],
            ),
            By(
                &[Demo],
                tests![
                    limits::all_scenes_need_no_more_open_files_than_the_greediest_of_them,
                ],
            ),
            By(
                &[Shell],
                tests![
                    limits::a_console_keeps_nothing_of_processes_that_are_gone_but_what_refuses_signals,
                ],
            ),
        ],
    ),
    (
        29,
        "has one CPU, or a cpuset without the CPU asked for",
        &[
            By(
                EVERY,
                tests![
                    machine::with_a_single_cpu_and_without_privileges_or_a_terminal_it_works,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::run::with_a_single_cpu_a_run_happens_as_simulated,
                    paper::bad_input::a_cpu_that_is_not_there_is_refused,
                ],
            ),
        ],
    ),
    (
        30,
        "forbids perf events or pidfds",
        &[By(EVERY, tests![machine::without_perf_events_it_works_and_says_what_is_lost, machine::without_a_scheduling_class_it_works, machine::without_pidfds_it_says_so])],
    ),
    (
        31,
        "has hidepid, a read-only /proc, none at all",
        &[By(EVERY, tests![machine::with_other_users_hidden_in_proc_it_works, machine::with_a_read_only_proc_it_works, machine::without_proc_it_says_so_before_any_fork, machine::with_the_proc_of_another_namespace_it_says_so_before_any_fork])],
    ),
    (
        32,
        "has no terminal, runs us without privileges, as PID 1",
        &[
            By(
                EVERY,
                tests![
                    machine::as_the_first_process_of_a_namespace_it_works_and_hears_signals,
                    machine::with_a_single_cpu_and_without_privileges_or_a_terminal_it_works,
                ],
            ),
            By(
                &[Run],
                tests![
                    real::run::without_privileges_a_run_happens_as_simulated,
                ],
            ),
        ],
    ),
    // The input …
    (
        33,
        "unknown policy, -1, 0, NaN, 1e400, overflow, '5 parsecs'",
        &[
            By(
                &[Run],
                tests![
                    paper::bad_input::a_bad_notation_is_refused_with_the_token_and_the_form,
                    paper::bad_input::numbers_that_cannot_be_are_refused,
                    paper::bad_input::unknown_policies_and_options_are_refused_with_the_choices,
                    paper::bad_input::a_tick_that_cannot_be_is_refused,
                ],
            ),
            By(
                EVERY,
                tests![
                    paper::bad_input::no_command_line_does_anything_but_work_or_be_refused_before_any_fork,
                ],
            ),
            By(
                &[Shell],
                tests![
                    real::shell::a_script_stops_at_the_first_error_and_names_its_line,
                ],
            ),
        ],
    ),
    (
        34,
        "a workload file that is none",
        &[
            By(
                &[Run],
                tests![
                    paper::bad_input::what_is_no_regular_file_is_refused_without_waiting,
                    paper::bad_input::a_faulty_file_is_refused_with_the_place_and_a_picture_of_it,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::a_script_that_is_none_is_refused_in_time,
                ],
            ),
            Not(VIEWS, SAME_FILES),
            Not(&[Demo], "it reads none"),
        ],
    ),
    (
        35,
        "a million processes",
        &[
            By(
                &[Run],
                tests![
                    paper::bad_input::a_file_of_a_million_processes_is_refused_with_the_limit_named,
                    paper::bad_input::more_processes_than_open_files_allow_are_refused_with_the_limit_named,
                ],
            ),
            By(
                &[Shell],
                tests![
                    manual_control::more_processes_than_open_files_allow_are_refused_with_the_limit_named,
                ],
            ),
            Not(VIEWS, SAME_FILES),
            Not(&[Demo], "its scenes have as many as they have"),
        ],
    ),
];

/// The test of a path that begins in this folder or in that of all tests.
fn is_at(test: &Test, path: &str) -> bool {
    let within = test.path().strip_suffix(path);
    within.is_some_and(|before| before.is_empty() || before == "faults::")
}

const fn word(subcommand: Subcommand) -> &'static str {
    match subcommand {
        Run => "run",
        Watch => "watch",
        Compare => "compare",
        Demo => "demo",
        Shell | Subcommand::Driven => "shell",
    }
}

/// Fails if the table says of the test that has just passed that it injects a fault into a command
/// that it never started.
pub fn assert_claims(test: &Test) {
    for (number, fault, parts) in TABLE {
        for part in parts {
            let By(commands, tests) = part else { continue };
            if tests.iter().any(|(path, _)| is_at(test, path)) {
                let missing = commands
                    .iter()
                    .find(|subcommand| !has_started(word(**subcommand)));
                assert_eq!(missing, None, "never started, but see {number}, {fault}");
            }
        }
    }
}

#[test]
fn every_fault_is_injected_into_every_command_by_a_test_or_it_says_why_not() {
    let known: Vec<&Test> = inventory::iter::<Test>().collect();
    for (expected, (number, fault, parts)) in (1..).zip(TABLE) {
        assert_eq!(number, expected, "{fault}");
        for command in EVERY {
            let has = |part: &Part| match part {
                By(commands, _) | Shared(commands, _) | Not(commands, _) => {
                    commands.contains(command)
                }
            };
            assert!(parts.iter().any(has), "{number}, {fault}: {command:?}?");
        }
        for part in parts {
            match part {
                By(_, tests) => {
                    let is_test = |path: &str| known.iter().any(|test| is_at(test, path));
                    let other = tests.iter().find(|(path, _)| !is_test(path));
                    assert_eq!(other, None, "{number}, {fault}: it is no test");
                }
                Shared(_, tests) => assert!(!tests.is_empty()),
                Not(_, why) => assert!(!why.is_empty()),
            }
        }
    }
}

#[test]
fn the_unit_tests_that_inject_faults_are_there() {
    let Some(known) = unit_tests() else {
        skip("the unit tests have not been built: plain `cargo test` builds them, too");
    };
    for (number, fault, parts) in TABLE {
        for part in parts {
            let Shared(_, tests) = part else { continue };
            let is_known = |name: &&&str| {
                let end = format!("::{name}: test");
                known.lines().any(|line| line.ends_with(&end))
            };
            let missing = tests.iter().find(|name| !is_known(name));
            assert_eq!(missing, None, "{number}, {fault}");
        }
    }
}

/// What the newest program of unit tests beside this one lists.
fn unit_tests() -> Option<String> {
    let here = env::current_exe().expect("it has a name");
    let beside = fs::read_dir(here.parent()?)
        .expect("it can be listed")
        .flatten();
    let mut programs: Vec<(SystemTime, PathBuf)> = beside
        .filter(|entry| {
            let name = entry.file_name().into_string().unwrap_or_default();
            name.starts_with("timeshare-") && !name.contains('.')
        })
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    programs.sort();
    // Some are timeshare itself, and know no such option.
    let list = |(_, program): (_, PathBuf)| {
        let mut command = Command::new(program);
        let output = command.arg("--list").stdin(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let list = programs.into_iter().rev().find_map(list)?;
    String::from_utf8(list).ok()
}
