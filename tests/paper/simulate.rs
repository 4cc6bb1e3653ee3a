//! `timeshare simulate` is `process-run.py`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::program::Launch;
use crate::common::{golden, timeshare, workload};
use test_attribute::test;

/// The output of a simulation that must succeed.
fn simulated(arguments: &str) -> String {
    let finished = timeshare(&format!("simulate {arguments}")).succeeded();
    assert!(!finished.stdout.is_empty(), "{arguments}");
    finished.stdout
}

#[test]
fn every_recorded_output_is_printed_byte_for_byte() {
    let cases = golden::cases();
    assert_eq!(cases.len(), 181);
    for case in cases {
        let arguments = ["simulate"].into_iter();
        let arguments = arguments.chain(case.args.iter().map(String::as_str));
        let finished = Launch::timeshare(arguments).run().succeeded();
        assert_eq!(finished.stdout, case.stdout, "{:?}", case.args);
    }
}

#[test]
fn every_recorded_output_of_the_classic_version_is_printed_byte_for_byte() {
    let cases = golden::classic_cases();
    assert_eq!(cases.len(), 90);
    for case in cases {
        let arguments = ["simulate", "--dialect", "classic"].into_iter();
        let arguments = arguments.chain(case.args.iter().map(String::as_str));
        let finished = Launch::timeshare(arguments).run().succeeded();
        assert_eq!(finished.stdout, case.stdout, "{:?}", case.args);
    }
}

#[test]
fn a_file_may_name_its_dialect_and_the_command_line_goes_before_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("w.toml");
    let text = "dialect = 'classic'\n[[process]]\nrandom = '4:100'\n[[process]]\nrandom = '1:0'";
    std::fs::write(&path, text).expect("the file can be written");
    let file = path.display();
    let options = "-l 4:100,1:0 -cp";
    let classic = simulated(&format!("{options} --dialect classic"));
    assert_eq!(simulated(&format!("{file} -cp")), classic);
    let current = simulated(&format!("{file} -cp --dialect current"));
    assert_eq!(current, simulated(options));
    assert_ne!(current, classic);
}

#[test]
fn statistics_say_which_ticks_they_count() {
    let text = simulated("-l 4:100,1:0 --explain");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "Stats: CPU Busy 6 (54.55%)",
        "Total Time: 11 ticks.",
        "The * in row 11 says that an I/O completed right before that tick; it is not an extra",
        "CPU Busy: 6 of 11 ticks = 54.55%.",
        "an instruction was executed (1-5, 11). 4 cpu + 1 io + 1 io_done = 6",
        "IO Busy: 5 of 11 ticks = 45.45%.",
        "the device was working (6-10)",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = simulated("-l 4:100,1:0 --explain --dialect classic");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "CPU Busy: 5 of 10 ticks = 50.00%.",
        "(1-5). 4 cpu + 1 io = 5",
        "Not counted (10): when the process that had the CPU last is done",
        "The version of July 2020 counted that, too: 6 of 10 ticks = 60.00%.",
        "the device was working (6-9)",
        "An I/O of length 5 takes 4 ticks after the one that issues it.",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let rows = simulated("-l 4:100,1:0 -c --explain");
    assert!(rows.starts_with(&simulated("-l 4:100,1:0 -cp")), "{rows}");
}

#[test]
fn options_may_be_attached_abbreviated_and_combined_as_with_optparse() {
    for (short, whole) in [
        ("-cp -l 5:100", "-c -p -l 5:100"),
        ("-l5:50,3:50 -s1 -c", "-l 5:50,3:50 -s 1 -c"),
        ("-cpl5:50 --seed=1", "-c -p -l 5:50 -s 1"),
        ("--seed 1 --processlist 5:50", "-s 1 -l 5:50"),
        ("--proc 5:50 --see 1", "-s 1 -l 5:50"),
        ("--prog c1,i:c2 --iol 3 -c", "-P c1,i:c2 -L 3 -c"),
        ("--program=c1,i:c2 --iolength=3 -c", "-P c1,i:c2 -L 3 -c"),
        ("-Pc1,i:c2 -L3 -c --prin", "-P c1,i:c2 -L 3 -c -p"),
        (
            "-P c1,i:c2,i -SSWITCH_ON_END -IIO_RUN_IMMEDIATE -c",
            "-P c1,i:c2,i -S SWITCH_ON_END -I IO_RUN_IMMEDIATE -c",
        ),
        (
            "-P c1,i:c2,i --sw SWITCH_ON_END --iod IO_RUN_IMMEDIATE -c",
            "-P c1,i:c2,i -S SWITCH_ON_END -I IO_RUN_IMMEDIATE -c",
        ),
        ("-s -5 -l 6:50", "--seed=-5 -l 6:50"),
    ] {
        assert_eq!(simulated(short), simulated(whole), "{short}");
    }
}

#[test]
fn the_attached_seed_is_not_taken_for_another() {
    assert_ne!(simulated("-l 6:50 -s1"), simulated("-l 6:50 -s2"));
}

#[test]
fn of_an_option_that_is_repeated_the_last_one_wins() {
    for (repeated, once) in [
        ("-s 1 -s 2 -l 6:50", "-s 2 -l 6:50"),
        ("-l 2:100 -l 6:50", "-l 6:50"),
        ("-P c1 -P c2,i -L 1 -L 3 -c", "-P c2,i -L 3 -c"),
        (
            "-P c1,i:c4 -S SWITCH_ON_END -S SWITCH_ON_IO -c -c",
            "-P c1,i:c4 -S SWITCH_ON_IO -c",
        ),
    ] {
        let finished = timeshare(&format!("simulate {repeated}"));
        assert_eq!(finished.code(), Some(0), "{repeated}");
        assert_eq!(finished.stdout, simulated(once), "{repeated}");
    }
}

#[test]
fn programs_go_before_random_processes() {
    assert_eq!(simulated("-l 5:50 -P c2,i -c"), simulated("-P c2,i -c"));
}

#[test]
fn an_ambiguous_abbreviation_is_refused() {
    for option in ["--io", "--pro", "--s"] {
        let finished = timeshare(&format!("simulate {option} 3 -P c1"));
        assert_eq!(finished.code(), Some(2), "{option}: {}", finished.stdout);
        assert!(finished.stderr.contains(option), "{}", finished.stderr);
    }
}

#[test]
fn a_workload_file_gives_the_output_of_the_options_it_stands_for() {
    for (name, options) in [
        ("figure-4.3", "-P c4:c4"),
        ("figure-4.4", "-P c2,i,c1:c5 -L 3"),
        ("homework-1", "-l 5:100,5:100"),
        ("homework-2", "-l 4:100,1:0"),
        ("homework-3", "-l 1:0,4:100"),
        ("homework-4", "-l 1:0,4:100 -S SWITCH_ON_END"),
        ("homework-5", "-l 1:0,4:100 -S SWITCH_ON_IO"),
        ("homework-6", "-l 3:0,5:100,5:100,5:100"),
        ("homework-7", "-l 3:0,5:100,5:100,5:100 -I IO_RUN_IMMEDIATE"),
        ("homework-8-seed-1", "-l 3:50,3:50 -s 1"),
        ("homework-8-seed-2", "-l 3:50,3:50 -s 2"),
        ("homework-8-seed-3", "-l 3:50,3:50 -s 3"),
    ] {
        let file = workload(name);
        for more in ["", "-c -p"] {
            let by_file = simulated(&format!("{file} {more}"));
            assert_eq!(by_file, simulated(&format!("{options} {more}")), "{name}");
        }
    }
}

#[test]
fn an_option_goes_before_what_the_file_says() {
    let file = workload("figure-4.4");
    assert_eq!(
        simulated(&format!("{file} -L 7 -I IO_RUN_IMMEDIATE -c")),
        simulated("-P c2,i,c1:c5 -L 7 -I IO_RUN_IMMEDIATE -c")
    );
    let file = workload("homework-8-seed-1");
    assert_eq!(
        simulated(&format!("{file} -s 3")),
        simulated("-l 3:50,3:50 -s 3")
    );
}

#[test]
fn a_reader_of_only_the_first_line_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    let launch = Launch::timeshare(["simulate", "-c", "-P", "c100000"]).stdout(writer);
    let running = launch.start();
    let mut reader = BufReader::with_capacity(64, reader);
    let mut line = String::new();
    reader.read_line(&mut line).expect("the pipe can be read");
    assert_eq!(line, "Time        PID: 0           CPU           IOs\n");
    drop(reader);
    running.finish().succeeded();
}

#[test]
fn a_full_disk_is_an_error() {
    for arguments in ["-P c1", "-P c1 -c", "-P c100000 -c -p"] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("it is there");
        let words = format!("simulate {arguments}");
        let launch = Launch::timeshare(words.split(' ')).stdout(full);
        let finished = launch.run();
        assert_eq!(finished.code(), Some(1), "{arguments}");
        assert!(
            finished.stderr.contains("No space left"),
            "{}",
            finished.stderr
        );
    }
}

#[test]
fn ten_times_the_ticks_cost_about_ten_times_the_time() {
    let took = |program: &str| {
        let start = Instant::now();
        let arguments = ["simulate", "-c", "-p", "-L", "2", "-P", program];
        let launch = Launch::timeshare(arguments).stdout(Stdio::null());
        launch.run().succeeded();
        start.elapsed()
    };
    // The faster of two: what else runs on the machine must not make the short one look long.
    let short = took("c90000,i,c10000:c1000,i").min(took("c90000,i,c10000:c1000,i"));
    let long = took("c900000,i,c100000:c10000,i");
    let floor = Duration::from_millis(1);
    assert!(long < 40 * short.max(floor), "{short:?}, then {long:?}");
}
