//! What becomes of the supervisor.

use super::Part::{By, Not, Shared};
use super::{EVERY, PLAIN, Row, WORKERS, tests};
use crate::faults::subcommand::Subcommand::{Compare, Demo, Run, Shell, Watch};
use crate::faults::{force_quit, job_control, machine, supervisor};
use crate::real;

pub const ROWS: [Row; 9] = [
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
];
