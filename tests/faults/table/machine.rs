//! What the machine has not, or has not enough of.

use super::Part::By;
use super::{EVERY, Row, tests};
use crate::faults::subcommand::Subcommand::{Compare, Demo, Run, Shell};
use crate::faults::{limits, machine};
use crate::{paper, real};

pub const ROWS: [Row; 6] = [
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
];
