//! What another program does to the children.

use super::Part::{By, Not};
use super::{A_RUN, EVERY, Row, UNMEASURED, VIEWS, tests};
use crate::faults::subcommand::Subcommand::{Compare, Demo, Run, Shell, Watch};
use crate::faults::{force_quit, interference, manual_control, scene};
use crate::real;

pub const ROWS: [Row; 7] = [
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
];
