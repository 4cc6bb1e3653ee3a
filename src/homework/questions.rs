//! The questions, all in one place.

use super::{Question, Run};

const fn run(name: &'static str, arguments: &'static str) -> Run {
    Run { name, arguments }
}

/// The eight questions of the chapter's homework.
pub const QUESTIONS: [Question; 8] = [
    Question {
        number: 1,
        title: "Two processes that only compute",
        task: "Two processes compute, and neither ever asks a device for anything. Which share of \
               the time is the CPU busy, and how can one know without running them?",
        hints: &[
            "In which ticks could the CPU have nothing to do?",
            "Does it matter which of the two runs first?",
        ],
        runs: &[run("question 1", "-l 5:100,5:100")],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 2,
        title: "Computing first, then an I/O",
        task: "One process computes for four ticks; the other issues an I/O and waits for it. How \
               long does it take until both are done?",
        hints: &[
            "An I/O is more than the time the device takes: what else does its process do?",
            "Who could run while the device works?",
        ],
        runs: &[run("question 2", "-l 4:100,1:0")],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 3,
        title: "The I/O first, then computing",
        task: "The same two processes the other way round. Does the order matter? Why?",
        hints: &[
            "The work is the same: what could be different?",
            "In which ticks are CPU and device busy at once?",
        ],
        runs: &[
            run("question 3", "-l 1:0,4:100"),
            run("question 2", "-l 4:100,1:0"),
        ],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 4,
        title: "A system that does not switch during an I/O",
        task: "With SWITCH_ON_END no other process gets the CPU until a process is done, even while it waits \
               for its I/O. What happens to the two processes of question 3?",
        hints: &[
            "What does the second process do while the device works?",
            "Compare with question 3, and then with question 2.",
        ],
        runs: &[
            run("SWITCH_ON_END", "-l 1:0,4:100 -S SWITCH_ON_END"),
            run("SWITCH_ON_IO", "-l 1:0,4:100 -S SWITCH_ON_IO"),
        ],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 5,
        title: "A system that switches when a process waits",
        task: "The processes of question 4, with SWITCH_ON_IO: a process that waits for an I/O makes \
               room for another. What happens now?",
        hints: &[
            "Where have you seen this before? Which policy is the default?",
            "Is there still a tick in which the CPU is idle?",
        ],
        runs: &[
            run("SWITCH_ON_IO", "-l 1:0,4:100 -S SWITCH_ON_IO"),
            run("SWITCH_ON_END", "-l 1:0,4:100 -S SWITCH_ON_END"),
        ],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 6,
        title: "Back from an I/O: run later",
        task: "One process issues three I/Os, three others compute. With IO_RUN_LATER a process \
               whose I/O is done waits until it is its turn. Are CPU and device used well?",
        hints: &[
            "When is the first I/O complete, and when does its process run again?",
            "Who is left to compute during the other two I/Os?",
        ],
        runs: &[
            run(
                "IO_RUN_LATER",
                "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
            run(
                "IO_RUN_IMMEDIATE",
                "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
        ],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 7,
        title: "Back from an I/O: run at once",
        task: "The processes of question 6, with IO_RUN_IMMEDIATE: a process whose I/O is done gets the \
               CPU at once. What is different, and why might it be a good idea to run a process \
               again that has just completed an I/O?",
        hints: &[
            "When is each of the three I/Os issued now?",
            "What is a process likely to do that has just done an I/O?",
            "Can you think of processes for which it is a bad idea?",
        ],
        runs: &[
            run(
                "IO_RUN_IMMEDIATE",
                "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
            run(
                "IO_RUN_LATER",
                "-l 3:0,5:100,5:100,5:100 -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
            run(
                "i,c9:c5,i, IMMEDIATE",
                "-P i,c9:c5,i -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
            run(
                "i,c9:c5,i, LATER",
                "-P i,c9:c5,i -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
        ],
        asked: 1,
        shown: &[0],
    },
    Question {
        number: 8,
        title: "Random processes under all policies",
        task: "Three pairs of processes, drawn at random. Predict their traces. What do \
               IO_RUN_IMMEDIATE and IO_RUN_LATER change, what SWITCH_ON_IO and SWITCH_ON_END?",
        hints: &[
            "Which programs does each seed draw? (timeshare simulate -s 1 -l 3:50,3:50)",
            "When does IO_RUN_IMMEDIATE take the CPU from a process?",
            "timeshare quiz -s 1 -l 3:50,3:50 takes your prediction and says what is wrong with it.",
        ],
        runs: &[
            run(
                "seed 1: IO, LATER",
                "-s 1 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
            run(
                "seed 1: IO, IMMEDIATE",
                "-s 1 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
            run(
                "seed 1: END, LATER",
                "-s 1 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_LATER",
            ),
            run(
                "seed 1: END, IMMEDIATE",
                "-s 1 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_IMMEDIATE",
            ),
            run(
                "seed 2: IO, LATER",
                "-s 2 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
            run(
                "seed 2: IO, IMMEDIATE",
                "-s 2 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
            run(
                "seed 2: END, LATER",
                "-s 2 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_LATER",
            ),
            run(
                "seed 2: END, IMMEDIATE",
                "-s 2 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_IMMEDIATE",
            ),
            run(
                "seed 3: IO, LATER",
                "-s 3 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_LATER",
            ),
            run(
                "seed 3: IO, IMMEDIATE",
                "-s 3 -l 3:50,3:50 -S SWITCH_ON_IO -I IO_RUN_IMMEDIATE",
            ),
            run(
                "seed 3: END, LATER",
                "-s 3 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_LATER",
            ),
            run(
                "seed 3: END, IMMEDIATE",
                "-s 3 -l 3:50,3:50 -S SWITCH_ON_END -I IO_RUN_IMMEDIATE",
            ),
        ],
        asked: 12,
        // Seed 3 with SWITCH_ON_IO, where it matters who runs after an I/O.
        shown: &[8, 9],
    },
];
