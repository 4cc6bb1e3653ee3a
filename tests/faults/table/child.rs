//! What a child does, or what becomes of it.

use super::Part::{By, Not, Shared};
use super::{A_RUN, EVERY, Row, UNMEASURED, VIEWS, WORKERS, tests};
use crate::faults::subcommand::Subcommand::{Compare, Demo, Run, Shell, Watch};
use crate::faults::{child, interference, limits, manual_control, scene};
use crate::real;

pub const ROWS: [Row; 10] = [
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
];
