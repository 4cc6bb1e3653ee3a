//! What it is given to read.

use super::Part::{By, Not};
use super::{EVERY, Row, SAME_FILES, VIEWS, tests};
use crate::faults::manual_control;
use crate::faults::subcommand::Subcommand::{Demo, Run, Shell};
use crate::{paper, real};

pub const ROWS: [Row; 3] = [
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
