//! What plays: the controls, the state diagram, the tick that is shown, and the timelines.

use maud::{Markup, PreEscaped, html};

use crate::report::timeline::{Layout, SYMBOLS, Stretch, Timeline, band, class, labels};
use crate::text::table::count;
use crate::trace::Glyph;

const DIAGRAM: &str = include_str!("diagram.svg");

/// Ticks in one line on paper; on a screen they are all in one.
const TICKS_IN_A_LINE: usize = 26;

pub fn player(timeline: &Timeline<'_>, layout: &Layout) -> Markup {
    let body = html! {
        (controls(timeline))
        div.stage {
            div.side {
                figure.diagram { (PreEscaped(DIAGRAM)) }
                (now())
            }
            div.lanes { (timelines(timeline, layout)) }
        }
        (explained())
    };
    html! {
        section id="play" aria-labelledby="play-heading" {
            h2.hidden #play-heading { "Tick by tick" }
            (body)
        }
    }
}

/// Of no use without the script, which shows them.
fn controls(timeline: &Timeline<'_>) -> Markup {
    let button = |id: &str, label: &str, keys: &str, icon: &str| {
        html! {
            button type="button" id=(id) aria-label=(label) title={ (label) " (" (keys) ")" } {
                svg viewBox="0 0 24 24" aria-hidden="true" { path d=(icon) {} }
            }
        }
    };
    html! {
        div.controls #controls role="group" aria-label="Play" hidden {
            div.buttons {
                (button("first", "First", "Home", "M5 5h3v14H5zM20 5v14L9 12z"))
                (button("previous", "Previous tick", "left arrow", "M17 5v14L6 12z"))
                (button("play-pause", "Play", "space", "M7 4v16l13-8z"))
                (button("next", "Next tick", "right arrow", "M7 5v14l11-7z"))
                (button("last", "Last", "End", "M4 5v14l11-7zM16 5h3v14h-3z"))
            }
            label.slide {
                span.hidden { "Tick" }
                input type="range" id="slider" min="0" max=(timeline.ticks + 1) value="0" step="1";
            }
            label { "Speed "
                select id="speed" {
                    option value="1" { "1 tick/s" }
                    option value="2" selected { "2 ticks/s" }
                    option value="5" { "5 ticks/s" }
                    option value="10" { "10 ticks/s" }
                }
            }
            label { "Diagram "
                select id="side" {
                    option value="measured" { "measured" }
                    option value="simulated" { "simulated" }
                }
            }
        }
    }
}

/// The script fills it.
fn now() -> Markup {
    html! {
        div.now #now hidden {
            h3 #now-heading { "Before the first tick" }
            p.when #now-when {}
            div.scroll.processes tabindex="0" role="region" aria-labelledby="now-heading" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Process" }
                            th scope="col" { "Simulated" }
                            th scope="col" { "Measured" }
                            th scope="col" {
                                abbr title="the letter in /proc/PID/stat" { "Kernel" }
                            }
                        }
                    }
                    tbody #now-cells {}
                }
            }
            ul.why #now-why {}
        }
        p.hidden #said role="status" aria-live="polite" {}
    }
}

fn timelines(timeline: &Timeline<'_>, layout: &Layout) -> Markup {
    let stretches = Stretch::all(timeline.ticks, TICKS_IN_A_LINE);
    let (height, label_width) = (layout.height, layout.label_width);
    let what = format!(
        "Timelines: {}, {}. Left and right arrow step, up and down arrow choose a process.",
        count(timeline.ticks as u64, "tick"),
        count(timeline.processes as u64, "process"),
    );
    html! {
        @if let Some(left_out) = timeline.left_out() {
            p.note { (left_out) }
        }
        @if timeline.ticks == 0 {
            p.note { "No tick came to its end." }
        }
        div.timeline #timeline tabindex="0" role="group" aria-label=(what) {
            div.bands #bands {
                @for (index, stretch) in stretches.into_iter().enumerate() {
                    div.band {
                        svg.labels.again[index > 0] width=(label_width) height=(height)
                            viewBox={ "0 0 " (label_width) " " (height) } aria-hidden="true" {
                            @if index == 0 {
                                g.timeline id="lane-labels" { (labels(timeline, layout)) }
                            } @else {
                                use href="#lane-labels" {}
                            }
                        }
                        svg.cells width=(stretch.width()) height=(height)
                            viewBox={ "0 0 " (stretch.width()) " " (height) }
                            data-first=(stretch.first) aria-hidden="true" {
                            (band(timeline, layout, stretch))
                        }
                    }
                }
                div.cursor #cursor hidden {}
            }
        }
        div.tip #tip role="tooltip" hidden {}
    }
}

fn explained() -> Markup {
    html! {
        details.legend open {
            summary { "What the letters mean" }
            ul.letters {
                @for glyph in Glyph::EXPLAINED {
                    li {
                        span class={ "state-word " (class(glyph)) } { (glyph.letter()) }
                        (glyph.meaning())
                    }
                }
                @for (symbol, meaning) in SYMBOLS {
                    li { span.state-word { (symbol) } (meaning) }
                }
            }
            p {
                "Each cell is one process in one tick. Measured cells have a second letter: what "
                code { "/proc/PID/stat" }
                " showed in the middle of the tick (R running or runnable, T stopped, S asleep, "
                "Z zombie); one that does not fit the state is framed. " b { "on CPU" }
                " is the process that has the CPU, " b { "I/Os" }
                " the number of requests the device works on. The bars are how long each "
                "tick took; the dotted line is its nominal length, and red is at least twice that."
            }
        }
    }
}
