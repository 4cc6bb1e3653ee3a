//! Which test covers which fault. That each exists is checked, so that the table cannot rot.

use std::fs;
use std::path::Path;

use crate::common::folder;

/// Number, fault, tests.
type Row = (u32, &'static str, &'static [&'static str]);

const TABLE: [Row; 35] = [
    // A child …
    (
        1,
        "exits before its first stop",
        &[
            "a_child_that_ends_before_it_is_ready_is_reported_with_its_exit_status",
            "a_child_that_ends_between_its_ready_message_and_its_first_stop_is_reported_too",
        ],
    ),
    (
        2,
        "dies by SEGV, ABRT, exit code 127",
        &[
            "a_child_that_dies_of_a_signal_is_told_with_it_and_the_others_go_on",
            "a_child_that_ends_before_it_is_ready_is_reported_with_its_exit_status",
        ],
    ),
    (
        3,
        "panics between fork and exec",
        &["a_panic_between_fork_and_exec_ends_that_child_and_touches_nothing_of_its_parent"],
    ),
    (
        4,
        "cannot be exec'd",
        &[
            "a_child_that_cannot_be_executed_takes_those_born_before_it_along",
            "a_child_that_fails_takes_those_born_before_it_along",
        ],
    ),
    (
        5,
        "stops itself before it is ready",
        &["a_child_that_stops_itself_before_it_is_ready_is_given_up_in_time"],
    ),
    (
        6,
        "ignores SIGTERM",
        &["stopped_blocked_and_running_children_end_with_the_run_at_once"],
    ),
    (
        7,
        "cannot stop for a while",
        &["a_child_that_cannot_stop_for_a_while_is_waited_for_within_bounds"],
    ),
    (
        8,
        "never reads or answers its pipe, closes it, dies in mid-I/O",
        &[
            "a_child_that_never_answers_is_given_up_by_its_cpu_time_or_for_standing_still",
            "a_child_that_says_what_no_worker_says_is_no_child_of_ours",
            "when_a_blocked_process_is_killed_the_others_go_on",
        ],
    ),
    (
        9,
        "exits together with 49 others",
        &["fifty_children_that_die_at_once_are_all_noticed"],
    ),
    (
        10,
        "holds a sibling's pipe end",
        &["no_two_children_have_a_pipe_in_common"],
    ),
    // An outsider …
    (
        11,
        "continues a stopped child",
        &["a_ready_process_that_is_continued_from_outside_is_stopped_and_it_is_told"],
    ),
    (
        12,
        "stops the running child",
        &[
            "a_running_process_that_is_stopped_from_outside_is_continued_and_it_is_told",
            "a_child_that_is_stopped_again_and_again_still_comes_to_its_end",
        ],
    ),
    (
        13,
        "kills a running, stopped or blocked child",
        &[
            "when_the_running_process_is_killed_the_next_one_gets_the_cpu",
            "when_a_ready_process_is_killed_the_running_one_goes_on",
            "when_a_blocked_process_is_killed_the_others_go_on",
            "a_killed_process_is_shown_in_the_summary",
        ],
    ),
    (
        14,
        "sends STOP and CONT in a burst",
        &["bursts_of_stops_and_continues_do_not_stop_the_run"],
    ),
    (
        15,
        "attaches a debugger",
        &[
            "a_debugger_that_lets_go_again_is_told",
            "a_debugger_that_does_not_let_go_is_named_and_the_run_ends",
            "ctrl_c_is_heard_while_a_debugger_holds_a_child",
        ],
    ),
    (
        16,
        "moves, renices or re-pins a child",
        &[
            "a_child_that_is_moved_to_another_cpu_is_put_back_and_it_is_told",
            "a_child_with_another_weight_is_told_and_marked",
        ],
    ),
    (
        17,
        "gets a reused pid",
        &["whoever_gets_the_pid_of_a_child_that_is_gone_is_left_alone"],
    ),
    // The supervisor …
    (
        18,
        "is SIGKILLed at a random moment",
        &[
            "no_child_outlives_a_supervisor_that_is_killed",
            "none_of_64_children_in_mixed_states_outlives_a_killed_supervisor",
            "without_the_guard_children_outlive_a_killed_supervisor_and_the_check_finds_them",
        ],
    ),
    (
        19,
        "is SIGKILLed between a fork and the child's arming",
        &["no_child_outlives_a_supervisor_that_is_killed_during_their_birth"],
    ),
    (
        20,
        "panics, aborts, hits process::exit",
        &[
            "when_the_supervisor_panics_its_children_end_with_it",
            "no_child_outlives_a_supervisor_that_aborts",
            "no_child_outlives_two_signals_in_a_row",
        ],
    ),
    (
        21,
        "gets INT, TERM, HUP or QUIT; twice; during its own teardown",
        &[
            "a_signal_ends_the_run_promptly_and_the_summary_tells_how_far_it_came",
            "every_command_ends_in_good_order_on_every_signal_that_asks_it_to",
            "a_second_signal_at_any_moment_of_the_teardown_leaves_nobody",
            "a_signal_ends_it_while_nobody_reads_its_output",
        ],
    ),
    (
        22,
        "loses its terminal",
        &["when_its_terminal_is_gone_it_ends_and_nobody_is_left"],
    ),
    (
        23,
        "is suspended with Ctrl-Z and resumed with fg",
        &[
            "while_it_is_suspended_everybody_is_stopped_and_afterwards_only_one_goes_on",
            "ended_while_it_is_suspended_it_leaves_nobody",
            "continued_before_it_has_come_to_a_stop_it_goes_on",
        ],
    ),
    (
        24,
        "is SIGSTOPped from outside",
        &["a_stopped_supervisor_tells_for_how_long_it_was"],
    ),
    (
        25,
        "has its output closed or full",
        &[
            "whoever_reads_only_the_first_line_ends_the_run_without_an_error",
            "a_full_disk_ends_the_run_with_an_error",
        ],
    ),
    (
        26,
        "starts with SIGCHLD ignored, or signals blocked",
        &[
            "it_works_when_started_with_sigchld_ignored",
            "it_works_and_hears_signals_when_started_with_signals_blocked",
        ],
    ),
    // The machine …
    (
        27,
        "is out of processes",
        &[
            "the_limit_on_processes_is_named_and_those_born_before_it_are_gone",
            "without_a_second_thread_it_says_so",
        ],
    ),
    (
        28,
        "is out of descriptors, at each step",
        &[
            "with_any_number_of_open_files_it_works_or_says_why_not",
            "repeated_runs_need_no_more_open_files_than_one",
        ],
    ),
    (
        29,
        "has one CPU, or a cpuset without the CPU asked for",
        &[
            "with_a_single_cpu_a_run_happens_as_simulated",
            "a_cpu_that_is_not_there_is_refused",
        ],
    ),
    (
        30,
        "forbids perf events or pidfds",
        &[
            "without_perf_events_it_works_and_says_what_is_lost",
            "without_a_scheduling_class_it_works",
            "without_pidfds_it_says_so",
        ],
    ),
    (
        31,
        "has hidepid, a read-only /proc, none at all",
        &[
            "with_other_users_hidden_in_proc_it_works",
            "with_a_read_only_proc_it_works",
            "without_proc_it_says_so_before_any_fork",
        ],
    ),
    (
        32,
        "has no terminal, runs us as nobody, as PID 1",
        &[
            "as_the_first_process_of_a_namespace_it_works_and_hears_signals",
            "without_privileges_a_run_happens_as_simulated",
            "in_a_session_without_a_terminal_it_works",
        ],
    ),
    // The input …
    (
        33,
        "unknown policy, -1, 0, NaN, 1e400, overflow, '5 parsecs'",
        &[
            "a_bad_notation_is_refused_with_the_token_and_the_form",
            "numbers_that_cannot_be_are_refused",
            "unknown_policies_and_options_are_refused_with_the_choices",
            "a_tick_that_cannot_be_is_refused",
        ],
    ),
    (
        34,
        "a workload file that is none",
        &[
            "what_is_no_regular_file_is_refused_without_waiting",
            "a_faulty_file_is_refused_with_the_place_and_a_picture_of_it",
        ],
    ),
    (
        35,
        "a million processes",
        &[
            "a_file_of_a_million_processes_is_refused_with_the_limit_named",
            "more_processes_than_open_files_allow_are_refused_with_the_limit_named",
        ],
    ),
];

#[test]
fn every_fault_has_a_test_and_every_test_named_here_exists() {
    let mut sources = String::new();
    for place in ["src", "tests"] {
        read_sources(&folder(place), &mut sources);
    }
    for (expected, (number, fault, tests)) in (1..).zip(TABLE) {
        assert_eq!(number, expected, "{fault}");
        assert!(!tests.is_empty(), "{number}: {fault}");
        for test in tests {
            let found = sources.contains(&format!("#[test]\nfn {test}()"));
            assert!(found, "{number}, {fault}: there is no test {test}");
        }
    }
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
