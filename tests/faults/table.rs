//! Which test injects which fault into which command, or why one cannot be. That each test exists and
//! names its commands is checked, so that the table cannot rot.

use std::fs;
use std::path::Path;

use crate::common::folder;
use crate::play::Play::{self, Compare, Demo, Run, Shell, Watch};

type Commands = &'static [Play];

/// Number, fault, and who plays it.
type Row = (u32, &'static str, &'static [Part]);

enum Part {
    /// These tests inject it into these commands.
    By(Commands, &'static [&'static str]),
    /// They inject it into the code that these commands share.
    Shared(Commands, &'static [&'static str]),
    /// It cannot happen to these, and why.
    Not(Commands, &'static str),
}

use Part::{By, Not, Shared};

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
                &["an_actor_that_somebody_kills_ends_the_scene_with_an_error"],
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
                &["a_child_that_dies_of_a_signal_is_told_with_it_and_the_others_go_on"],
            ),
            By(
                &[Shell],
                &["whoever_dies_of_a_signal_is_told_with_it_and_whoever_is_blocked_too"],
            ),
            By(
                &[Watch, Compare, Demo],
                &["in_every_command_somebody_may_be_killed"],
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
                &["a_child_that_cannot_be_executed_is_named_with_the_reason"],
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
                &["an_actor_that_never_answers_is_waited_for_only_until_a_signal_comes"],
            ),
        ],
    ),
    (
        6,
        "ignores SIGTERM",
        &[
            By(
                &[Run],
                &["stopped_blocked_and_running_children_end_with_the_run_at_once"],
            ),
            By(
                &[Shell],
                &["a_command_that_ignores_all_signals_it_can_ends_with_the_console"],
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
                &["when_a_blocked_process_is_killed_the_others_go_on"],
            ),
            By(
                &[Shell],
                &["whoever_dies_of_a_signal_is_told_with_it_and_whoever_is_blocked_too"],
            ),
            By(
                &[Demo],
                &[
                    "an_actor_that_never_answers_is_waited_for_only_until_a_signal_comes",
                    "an_actor_that_somebody_kills_ends_the_scene_with_an_error",
                ],
            ),
        ],
    ),
    (
        9,
        "exits together with 49 others",
        &[
            By(&[Run], &["fifty_children_that_die_at_once_are_all_noticed"]),
            By(&[Shell], &["fifty_that_die_at_once_are_all_told"]),
            By(&[Demo], &["all_scenes_hold_what_they_claim"]),
            Not(VIEWS, A_RUN),
        ],
    ),
    (
        10,
        "holds a sibling's pipe end",
        &[
            By(
                &[Run],
                &[
                    "no_two_children_have_a_pipe_in_common",
                    "each_child_has_its_name_group_cpu_and_files_and_no_others",
                ],
            ),
            By(
                &[Demo, Shell],
                &["each_process_has_the_files_it_needs_and_no_others"],
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
                &["a_ready_process_that_is_continued_from_outside_is_stopped_and_it_is_told"],
            ),
            By(
                &[Watch, Compare, Shell],
                &["whoever_lets_the_scheduler_drive_is_told_what_others_do"],
            ),
            By(
                &[Shell],
                &["what_others_do_shows_in_the_status_and_can_be_undone"],
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
                &[
                    "a_running_process_that_is_stopped_from_outside_is_continued_and_it_is_told",
                    "a_child_that_is_stopped_again_and_again_still_comes_to_its_end",
                ],
            ),
            By(
                &[Watch, Compare, Shell],
                &["whoever_lets_the_scheduler_drive_is_told_what_others_do"],
            ),
            By(
                &[Demo],
                &["an_actor_that_somebody_stops_is_continued_and_it_is_told"],
            ),
        ],
    ),
    (
        13,
        "kills a running, stopped or blocked child",
        &[
            By(EVERY, &["in_every_command_somebody_may_be_killed"]),
            By(
                &[Run],
                &[
                    "when_the_running_process_is_killed_the_next_one_gets_the_cpu",
                    "when_a_ready_process_is_killed_the_running_one_goes_on",
                    "when_a_blocked_process_is_killed_the_others_go_on",
                    "a_killed_process_is_shown_in_the_summary",
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
                &["bursts_of_stops_and_continues_let_every_command_go_on"],
            ),
            By(
                &[Run],
                &["bursts_of_stops_and_continues_do_not_stop_the_run"],
            ),
        ],
    ),
    (
        15,
        "attaches a debugger",
        &[
            By(
                &[Run],
                &[
                    "a_debugger_that_lets_go_again_is_told",
                    "a_debugger_that_does_not_let_go_is_named_and_the_run_ends",
                    "ctrl_c_is_heard_while_a_debugger_holds_a_child",
                ],
            ),
            By(
                &[Run, Watch, Compare, Shell],
                &["a_second_ctrl_c_waits_for_no_child_and_the_summary_is_printed"],
            ),
            By(
                &[Shell],
                &["a_stop_that_a_debugger_keeps_from_being_confirmed_is_given_up_on_a_signal"],
            ),
            By(
                &[Demo],
                &["an_actor_that_never_answers_is_waited_for_only_until_a_signal_comes"],
            ),
        ],
    ),
    (
        16,
        "moves, renices or re-pins a child",
        &[
            By(
                &[Run],
                &[
                    "a_child_that_is_moved_to_another_cpu_is_put_back_and_it_is_told",
                    "a_child_with_another_weight_gets_back_what_it_had_and_it_is_told_and_marked",
                    "without_a_privilege_a_higher_nice_value_stays_and_it_is_told_once",
                ],
            ),
            By(
                &[Watch, Compare, Shell],
                &["whoever_lets_the_scheduler_drive_is_told_what_others_do"],
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
                &["whoever_gets_the_pid_of_a_child_that_is_gone_is_left_alone"],
            ),
            By(
                &[Shell],
                &["whoever_gets_the_pid_of_one_that_was_waited_for_is_left_alone"],
            ),
            Not(VIEWS, A_RUN),
            Not(
                &[Demo],
                "it waits for nobody before the scene is over but by a call that the scene shows, and \
                 sends no signal after that",
            ),
        ],
    ),
    // The supervisor …
    (
        18,
        "is SIGKILLed at a random moment",
        &[
            By(EVERY, &["no_command_leaves_anybody_when_it_is_killed"]),
            By(
                &[Run, Compare],
                &["none_of_64_children_in_mixed_states_outlives_a_killed_supervisor"],
            ),
            By(
                &[Run],
                &[
                    "no_child_outlives_a_supervisor_that_is_killed",
                    "without_the_guard_children_outlive_a_killed_supervisor_and_the_check_finds_them",
                ],
            ),
            By(
                &[Demo],
                &[
                    "nobody_outlives_a_demo_that_is_killed",
                    "not_even_a_stopped_grandchild_outlives_a_demo_that_is_killed",
                ],
            ),
        ],
    ),
    (
        19,
        "is SIGKILLed between a fork and the child's arming",
        &[By(
            EVERY,
            &["no_child_outlives_a_supervisor_that_is_killed_during_their_birth"],
        )],
    ),
    (
        20,
        "panics, aborts, hits process::exit",
        &[
            By(EVERY, &["no_child_outlives_a_supervisor_that_aborts"]),
            Shared(
                WORKERS,
                &["when_the_supervisor_panics_its_children_end_with_it"],
            ),
            By(&[Run], &["no_child_outlives_two_signals_in_a_row"]),
        ],
    ),
    (
        21,
        "gets INT, TERM, HUP or QUIT; twice; during its own teardown",
        &[
            By(
                EVERY,
                &[
                    "every_command_ends_in_good_order_on_every_signal_that_asks_it_to",
                    "a_second_signal_at_any_moment_of_the_teardown_leaves_nobody",
                ],
            ),
            By(
                &[Run, Watch, Compare, Shell],
                &["a_second_ctrl_c_waits_for_no_child_and_the_summary_is_printed"],
            ),
            By(
                &[Run],
                &[
                    "a_signal_ends_the_run_promptly_and_the_summary_tells_how_far_it_came",
                    "a_signal_ends_it_while_nobody_reads_its_output",
                    "a_second_signal_ends_it_while_nobody_reads_and_a_third_one_at_once",
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
                &["when_its_terminal_is_gone_it_ends_as_on_sighup_and_nobody_is_left"],
            ),
            By(
                PLAIN,
                &["when_the_output_is_gone_before_the_signal_comes_that_is_the_same"],
            ),
        ],
    ),
    (
        23,
        "is suspended with Ctrl-Z and resumed with fg",
        &[
            By(
                EVERY,
                &[
                    "suspended_no_command_lets_anybody_compute_and_continued_the_same_one_goes_on",
                    "ended_while_it_is_suspended_it_leaves_nobody",
                    "continued_before_it_has_come_to_a_stop_it_goes_on",
                    "a_continue_takes_back_a_ctrl_z_at_whatever_moment_of_it_it_comes",
                ],
            ),
            By(
                &[Run],
                &[
                    "while_it_is_suspended_everybody_is_stopped_and_afterwards_only_one_goes_on",
                    "a_ctrl_z_that_was_taken_back_is_no_suspension",
                ],
            ),
        ],
    ),
    (
        24,
        "is SIGSTOPped from outside",
        &[
            By(&[Run], &["a_stopped_supervisor_tells_for_how_long_it_was"]),
            By(
                EVERY,
                &["stopped_from_outside_and_continued_every_command_comes_to_its_end"],
            ),
        ],
    ),
    (
        25,
        "has its output closed or full",
        &[
            By(
                PLAIN,
                &[
                    "whoever_reads_only_the_first_line_ends_it_without_an_error",
                    "a_full_disk_ends_it_with_an_error",
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
                &["started_with_sigchld_ignored_or_signals_blocked_it_works"],
            ),
            By(
                &[Run],
                &[
                    "it_works_when_started_with_sigchld_ignored",
                    "it_works_and_hears_signals_when_started_with_signals_blocked",
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
                &[
                    "where_a_control_group_allows_no_more_processes_it_says_so_and_nobody_is_left",
                    "where_a_user_may_have_no_more_processes_it_says_so_and_nobody_is_left",
                ],
            ),
            By(
                &[Run],
                &[
                    "the_limit_on_processes_is_named_and_those_born_before_it_are_gone",
                    "more_processes_than_a_user_may_have_are_refused_with_the_limit_named",
                    "without_a_second_thread_it_says_so",
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
                &["with_any_number_of_open_files_it_works_or_says_why_not"],
            ),
            By(
                &[Compare],
                &["repeated_runs_need_no_more_open_files_than_one"],
            ),
            By(
                &[Demo],
                &["all_scenes_need_no_more_open_files_than_the_greediest_of_them"],
            ),
            By(
                &[Shell],
                &["a_console_keeps_nothing_of_processes_that_are_gone_but_what_refuses_signals"],
            ),
        ],
    ),
    (
        29,
        "has one CPU, or a cpuset without the CPU asked for",
        &[
            By(
                EVERY,
                &["with_a_single_cpu_and_without_privileges_or_a_terminal_it_works"],
            ),
            By(
                &[Run],
                &[
                    "with_a_single_cpu_a_run_happens_as_simulated",
                    "a_cpu_that_is_not_there_is_refused",
                ],
            ),
        ],
    ),
    (
        30,
        "forbids perf events or pidfds",
        &[By(
            EVERY,
            &[
                "without_perf_events_it_works_and_says_what_is_lost",
                "without_a_scheduling_class_it_works",
                "without_pidfds_it_says_so",
            ],
        )],
    ),
    (
        31,
        "has hidepid, a read-only /proc, none at all",
        &[By(
            EVERY,
            &[
                "with_other_users_hidden_in_proc_it_works",
                "with_a_read_only_proc_it_works",
                "without_proc_it_says_so_before_any_fork",
                "with_the_proc_of_another_namespace_it_says_so_before_any_fork",
            ],
        )],
    ),
    (
        32,
        "has no terminal, runs us as nobody, as PID 1",
        &[
            By(
                EVERY,
                &[
                    "as_the_first_process_of_a_namespace_it_works_and_hears_signals",
                    "with_a_single_cpu_and_without_privileges_or_a_terminal_it_works",
                ],
            ),
            By(&[Run], &["without_privileges_a_run_happens_as_simulated"]),
        ],
    ),
    // The input …
    (
        33,
        "unknown policy, -1, 0, NaN, 1e400, overflow, '5 parsecs'",
        &[
            By(
                &[Run],
                &[
                    "a_bad_notation_is_refused_with_the_token_and_the_form",
                    "numbers_that_cannot_be_are_refused",
                    "unknown_policies_and_options_are_refused_with_the_choices",
                    "a_tick_that_cannot_be_is_refused",
                ],
            ),
            By(
                EVERY,
                &["no_command_line_does_anything_but_work_or_be_refused_before_any_fork"],
            ),
            By(
                &[Shell],
                &["a_script_stops_at_the_first_error_and_names_its_line"],
            ),
        ],
    ),
    (
        34,
        "a workload file that is none",
        &[
            By(
                &[Run],
                &[
                    "what_is_no_regular_file_is_refused_without_waiting",
                    "a_faulty_file_is_refused_with_the_place_and_a_picture_of_it",
                ],
            ),
            By(&[Shell], &["a_script_that_is_none_is_refused_in_time"]),
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
                &[
                    "a_file_of_a_million_processes_is_refused_with_the_limit_named",
                    "more_processes_than_open_files_allow_are_refused_with_the_limit_named",
                ],
            ),
            By(
                &[Shell],
                &["more_processes_than_open_files_allow_are_refused_with_the_limit_named"],
            ),
            Not(VIEWS, SAME_FILES),
            Not(&[Demo], "its scenes have as many as they have"),
        ],
    ),
];

/// What in a test tells that it plays a command. Those of a run often leave it to a helper.
const fn names_of(play: Play) -> &'static [&'static str] {
    match play {
        Run => &[""],
        Watch => &["ALL", "SCHEDULED", "Play::Watch", "watch"],
        Compare => &["ALL", "PLAIN", "SCHEDULED", "Play::Compare", "compare"],
        Demo => &["ALL", "PLAIN", "Play::Demo", "demo"],
        Shell | Play::Driven => &[
            "ALL",
            "PLAIN",
            "SCHEDULED",
            "Play::Shell",
            "Play::Driven",
            "shell",
            "Console",
            "script",
        ],
    }
}

#[test]
fn every_fault_is_injected_into_every_command_by_a_test_that_exists() {
    let (mut units, mut programs) = (String::new(), String::new());
    read_sources(&folder("src"), &mut units);
    read_sources(&folder("tests"), &mut programs);
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
                By(commands, tests) => assert_played(number, commands, tests, &programs),
                Shared(_, tests) => {
                    let missing = tests.iter().find(|test| body(test, &units).is_empty());
                    assert_eq!(missing, None, "{number}, {fault}");
                }
                Not(_, why) => assert!(!why.is_empty()),
            }
        }
    }
}

#[track_caller]
fn assert_played(number: u32, commands: Commands, tests: &[&str], sources: &str) {
    for test in tests {
        let body = body(test, sources);
        assert!(!body.is_empty(), "{number}: there is no test {test}");
        for &command in commands {
            let is_named = names_of(command).iter().any(|name| body.contains(name));
            assert!(is_named, "{number}: {test} does not play {command:?}");
        }
    }
}

/// The text of a test; of several by this name, of all.
fn body(test: &str, sources: &str) -> String {
    let head = format!("#[test]\nfn {test}()");
    let bodies = sources.split(&head).skip(1);
    bodies
        .map(|rest| rest.split("\n#[test]").next().unwrap_or_default())
        .collect()
}

fn read_sources(place: &Path, sources: &mut String) {
    for entry in fs::read_dir(place).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("it can be read");
            // Also tests in a module of their own, which are indented.
            sources.extend(text.lines().flat_map(|line| [line.trim_start(), "\n"]));
        }
    }
}
